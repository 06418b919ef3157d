"""The symbols of an explanation as a component that draws nothing: they light up their part of the stage beside it."""

import streamlit as st

from lessons.engine.language import t
from lessons.engine.symbols import lights
from pages.widgets.components import asset

_symbols = st.components.v2.component("meta_symbols", html="<div></div>", js=asset("symbols.js"))


def light_up(name: str) -> None:
    """Tie the symbols of the lesson `name` in the container "formula" to the stage in the container "beside"."""
    data = {"symbols": lights(name), "says": t("lights up its part of the picture")}
    _symbols(key="_symbols", data=data, height=0)
