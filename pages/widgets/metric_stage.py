"""The stages of the metric methods as components: pairs with a threshold, and attention with a temperature."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from lessons.demos.metric_stage import Judging, Looking, judging, looking
from pages.widgets import served
from pages.widgets.components import asset

SCRIPT = "vendor/d3.min.js"
STYLE = asset("parts.css") + asset("metric_stage.css")
SHARED = asset("parts.js") + asset("pictures.js") + asset("metric_sums.js") + asset("metric_draw.js")

_pairs = st.components.v2.component(
    "meta_pair_stage",
    html='<div class="metric siamese"><div class="choices"><div class="pairs"></div>'
    '<button type="button" class="again"></button></div><div class="picture"><svg role="group"></svg>'
    '<p class="print"></p><p class="said" aria-live="polite"></p></div></div>',
    css=STYLE,
    js=SHARED + asset("siamese_stage.js"),
)
_links = st.components.v2.component(
    "meta_link_stage",
    html='<div class="metric matching"><div class="queries"><span class="title"></span><div class="tray"></div></div>'
    '<div class="picture"><svg role="group"></svg></div><div class="panel"><label class="heat"><span></span>'
    '<output></output><input type="range" min="0" step="1"></label><span class="title"></span>'
    '<div class="sums" role="list"></div><button type="button" class="again"></button></div>'
    '<div class="lines"><p class="said" aria-live="polite"></p><p class="map-said"></p></div></div>',
    css=STYLE,
    js=SHARED + asset("matching_stage.js"),
)


def pair_stage(
    key: str, picture: dict[str, Any], pair: int, threshold: float | None, alt: str,
    on_choice: Callable[[], None] | None = None,
) -> None:  # fmt: skip
    """Draw the Siamese stage of a `picture` (lessons.figures.metric_stage.siamese) with a pair, by number, laid out.

    What the learner does there arrives as `judged(key)`, and `on_choice` is called. Without `on_choice` the pairs can
    be looked at, and Python hears nothing of it. threshold: None draws neither it nor verdicts.
    """
    last = judged(key)
    state = {"pair": pair, "threshold": 0.5 if threshold is None else threshold, "judged": threshold is not None}
    shared = {"script": served.address(SCRIPT), "n": last.number if last else 0, "alt": alt, "still": on_choice is None}
    _pairs(key=key, data=picture | state | shared, on_asked_change=on_choice or _ignore)


def link_stage(
    key: str, picture: dict[str, Any], query: int, alt: str, on_choice: Callable[[], None] | None = None,
    start: int | None = None,
) -> None:  # fmt: skip
    """Draw the Matching stage of a `picture` (lessons.figures.metric_stage.matching) with a query, by number, chosen.

    What the learner does there arrives as `looked(key)`, and `on_choice` is called. Without `on_choice` queries and
    temperatures can be looked at, and Python hears nothing of it. start: the number of a temperature from which the
    picture's own is played.
    """
    last = looked(key)
    shared = {"script": served.address(SCRIPT), "n": last.number if last else 0, "alt": alt, "still": on_choice is None}
    played = {} if start is None else {"from": start}
    _links(key=key, data=picture | {"query": query} | shared | played, on_asked_change=on_choice or _ignore)


def judged(key: str) -> Judging | None:
    """Return what a browser sent last from the Siamese stage `key`, checked."""
    return judging((st.session_state.get(key) or {}).get("asked"))


def looked(key: str) -> Looking | None:
    """Return what a browser sent last from the Matching stage `key`, checked."""
    return looking((st.session_state.get(key) or {}).get("asked"))


def _ignore() -> None:
    """Take no notice of a picture without controls."""
