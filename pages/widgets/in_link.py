"""Values that the page itself keeps in its link, and that no control of Streamlit holds.

A browser sends with everything that it asks the link that it has then. While something is dragged, that is an older
one than the page has put there: Streamlit begins the run with it, and the last place of a point would be lost.
"""

from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx
from streamlit.runtime.state import get_session_state

_PUT = "_put_"
MOST = 200  # values of one drag that are remembered; a browser is some few behind


def text(key: str) -> str | None:
    """Return what the link holds under `key`, or what the page put there if the browser has not heard of that yet."""
    page, values = st.session_state.get(_PUT + key, (None, []))
    if values:
        asked = _asked(key)
        run = get_script_run_ctx()
        elsewhere = page != _page() or (run is not None and run.is_history_navigation)
        if elsewhere or asked not in values or values.index(asked) == len(values) - 1:
            del st.session_state[_PUT + key]  # the browser knows the newest, or the learner went to another link
        else:
            _write(key, values[-1])  # an older one, or the newest, which was also an older one
    return st.query_params.get(key)


def put(key: str, value: str | None) -> None:
    """Put `value` under `key` into the link; None takes it out."""
    page, values = st.session_state.get(_PUT + key, (None, []))
    known = values if values and page == _page() else [_asked(key)]
    if known[-1] != value:
        st.session_state[_PUT + key] = (_page(), [*known, value][-MOST:])
    _write(key, value)


def _write(key: str, value: str | None) -> None:
    if value is None:
        st.query_params.pop(key, None)
    elif st.query_params.get_all(key) != [value]:
        st.query_params[key] = value


def _asked(key: str) -> str | None:
    """Return what the link held when the browser asked for this run."""
    with get_session_state().query_params() as link:
        value: Any = link.get_initial_value(key)
    return (value[-1] if value else None) if isinstance(value, list) else value


def _page() -> str:
    return str(st.session_state.get("_page", ""))
