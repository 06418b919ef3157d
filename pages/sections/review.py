"""Checks that a learner has missed, asked again after one, three and seven days, mixed across lessons."""

import streamlit as st

from lessons.engine import course
from lessons.engine.content import section
from lessons.engine.language import plural, t
from lessons.engine.links import link
from lessons.engine.progress import PAUSES, today
from pages.session.progress import progress, save

AT_ONCE = 3  # questions that are asked in one go
_ASKED, _SAID = "_review_asked", "_review_said"


@st.fragment
def review() -> None:
    """Ask the missed checks whose day has come; draw nothing where there is none."""
    asked: list[str] = st.session_state.setdefault(_ASKED, [])
    said: dict[str, int] = st.session_state.setdefault(_SAID, {})
    asked[:] = [key for key in asked if key in progress().due]  # none that was forgotten meanwhile
    asked += [key for key in progress().reviews() if key not in asked][: max(0, AT_ONCE - len(asked))]
    if not asked:
        return
    st.header(t("Once more"), anchor="review")
    count = len([key for key in asked if key not in said])
    if count:
        st.markdown(
            plural(
                count, "{count} check that you missed earlier. Can you answer it now?",
                "{count} checks that you missed earlier. Can you answer them now?",
            )
        )  # fmt: skip
    for key in asked:
        with st.container(border=True):
            _question(key, said)
    save("review")


def _question(key: str, said: dict[str, int]) -> None:
    name, _, part = key.partition("/")
    question = course.question(name, part)
    st.caption(f"[{section(name, 'title')}]({link(course.lesson(name).page, 'check')})")
    st.markdown(question.text)
    chosen = said.get(key)
    if chosen is None:
        chosen = st.radio(
            t("Your answer"), range(len(question.answers)), index=None, key=f"_review/{key}",
            format_func=lambda i: question.answers[i].text, label_visibility="collapsed",
        )  # fmt: skip
    if chosen is None:
        return
    answer = question.answers[chosen]
    if key not in said:
        said[key] = chosen
        progress().reviewed(key, answer.right)
    st.markdown(t("Your answer: {answer}", answer=answer.text))
    (st.success if answer.right else st.warning)(answer.reason)
    day, times = progress().due[key]
    st.caption(
        t("Right each time: it does not come back.")
        if times >= len(PAUSES)
        else plural(day - today(), "It comes back in {count} day.", "It comes back in {count} days.")
    )
