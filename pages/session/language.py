"""The language that a learner has chosen: by the link, by the control, or on an earlier visit."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from lessons.engine.language import DEFAULT, LANGUAGES, ask, code_of

LANGUAGE = "lang"  # the link's parameter and the control's key
COOKIE = "learn-meta-learning-language"  # frame.js writes it; it carries no right


def _chosen() -> str:
    """Return the language of the current session, or the default outside of any session."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return DEFAULT
    # on a session's first run the control does not exist yet: the link comes before what the browser remembers
    return code_of(st.session_state.get(LANGUAGE)) or _named() or code_of(st.context.cookies.get(COOKIE)) or DEFAULT


def _named() -> str:
    return code_of(st.query_params.get(LANGUAGE))


def begin() -> None:
    """Fix the language of the session, and write it into a link that names another or none. Every run calls this."""
    language = st.session_state[LANGUAGE] = _chosen()
    if st.query_params.get(LANGUAGE, DEFAULT) != language:
        st.query_params[LANGUAGE] = language


def control() -> None:
    """Draw the choice of the language, which `begin` has set."""
    st.segmented_control(
        "Language / 语言", list(LANGUAGES), format_func=LANGUAGES.__getitem__, key=LANGUAGE, required=True,
        label_visibility="collapsed",
    )  # fmt: skip


ask(_chosen)
