"""Reptile."""

from pages.ui.optimization import page

page("reptile")
