"""The stages of the memory methods as components: a tape machine and a timeline, gone through step by step."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import streamlit as st

from lessons.demos.stepped import moved
from pages.widgets import served
from pages.widgets.components import asset

SCRIPT = "vendor/d3.min.js"
STYLE = asset("parts.css") + asset("memory_stage.css")
SHARED = asset("parts.js") + asset("pictures.js") + asset("steps.js")

_machine = st.components.v2.component(
    "meta_machine_stage",
    html='<div class="stage machine"><div class="controls"></div><svg role="group"></svg>'
    '<div class="addressing"></div><p class="said" aria-live="polite"></p></div>',
    css=STYLE,
    js=SHARED + asset("machine_draw.js") + asset("machine_stage.js"),
)
_timeline = st.components.v2.component(
    "meta_timeline_stage",
    html='<div class="stage timeline"><div class="controls"></div><div class="scroll"><svg role="group"></svg></div>'
    '<div class="panel"></div><p class="said" aria-live="polite"></p></div>',
    css=STYLE,
    js=SHARED + asset("timeline_stage.js"),
)


def machine_stage(key: str, data: dict[str, Any], on_move: Callable[[], None] | None) -> None:
    """Draw the stage of the Neural Turing Machine. Without `on_move` the browser keeps its step to itself."""
    _machine(key=key, data=_shared(key, on_move) | data, on_asked_change=on_move or (lambda: None))


def timeline_stage(key: str, data: dict[str, Any], on_move: Callable[[], None] | None) -> None:
    """Draw the stage of the memory-augmented network. Without `on_move` the browser keeps its step to itself."""
    _timeline(key=key, data=_shared(key, on_move) | data, on_asked_change=on_move or (lambda: None))


def sent(
    key: str, numbers: Mapping[str, tuple[int, int]], choices: Mapping[str, Collection[str]] | None = None
) -> dict[str, Any] | None:
    """Return what a browser sent last from the stage `key`, checked; None if nothing that is as it must be."""
    return moved(_raw(key), numbers, choices or {})


def _raw(key: str) -> object:
    return (st.session_state.get(key) or {}).get("asked")


def _shared(key: str, on_move: Callable[[], None] | None) -> dict[str, Any]:
    last = moved(_raw(key), {}, {})
    return {"script": served.address(SCRIPT), "n": last["n"] if last else 0, "alone": on_move is None}
