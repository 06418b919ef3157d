"""Few-shot MAML."""

from pages.ui.fewshot import page

page("maml")
