"""Questions to the warm helper process, asked so that a page never shows a stack trace."""

import hashlib
import pickle
from collections.abc import Callable, Sequence

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.events import Event
from core.jobs import UnavailableError, shared
from core.options import Config


def connected() -> Callable[[], bool]:
    """Whether this session's browser is still there, to be asked from anywhere: a tab in the background is, even if
    it looks after nothing, and a closed one is not.
    """
    context = get_script_run_ctx(suppress_warning=True)
    id = context.session_id if context else ""
    return lambda: runtime.exists() and runtime.get_instance().is_active_session(id)


def ask(config: Config) -> Sequence[Event] | None:
    """The answer to `config`, or None with a note on the page while no worker can answer."""
    try:
        return shared().ask(config)
    except UnavailableError as error:
        st.info(f"{str(error)[0].upper()}{str(error)[1:]}.", icon=":material/hourglass_top:")
        _look_again()
        return None


def remembered(key: str, config: Config) -> Sequence[Event] | None:
    """As `ask`, but the last answer under `key` is kept for as long as the question stays the same."""
    question = hashlib.sha256(pickle.dumps(config)).digest()
    kept = st.session_state.get(f"_answer {key}")
    if kept and kept[0] == question:
        return kept[1]
    found = ask(config)
    if found is not None:
        st.session_state[f"_answer {key}"] = (question, found)
    return found


@st.fragment(run_every=0.5)
def _look_again() -> None:
    if shared().ready():
        st.rerun()
