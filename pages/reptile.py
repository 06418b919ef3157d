"""Reptile."""

from pages.sections.optimization import page

page("reptile")
