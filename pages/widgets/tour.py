"""A guided tour of the page, for who asks for it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from lessons.engine.language import t
from pages.widgets import served
from pages.widgets.components import asset

_tour = st.components.v2.component("meta_tour", html="<div></div>", js=asset("tour.js"))
_ASKED = "_tours"  # how often this session has asked for the tour


@dataclass(frozen=True)
class Step:
    """What the tour says, and the CSS selector of what it speaks of; "" is the page as a whole."""

    at: str
    title: str
    text: str


def tour(steps: Sequence[Step]) -> None:
    """Draw the button that begins the tour. A step whose part is not on the screen is left out."""
    st.button(t("Show me around"), icon=":material/explore:", on_click=_ask, key="tour")
    asked = st.session_state.get(_ASKED, 0)
    words = {name: t(text) for name, text in (("next", "Next"), ("back", "Back"), ("done", "Done"))}
    said = [asdict(step) | {"title": t(step.title), "text": t(step.text)} for step in steps if asked]
    _tour(key="_tour", data={"n": asked, "steps": said, "words": words, "script": served.address("vendor/tour.min.js")})


def _ask() -> None:
    st.session_state[_ASKED] = st.session_state.get(_ASKED, 0) + 1
