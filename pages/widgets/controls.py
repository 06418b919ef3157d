"""Bound controls: each stores its value in the URL, and a value out of range is clamped with a notice."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.state import get_session_state

from core.options import ConfigError, Option
from lessons.engine.language import LANGUAGES, named, t, table

_NOTICE, _STALE, _REFUSED, _OPENS = "_clamped_", "_notice_is_stale", "_refused_", "_opens_"
WIDEST = {int: 2**53 - 1, float: 1e300}  # what a number field of Streamlit can hold


def option_of(kind: type, name: str, default: Any, low: float, high: float, doc: str = "") -> Option:
    """Return an option for a control that belongs to no config."""
    return Option(name, kind, default, doc, low=low, high=high)


def repair(option: Option, key: str) -> None:
    """Bring the link's value for `key` into range before its widget is made, and leave a notice.

    A browser may send the old link once more before the corrected one has reached it; then it is corrected once more.
    """
    texts = st.query_params.get_all(key)
    if not texts:
        return
    try:
        value = option.parse(texts[-1])
        if len(texts) == 1:
            return
    except ConfigError:
        value = option.clamp(number_in(texts[-1]))
        if key not in st.session_state:  # else the learner's own value counts, and the link is only out of date
            note_clamped(key, texts[-1], option, value)
    _correct_link(key, None if value == option.default else str(value))


def note_clamped(key: str, asked: str, option: Option, value: Any) -> None:
    """Leave a notice that the link's value was brought into range."""
    text = "The link asked for {key} = {asked}; allowed is {allowed}. It is set to {value}."
    note(key, t(text, key=key, asked=quoted(asked), allowed=allowed(option), value=value))


def allowed(option: Option) -> str:
    """Return the allowed values of `option` in the learner's words."""
    return t(option.allowed)


def quoted(text: str) -> str:
    """Return the first characters of a link's text as code, so that no Markdown in it takes effect."""
    plain = "".join(character for character in text[:30] if character.isprintable() and character != "`")
    return f"`{plain}`" if plain.strip() else "—"


def _correct_link(key: str, text: str | None) -> None:
    """Put `text` under `key` into the link, or take `key` out, and let the widget to be made start from that.

    Streamlit starts a widget from the link as it was when the run began. It refuses to change that through
    `st.query_params`, and a rerun may begin with the same old link.
    """
    with get_session_state().query_params() as link:
        if text is None:
            link.remove_param(key)
        else:
            link.set_corrected_value(key, text, "string_value")
        link.set_initial_query_params_from_current()


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


def index_in(text: str, count: int) -> int | None:
    """Return the index below `count` that a link's `text` holds, or None if it holds none."""
    index = int(text) if re.fullmatch("[0-9]{1,9}", text) else count  # int() refuses thousands of digits
    return index if index < count else None


