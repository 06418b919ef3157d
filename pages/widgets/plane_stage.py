"""The stage of the plane of theta as a component: theta and the tasks can be moved, the outer loop can be played."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from lessons.demos.plane import LIMITS, Moved, moved
from pages.widgets import served
from pages.widgets.components import asset

SCRIPT = "vendor/d3.min.js"


def _registered(name: str, kind: str) -> Any:
    return st.components.v2.component(
        name,
        html=f'<div class="{kind}"><h4></h4><div class="controls"></div>'
        '<div class="pictures"><svg class="plane" role="group"></svg><div class="side"><div class="controls run"></div>'
        '<svg class="functions" role="img"></svg><p class="said" aria-live="polite"></p></div></div>'
        '<div class="legend"></div></div>',
        css=asset("parts.css") + asset("plane_stage.css"),
        js=asset("parts.js") + asset("plane_draw.js") + asset("plane_stage.js"),
    )


_stage = _registered("meta_plane_stage", "stage")
_still = _registered("meta_plane_still", "stage still")  # small from the start: nothing jumps


def plane_stage(key: str, data: dict[str, Any], on_move: Callable[[], None]) -> None:
    """Draw the stage; what the learner does there arrives as `sent(key)`, and `on_move` is called."""
    last = sent(key)
    shared = {"script": served.address(SCRIPT), "edges": list(LIMITS), "n": last.number if last else 0}
    draw = _still if data.get("still") else _stage
    draw(key=key, data=shared | data, on_asked_change=on_move)


def sent(key: str) -> Moved | None:
    """Return what a browser sent last from the stage `key`, checked."""
    return moved((st.session_state.get(key) or {}).get("asked"))
