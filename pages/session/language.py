"""Which language a learner has asked for: the control in the side bar holds it, the link too."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from lessons.engine.language import DEFAULT, LANGUAGES, ask

LANGUAGE = "lang"


def _chosen() -> str:
    """The language of the session that draws now; outside of any, the default."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return DEFAULT
    # on a session's first run the control is not made yet, and the link says it
    label = st.session_state.get(LANGUAGE) or st.query_params.get(LANGUAGE)
    return next((code for code, name in LANGUAGES.items() if name == label), DEFAULT)


ask(_chosen)
