"""Few-shot Reptile."""

from pages.ui.fewshot import page

page("reptile")
