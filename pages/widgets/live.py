"""A figure that moves in place: Plotly in one node of the page, with a script of its own.

The script is Plotly's bundle of charts with two axes, of the version that the Python package makes figures for:
`npm pack plotly.js-cartesian-dist-min@VERSION` holds it (`tests/pages/test_live.py` says when it is out of date).
"""

import streamlit as st

from lessons.figures.theme import Shown
from pages.widgets import served
from pages.widgets.components import asset

SCRIPT = "plotly-cartesian.min.js"
VERSION = "4.1.1"

_chart = st.components.v2.component(
    "meta_chart",
    html='<div class="chart" role="figure"></div>',
    css=asset("chart.css"),
    js=asset("chart.js"),
    isolate_styles=False,  # Plotly puts the style of its tool bar into the document
)


def draw(shown: Shown, key: str, config: dict, view: str, moves: bool) -> None:
    """Draw `shown` in the node `key`. A zoom lasts as long as `view` is the same; `moves`: more is about to come."""
    figure = shown.figure
    figure.update_layout(template=None, uirevision=view)
    data = {
        "figure": figure.to_json(),
        "height": figure.layout.height,
        "alt": shown.alt,
        "config": config,
        "script": served.address(SCRIPT),
        "moves": moves,
    }
    _chart(key=key, data=data)
