"""Bound controls: each keeps its value in the URL, and a value out of range is clamped with a notice."""

import math
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.options import ConfigError, Option
from lessons.engine.language import t

_NOTICE, _STALE = "_clamped_", "_notice_is_stale"


def option_of(kind: type, name: str, default: Any, low: float, high: float, doc: str = "") -> Option:
    """An option for a control that belongs to no config."""
    return Option(name, kind, default, doc, low=low, high=high)


def repair(one: Option, key: str | None = None) -> None:
    """Bring the URL's value for `key` into range before its widget is made, and note it.

    Only on a session's first look at the control: from then on the widget itself holds the value.
    The corrected link is written and the page begun anew, since Streamlit seeds a widget from the
    link as it stood when the run began, and removes what it cannot use.
    """
    key = key or one.name
    if key in st.session_state or key not in st.query_params:
        return
    text = st.query_params[key]
    try:
        one.parse(text)
    except ConfigError:
        value = one.clamp(_number(text))
        note(
            key,
            t(
                "The link asked for {key} = {asked}; allowed is {allowed}. It is set to {value}.",
                key=key,
                asked=text[:30],
                allowed=one.allowed,
                value=value,
            ),
        )
        st.query_params[key] = str(value)
        st.rerun()


def note(name: str, text: str) -> None:
    """Remember `text` for the top of the page."""
    st.session_state[_NOTICE + name] = text


def show_notices(place: DeltaGenerator) -> None:
    """Say at the top of the page, in `place`, what of the link had to be changed. Called last."""
    for key, notice in sorted(st.session_state.items(), key=lambda item: str(item[0])):
        if str(key).startswith(_NOTICE):
            place.warning(notice, icon=":material/tune:")


def forget_notice(key: str) -> None:
    """The learner has moved the control: its notice has done its work."""
    if st.session_state.pop(_NOTICE + key, None):
        st.session_state[_STALE] = True


def _drop_stale_notices() -> None:
    if st.session_state.pop(_STALE, False):
        st.rerun()  # the notices stand outside the fragment that the control is in


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def slider(one: Option, label: str, step: float, key: str | None = None, **more: Any) -> Any:
    """A bound slider over the whole range of `one`."""
    key = key or one.name
    _drop_stale_notices()
    repair(one, key)
    return st.slider(
        t(label), one.kind(one.low), one.kind(one.high), one.default, step=one.kind(step), key=key,
        bind="query-params", on_change=forget_notice, args=(key,), help=t(one.doc) or None, **more,
    )  # fmt: skip


def number(one: Option, label: str, step: float, key: str | None = None, **more: Any) -> Any:
    """A bound number field over the whole range of `one`."""
    key = key or one.name
    _drop_stale_notices()
    repair(one, key)
    return st.number_input(
        t(label), one.kind(one.low), one.kind(one.high), one.default, step=one.kind(step), key=key,
        bind="query-params", on_change=forget_notice, args=(key,), help=t(one.doc) or None, **more,
    )  # fmt: skip


def choice(key: str, label: str, labels: dict[str, str], default: str, help: str | None = None) -> str:
    """A bound choice between named values; the URL holds the name's label."""
    asked = st.query_params.get(key)
    if key not in st.session_state and asked is not None and asked not in labels.values():
        allowed = ", ".join(labels.values())
        note(
            key,
            t(
                "The link asked for {key} = {asked}; allowed is {allowed}. It is {value}.",
                key=key,
                asked=asked[:30],
                allowed=allowed,
                value=labels[default],
            ),
        )
    found = st.segmented_control(
        t(label), list(labels.values()), default=labels[default], key=key, bind="query-params", format_func=t,
        required=True, help=t(help) if help else None, on_change=forget_notice, args=(key,),
    )  # fmt: skip
    return next(name for name, text in labels.items() if text == (found or labels[default]))
