"""Questions to the warm helper processes, sent so that a page never shows a stack trace."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count
from typing import cast

import streamlit as st
from streamlit import runtime
from streamlit.errors import StreamlitDuplicateElementKey
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.demos.questions import Answer, Question
from core.options import Config
from core.runtime.answers import BusyError, UnavailableError, WarmingUpError, digest
from core.runtime.job import Job
from core.runtime.shared import pool
from lessons.engine.language import sentence, t
from pages.session.progress import known, learner

LOOK_EVERY = 0.5  # seconds between two looks at whether an answer has come


def connected() -> Callable[[], bool]:
    """Return a function that tells, from any thread, whether this session's browser is still connected. A tab in the
    background is connected, even if it requests nothing; a closed one is not.
    """
    context = get_script_run_ctx(suppress_warning=True)
    id = context.session_id if context else ""
    return lambda: runtime.exists() and runtime.get_instance().is_active_session(id)


def start(config: Config, page: str) -> Job:
    """Start a run of this learner, which `resumed` finds again on `page`."""
    return pool().start(config, learner(), connected(), page)


def resumed(page: str) -> Job | None:
    """Return this learner's run of `page` that another session of theirs has started, such as before a reload. A
    session looks once, as soon as the browser has said who the learner is.
    """
    if not known() or f"_resumed_{page}" in st.session_state:
        return None
    st.session_state[f"_resumed_{page}"] = True
    job = pool().find(learner(), page)
    if job and not job.over:
        job.watched = connected()
    return job


def ask(question: Question[Answer]) -> Sequence[Answer] | None:
    """Return the answer to `question`, or None with a note on the page that says why there is none now.

    While the helpers start, or others are before this question, the page looks again by itself.
    """
    try:
        return pool().ask(question, learner())
    except WarmingUpError as error:
        st.info(sentence(str(error)), icon=":material/hourglass_top:")
        _look_again()
    except BusyError:
        _await_turn(question)
    except UnavailableError as error:
        st.warning(sentence(str(error)), icon=":material/error:")
        if error.again:
            with suppress(StreamlitDuplicateElementKey):  # the page has asked the same before, and has the button
                st.button(t("Try again"), icon=":material/refresh:", key=f"_again_{digest(question).hex()[:12]}")
    return None


def remembered(key: str, question: Question[Answer]) -> Sequence[Answer] | None:
    """Like `ask`, but return the last answer under `key` as long as the question stays the same."""
    now = digest(question)
    last = st.session_state.get(f"_answer {key}")
    if last and last[0] == now:
        return cast(Sequence[Answer], last[1])
    answer = ask(question)
    if answer is not None:
        st.session_state[f"_answer {key}"] = (now, answer)
    return answer


def _look_again() -> None:
    _rerun_when(lambda: pool().answers())


def _await_turn(question: Question) -> None:
    def answered() -> bool:
        place = pool().place_of(question)
        texts = {
            None: "The answer is being computed",
            0: "The answer is being computed",
            1: "One question is before this one",
        }
        text = t(texts.get(place, "{place} questions are before this one"), place=place or 0)
        st.info(f"{text} …", icon=":material/hourglass_top:")
        return place is None

    _rerun_when(answered)


def _rerun_when(ready: Callable[[], bool]) -> None:
    """Look every half second, and run the page again once `ready`, which may show how things stand.

    Not at the first look: it belongs to a run that may have waited for seconds, and a rerun out of it would start from
    the link of that time, though controls have moved since. Each later look comes from the browser with its link.
    """
    looks = count()

    @st.fragment(run_every=LOOK_EVERY)
    def look() -> None:
        first = next(looks) == 0
        if ready() and not first:
            st.rerun()

    look()
