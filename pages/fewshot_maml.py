"""Few-shot MAML."""

from pages.sections.fewshot import page

page("maml")