def number_in(text: str) -> float:
    """Return the number of a link's text; NaN if it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def slider(option: Option, label: str, step: float, key: str | None = None, **more: Any) -> Any:
    """Draw a bound slider over the whole range of `option` and return its value."""
    key = key or option.name
    return _bound(st.slider, option, label, step, key, (option.low, option.high), forget_notice, (key,), more)


def stops(key: str, label: str, texts: Sequence[str]) -> int:
    """Draw a bound slider over stops and return the chosen one's number, from 0; it begins at the last.

    The link holds the text of a stop; one that is none of them is left out, with a notice.
    """
    asked = st.query_params.get_all(key)
    if asked and (len(asked) > 1 or asked[-1] not in texts):
        if key not in st.session_state:
            text = "The link asked for {key} = {asked}, which is none of the stops. It is {value}."
            note(key, t(text, key=key, asked=quoted(asked[-1]), value=texts[-1]))
        _correct_link(key, None)
    chosen: int = st.select_slider(
        t(label), range(len(texts)), len(texts) - 1, key=key, bind="query-params", format_func=texts.__getitem__,
        on_change=forget_notice, args=(key,),
    )  # fmt: skip
    return chosen


def number(option: Option, label: str, step: float, key: str | None = None, **more: Any) -> Any:
    """Draw a bound number field for the whole range of `option` and return its value.

    Streamlit drops a number out of range without a word; here it arrives, is brought into range, and that is said.
    """
    key = key or option.name
    widest = WIDEST[option.kind]
    with st.container(gap="xxsmall", key=f"field_{key}"):
        value = _bound(
            st.number_input, option, label, step, key, (-widest, widest), _bring_into_range, (option, key), more
        )
        # what not even Streamlit's own field can hold never arrives here: the browser says it while it stands there
        words = t("Allowed: {allowed}. {value} is used.", allowed=allowed(option), value=value)
        rule = f'.st-key-{key}:has([aria-invalid="true"])::after {{ content: "{words}"; font-size: 0.875rem; }}'
        st.html(f"<style>{rule}</style>")
        asked = st.session_state.get(_REFUSED + key)
        if asked is not None:
            st.caption(
                t(
                    "{asked:g} is not allowed: {allowed}. It is {value} now.",
                    asked=asked,
                    allowed=allowed(option),
                    value=value,
                )
            )
    return value


def _bring_into_range(option: Option, key: str) -> None:
    forget_notice(key)
    asked = st.session_state[key]
    value = option.clamp(asked)
    if value == asked:
        st.session_state.pop(_REFUSED + key, None)
    else:
        st.session_state[_REFUSED + key], st.session_state[key] = asked, value


def _bound(
    widget: Callable[..., Any], option: Option, label: str, step: float, key: str, ends: tuple[Any, Any],
    on_change: Callable[..., None], args: tuple[Any, ...], more: dict[str, Any],
) -> Any:  # fmt: skip
    _drop_stale_notices()
    repair(option, key)
    opens_with(key, option.default)
    low, high = ends
    return widget(
        t(label), option.kind(low), option.kind(high), option.default, step=option.kind(step), key=key,
        bind="query-params", on_change=on_change, args=args, help=t(option.doc) or None, **more,
    )  # fmt: skip


def opens_with(key: str, value: Any) -> None:
    """Remember the value that the control `key` opens with, so that a preset of another control can put it back."""
    st.session_state[_OPENS + key] = value


def put_back(key: str) -> None:
    """Give the control `key` the value that it opens with. One that was not drawn yet has it anyway, or its link's."""
    if _OPENS + key in st.session_state:
        st.session_state[key] = st.session_state[_OPENS + key]


def let_go(*keys: str) -> None:
    """Bring controls that are not drawn now to the values that they open with."""
    for key in keys:
        st.session_state.pop(key, None)
        st.query_params.pop(key, None)


def linked(option: Option, key: str | None = None) -> Any:
    """Return the value of a bound control that may not be drawn now: its own, or else that of the link."""
    key = key or option.name
    if key in st.session_state:
        return option.clamp(st.session_state[key])
    text = st.query_params.get(key)
    if text is None:
        return option.default
    try:
        return option.parse(text)
    except ConfigError:
        value = option.clamp(number_in(text))
        note_clamped(key, text, option, value)
        return value


def linked_choice(key: str, labels: dict[str, str], default: str) -> str:
    """Return the name that a bound choice stands at, which may not be drawn now; a link may be in any language."""
    label = st.session_state.get(key, st.query_params.get(key))
    known = {table(code).get(text, text): name for code in LANGUAGES for name, text in labels.items()}
    return known.get(label, default)


def choice(key: str, label: str, labels: dict[str, str], default: str, help: str | None = None, **more: Any) -> str:
    """Draw a bound choice between named values and return the chosen name; the URL holds its label as it is shown. A
    link may come from a page in another language.
    """
    texts = st.query_params.get_all(key)
    known = {table(code).get(label, label): label for code in LANGUAGES for label in labels.values()}
    if texts and (len(texts) > 1 or texts[-1] not in known or texts[-1] != t(known[texts[-1]])):
        asked = known.get(texts[-1])
        if asked is None and key not in st.session_state:
            note(
                key,
                t(
                    "The link asked for {key} = {asked}; allowed is {allowed}. It is {value}.",
                    key=key,
                    asked=quoted(texts[-1]),
                    allowed=named(labels.values()),
                    value=labels[default],
                ),
            )
        _correct_link(key, None if asked in (None, labels[default]) else t(asked))
    opens_with(key, labels[default])
    label_chosen = st.segmented_control(
        t(label), list(labels.values()), default=labels[default], key=key, bind="query-params", format_func=t,
        required=True, help=t(help) if help else None, on_change=forget_notice, args=(key,), **more,
    )  # fmt: skip
    return next(name for name, text in labels.items() if text == (label_chosen or labels[default]))
