"""Values that a component of the page lets a learner change: like bound controls they are in the link and the session.

The link counts, once the browser knows what the page has put there; a preset that has set a value in the session
counts at once.
"""

from typing import Any

import streamlit as st

from core.options import ConfigError, Option
from lessons.engine.language import LANGUAGES, named, t, table
from pages.widgets import controls, in_link

_LAST = "_held_"


def number(option: Option, key: str) -> None:
    """Begin a run of the page with the number `key`, from a preset, the link, or its default; clamped with a notice."""
    controls.opens_with(key, option.default)
    value = _preset(key)
    if value is None:
        value, asked = option.default, in_link.text(key)
        if asked is not None:
            try:
                value = option.parse(asked)
            except ConfigError:
                value = option.clamp(controls.number_in(asked))
                controls.note_clamped(key, asked, option, value)
    put(key, option.clamp(value), option.default)


def choice(key: str, labels: dict[str, str], default: str) -> None:
    """Begin a run of the page with the choice `key` among named labels; the link holds its label in any language."""
    controls.opens_with(key, default)
    value, asked = _preset(key), in_link.text(key)
    if value not in labels:
        value = default
        known = {table(code).get(label, label): name for code in LANGUAGES for name, label in labels.items()}
        if asked is not None:
            value = known.get(asked, default)
        if asked is not None and asked not in known:
            text = "The link asked for {key} = {asked}; allowed is {allowed}. It is {value}."
            allowed = named(t(label) for label in labels.values())
            controls.note(key, t(text, key=key, asked=controls.quoted(asked), allowed=allowed, value=t(labels[value])))
    choose(key, value, labels, default)


def renamed(former: str, key: str) -> None:
    """Let an old link go on working, in which `key` had another name. Pages call this before they read the value."""
    texts = st.query_params.get_all(former)
    if texts:
        del st.query_params[former]
        if key not in st.session_state:
            st.query_params[key] = texts[-1]


def choose(key: str, value: str, labels: dict[str, str], default: str) -> None:
    """Set a choice in the session and in the link."""
    _set(key, value, None if value == default else t(labels[value]))


def put(key: str, value: Any, default: Any) -> None:
    """Set a number or a text in the session and in the link, which says no default."""
    _set(key, value, None if value == default else str(value))


def _set(key: str, value: Any, text: str | None) -> None:
    st.session_state[key] = st.session_state[_LAST + key] = value
    in_link.put(key, text)


def _preset(key: str) -> Any:
    """Return the value that a preset has set since the last run of the page, if one has."""
    value = st.session_state.get(key)
    return None if value == st.session_state.get(_LAST + key) else value
