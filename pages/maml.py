"""MAML."""

from pages.sections.optimization import page

page("maml")
