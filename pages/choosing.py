"""Choosing between the methods: say what holds for a job, and see which are left."""

import streamlit as st

from core.checkpoint import CheckpointError
from lessons import conditions
from lessons.figures import choosing as figures
from lessons.language import t
from pages.ui import controls, lesson
from pages.ui.figure import show, unreadable
from pages.ui.metric import part

LESSON = "choosing"


@st.fragment
def _conditions() -> None:
    lesson.presets(LESSON)
    needs = {key for key, text in conditions.NEEDS.items() if st.toggle(t(text), key=key, bind="query-params")}
    left = conditions.left(needs)
    try:
        show(figures.accuracy(left), "accuracy")
    except CheckpointError as error:
        unreadable(error)
        return
    rows = []
    for one in conditions.METHODS:
        why = "; ".join(t(text) for need, text in one.cannot.items() if need in needs)
        rows.append(f"| [{t(one.label)}](/{one.page}) | {t(one.costs)} | {f'✗ {why}' if why else '✓'} |")
    head = " | ".join(t(one) for one in ("method", "a new task costs", "can it?"))
    st.markdown("\n".join([f"| {head} |", "|---|---|---|", *rows]))
    st.info(conditions.about(needs), icon=":material/visibility:")
    lesson.goal(LESSON, "one", left=len(left))


lesson.opening(LESSON)
notices = st.container()
part(LESSON, "Try: what holds for your job?", "try")
_conditions()
lesson.ending(LESSON)
controls.show_notices(notices)
