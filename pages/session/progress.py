"""The learner's progress: in the session, and stored by the browser across reloads and restarts of the server."""

import re
import uuid
from typing import Any

import streamlit as st

from lessons.engine.progress import LARGEST, Progress, ProgressError, from_text
from pages.widgets.components import asset

_PROGRESS, _LOADED, _REPLACE, _LEARNER, _NAMED = (
    "_progress",
    "_progress_loaded",
    "_progress_replace",
    "_learner",
    "_learner_named",
)

_store = st.components.v2.component("meta_progress", html="<div></div>", js=asset("progress.js"))


def progress() -> Progress:
    """Return the progress of this learner."""
    stored = st.session_state.setdefault(_PROGRESS, Progress())
    assert isinstance(stored, Progress)
    return stored


def learner() -> str:
    """Return the id of the owner of the runs: the browser stores it; until it sends it, the session's own id."""
    id: str = st.session_state.setdefault(_LEARNER, uuid.uuid4().hex)
    return id


def known() -> bool:
    """Return whether the browser has said who the learner is."""
    return _LOADED in st.session_state


def load() -> None:
    """Ask the browser for its stored progress until it answers. Every page calls this once."""
    if _LOADED in st.session_state:
        return
    state: Any = _store(
        key="progress_load", data={"progress": None, "largest": LARGEST}, height=0, on_kept_change=lambda: None,
        on_learner_change=lambda: None,
    )  # fmt: skip
    id = (state or {}).get("learner")
    if isinstance(id, str) and re.fullmatch("[0-9a-f]{32}", id) and _NAMED not in st.session_state:
        st.session_state[_LEARNER], st.session_state[_NAMED] = id, True  # once: a session is of one learner
    text = (state or {}).get("kept")
    if not isinstance(text, str):
        return
    st.session_state[_LOADED] = True
    try:
        put(progress().merged(from_text(text)), replace=False)
    except ProgressError:
        return  # the browser's text is not valid progress; the next answer overwrites it


def save(place: str) -> None:
    """Let the browser store the progress; `place` names the part of the page that does it."""
    data = {"progress": progress().to_text(), "replace": st.session_state.pop(_REPLACE, False)}
    _store(key=f"progress_{place}", data=data, height=0)


def put(new: Progress, replace: bool = True) -> None:
    """Replace the progress by `new`, with `replace` in the browser too, before the widgets of a page are made."""
    for key in progress().answers:
        st.session_state.pop(widget(key), None)
    for key, (_, last) in new.answers.items():
        st.session_state[widget(key)] = last
    st.session_state[_PROGRESS], st.session_state[_LOADED], st.session_state[_REPLACE] = new, True, replace


def widget(key: str) -> str:
    """Return the key of the widget that holds the answer to the question "lesson/question"."""
    return f"_{key}"
