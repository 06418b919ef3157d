"""MAML."""

from pages.ui.optimization import page

page("maml")
