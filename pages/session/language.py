"""The language that a learner has chosen: the control in the side bar and the link hold it."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from lessons.engine.language import DEFAULT, LANGUAGES, ask

LANGUAGE = "lang"


def _chosen() -> str:
    """Return the language of the current session, or the default outside of any session."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return DEFAULT
    # on a session's first run the control does not exist yet, and the link holds the language
    label = st.session_state.get(LANGUAGE) or st.query_params.get(LANGUAGE)
    return next((code for code, name in LANGUAGES.items() if name == label), DEFAULT)


ask(_chosen)
