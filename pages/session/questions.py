"""Questions to the warm helper process, asked so that a page never shows a stack trace."""

import hashlib
import pickle
from collections.abc import Callable, Sequence
from typing import cast

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.demos.questions import Answer, Question
from core.runtime.pool import UnavailableError
from core.runtime.shared import pool


def connected() -> Callable[[], bool]:
    """Whether this session's browser is still there, to be asked from anywhere: a tab in the background is, even if
    it looks after nothing, and a closed one is not.
    """
    context = get_script_run_ctx(suppress_warning=True)
    id = context.session_id if context else ""
    return lambda: runtime.exists() and runtime.get_instance().is_active_session(id)


def ask(question: Question[Answer]) -> Sequence[Answer] | None:
    """The answer to `question`, or None with a note on the page while no worker can answer."""
    try:
        return pool().ask(question)
    except UnavailableError as error:
        st.info(f"{str(error)[0].upper()}{str(error)[1:]}.", icon=":material/hourglass_top:")
        _look_again()
        return None


def remembered(key: str, question: Question[Answer]) -> Sequence[Answer] | None:
    """As `ask`, but the last answer under `key` is kept for as long as the question stays the same."""
    digest = hashlib.sha256(pickle.dumps(question)).digest()
    asked_before = st.session_state.get(f"_answer {key}")
    if asked_before and asked_before[0] == digest:
        return cast(Sequence[Answer], asked_before[1])
    answer = ask(question)
    if answer is not None:
        st.session_state[f"_answer {key}"] = (digest, answer)
    return answer


@st.fragment(run_every=0.5)
def _look_again() -> None:
    if pool().ready():
        st.rerun()
