"""Few-shot Reptile."""

from pages.sections.fewshot import page

page("reptile")
