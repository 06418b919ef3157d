"""The editor of a lab as a component: CodeMirror with Python, and what the learner asks for with what is written."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from core.labs.catalog import LONGEST
from core.labs.lab import Lab
from lessons.engine.language import t
from pages.widgets import served
from pages.widgets.components import asset

DOES = ("check", "train")  # what can be asked for

_editor = st.components.v2.component(
    "meta_editor",
    html='<div class="lab"><div class="editor"><div class="code"></div><pre class="printed"></pre></div>'
    '<div class="bar"></div></div>',
    css=asset("editor.css"),
    js=asset("editor.js"),
)


@dataclass(frozen=True)
class Asked:
    """What a learner asks for, and the source that is then in the editor."""

    do: str
    source: str


def editor(key: str, lab: Lab, source: str, line: int, tries: int, on_asked: Callable[[], None]) -> None:
    """Draw the editor with `source`, if the browser keeps nothing of this lab; `line`, from 1, is marked as wrong after
    `tries` tries, 0 marks none. What is asked for arrives as `asked(key)`, and `on_asked` is called.
    """
    words = {
        "label": t("Your code; Escape and then Tab leaves it"), "check": t("Check"), "train": t("Train with it"),
        "reset": t("Start again"), "keys": t("Ctrl+Enter checks"),
    }  # fmt: skip
    data = {
        "name": lab.name, "source": source, "skeleton": lab.skeleton, "line": line, "n": tries, "longest": LONGEST,
        "words": words, "script": served.address("vendor/editor.min.js"),
    }  # fmt: skip
    _editor(key=key, data=data, on_asked_change=on_asked)


def asked(key: str) -> Asked | None:
    """Return what a browser asked for last, checked; None if it is not as it must be."""
    message = (st.session_state.get(key) or {}).get("asked")
    if not isinstance(message, dict):
        return None
    do, source = message.get("do"), message.get("source")
    if do not in DOES or not isinstance(source, str) or len(source) > LONGEST or "\0" in source:
        return None
    return Asked(do, source.replace("\r\n", "\n"))
