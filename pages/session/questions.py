"""Questions to the warm helper process, sent so that a page never shows a stack trace."""

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
from lessons.engine.language import sentence


def connected() -> Callable[[], bool]:
    """Return a function that tells, from any thread, whether this session's browser is still connected. A tab in the
    background is connected, even if it requests nothing; a closed one is not.
    """
    context = get_script_run_ctx(suppress_warning=True)
    id = context.session_id if context else ""
    return lambda: runtime.exists() and runtime.get_instance().is_active_session(id)


def ask(question: Question[Answer]) -> Sequence[Answer] | None:
    """Return the answer to `question`, or None with a note on the page while no worker can answer."""
    try:
        return pool().ask(question)
    except UnavailableError as error:
        st.info(sentence(str(error)), icon=":material/hourglass_top:")
        _look_again()
        return None


def remembered(key: str, question: Question[Answer]) -> Sequence[Answer] | None:
    """Like `ask`, but return the last answer under `key` as long as the question stays the same."""
    digest = hashlib.sha256(pickle.dumps(question)).digest()
    last = st.session_state.get(f"_answer {key}")
    if last and last[0] == digest:
        return cast(Sequence[Answer], last[1])
    answer = ask(question)
    if answer is not None:
        st.session_state[f"_answer {key}"] = (digest, answer)
    return answer


@st.fragment(run_every=0.5)
def _look_again() -> None:
    if pool().ready():
        st.rerun()
