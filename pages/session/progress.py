"""The learner's progress: in the session, and kept by their browser across reloads and restarts of the server."""

import re
import uuid
from typing import Any

import streamlit as st

from lessons.engine.progress import LARGEST, Progress, ProgressError, from_text
from pages.widgets.components import asset

_HERE, _LOADED, _REPLACE, _LEARNER = "_progress", "_progress_loaded", "_progress_replace", "_learner"

_store = st.components.v2.component("meta_progress", html="<div></div>", js=asset("progress.js"))


def progress() -> Progress:
    """What this learner has done."""
    found = st.session_state.setdefault(_HERE, Progress())
    assert isinstance(found, Progress)
    return found


def learner() -> str:
    """Whose runs these are: a number that the browser keeps, or until it has said it, one of the session."""
    found: str = st.session_state.setdefault(_LEARNER, uuid.uuid4().hex)
    return found


def load() -> None:
    """Called once a page: ask the browser for what it keeps, until it has answered."""
    if _LOADED in st.session_state:
        return
    told: Any = _store(
        key="progress_load", data={"progress": None, "largest": LARGEST}, height=0, on_kept_change=lambda: None,
        on_learner_change=lambda: None,
    )  # fmt: skip
    known = (told or {}).get("learner")
    if isinstance(known, str) and re.fullmatch("[0-9a-f]{32}", known):
        st.session_state[_LEARNER] = known
    kept = (told or {}).get("kept")
    if not isinstance(kept, str):
        return
    st.session_state[_LOADED] = True
    try:
        put(progress().merged(from_text(kept)), replace=False)
    except ProgressError:
        return  # what the browser keeps is not ours to read; it is written anew with the next answer


def save(place: str) -> None:
    """Give the browser what there is to keep; `place` names the part of the page that says so."""
    data = {"progress": progress().to_text(), "replace": st.session_state.pop(_REPLACE, False)}
    _store(key=f"progress_{place}", data=data, height=0)


def put(found: Progress, replace: bool = True) -> None:
    """Take `found` for all there is; `replace`: in the browser too. Called before the widgets of a page are made."""
    for key in progress().answers:
        st.session_state.pop(widget(key), None)
    for key, (_, now) in found.answers.items():
        st.session_state[widget(key)] = now
    st.session_state[_HERE], st.session_state[_LOADED], st.session_state[_REPLACE] = found, True, replace


def widget(key: str) -> str:
    """The key of the widget that holds the answer to the question "lesson/question"."""
    return f"_{key}"
