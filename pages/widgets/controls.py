"""Bound controls: each stores its value in the URL, and a value out of range is clamped with a notice."""

import math
from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.options import ConfigError, Option
from lessons.engine.language import t
from lessons.engine.plain import in_markdown

_NOTICE, _STALE, _PROMISED = "_clamped_", "_notice_is_stale", "_promised_"


def option_of(kind: type, name: str, default: Any, low: float, high: float, doc: str = "") -> Option:
    """Return an option for a control that belongs to no config."""
    return Option(name, kind, default, doc, low=low, high=high)


def repair(option: Option, key: str) -> Any:
    """Bring the URL's value for `key` into range before its widget is made, leave a notice, and return the value.

    The notice comes before the control is first drawn in a session: later the widget holds the value. The corrected
    link is written and the page reruns, because Streamlit seeds a widget from the link as it was at the start of
    the run, and removes values that it cannot use. Returns None where nothing is to be corrected.
    """
    promised = st.session_state.pop(_PROMISED + key, None)
    if promised is not None:
        st.session_state[key] = promised
        return promised
    if key not in st.query_params:
        return None
    text = st.query_params[key]
    try:
        option.parse(text)
    except ConfigError:
        if key in st.session_state:  # the browser had sent this before it got the corrected link
            return st.session_state[key]
        value = option.clamp(_number(text))
        note(
            key,
            t(
                "The link asked for {key} = {asked}; allowed is {allowed}. It is set to {value}.",
                key=key,
                asked=in_markdown(text[:30]),
                allowed=option.allowed,
                value=value,
            ),
        )
        st.query_params[key] = str(value)
        _rerun_with(option, key, value)
    return None


def _rerun_with(option: Option, key: str, value: Any) -> None:
    if value != option.default:  # which a link never holds
        st.session_state[_PROMISED + key] = value
    st.rerun()


def note(name: str, text: str) -> None:
    """Store `text` as a notice for the top of the page."""
    st.session_state[_NOTICE + name] = text


def show_notices(place: DeltaGenerator) -> None:
    """Show in `place`, at the top of the page, which values of the link were changed. Pages call this last."""
    for key, notice in sorted(st.session_state.items(), key=lambda item: str(item[0])):
        if str(key).startswith(_NOTICE):
            place.warning(notice, icon=":material/tune:")


def forget_notice(key: str) -> None:
    """Remove the notice of a control that the learner has moved."""
    if st.session_state.pop(_NOTICE + key, None):
        st.session_state[_STALE] = True


def _drop_stale_notices() -> None:
    if st.session_state.pop(_STALE, False):
        st.rerun()  # the notices are outside the control's fragment


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def slider(option: Option, label: str, step: float, key: str | None = None, **more: Any) -> Any:
    """Draw a bound slider over the whole range of `option` and return its value."""
    return _bound(st.slider, option, label, step, key, more)


def number(option: Option, label: str, step: float, key: str | None = None, **more: Any) -> Any:
    """Draw a bound number field over the whole range of `option` and return its value."""
    return _bound(st.number_input, option, label, step, key, more)


def _bound(
    widget: Callable[..., Any], option: Option, label: str, step: float, key: str | None, more: dict[str, Any]
) -> Any:
    key = key or option.name
    _drop_stale_notices()
    promised = repair(option, key)
    value = widget(
        t(label), option.kind(option.low), option.kind(option.high), option.default, step=option.kind(step), key=key,
        bind="query-params", on_change=forget_notice, args=(key,), help=t(option.doc) or None, **more,
    )  # fmt: skip
    if promised not in (None, option.default) and key not in st.query_params:
        _rerun_with(option, key, promised)  # Streamlit has read the old link once more, and taken the value out
    return value


def choice(key: str, label: str, labels: dict[str, str], default: str, help: str | None = None) -> str:
    """Draw a bound choice between named values and return the chosen name; the URL holds its label."""
    linked = st.query_params.get(key)
    if key not in st.session_state and linked is not None and linked not in labels.values():
        allowed = ", ".join(labels.values())
        note(
            key,
            t(
                "The link asked for {key} = {asked}; allowed is {allowed}. It is {value}.",
                key=key,
                asked=in_markdown(linked[:30]),
                allowed=allowed,
                value=labels[default],
            ),
        )
    label_chosen = st.segmented_control(
        t(label), list(labels.values()), default=labels[default], key=key, bind="query-params", format_func=t,
        required=True, help=t(help) if help else None, on_change=forget_notice, args=(key,),
    )  # fmt: skip
    return next(name for name, text in labels.items() if text == (label_chosen or labels[default]))
