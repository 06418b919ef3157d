"""Choosing between the methods: state the needs of a job, and see which methods are left."""

import streamlit as st

from core.storage.checkpoints import CheckpointError
from lessons.demos import choosing
from lessons.engine.language import listed, t
from lessons.engine.links import link
from lessons.figures import choosing as figures
from pages.sections import lesson
from pages.sections.chapters import chapters
from pages.sections.metric import part
from pages.widgets.figure import show, unreadable

LESSON = "choosing"


@st.fragment
def _conditions() -> None:
    lesson.presets(LESSON)
    needs, (asked, answered) = set[str](), st.columns([6, 5], gap="medium")
    with asked:
        for key, text in choosing.NEEDS.items():
            senseless = bool(needs & choosing.EXCLUDED_BY.get(key, set()))
            if st.toggle(t(text), key=key, bind="query-params", disabled=senseless) and not senseless:
                needs.add(key)
    left = choosing.left(needs)
    try:
        bars, rows = figures.accuracy(left), [_row(method, needs) for method in choosing.METHODS]
    except CheckpointError as error:
        unreadable(error)
        return
    head = " | ".join(t(name) for name in ("method", "a new task costs", "can it?"))
    with asked:
        st.markdown("\n".join([f"| {head} |", "|---|---|---|", *rows]))
    with answered:  # after the table, which would push it down on a phone
        show(bars, "accuracy", low=True)
        st.info(choosing.about(needs), icon=":material/visibility:")
    lesson.goal(LESSON, "one", conditions=len(needs), left=len(left), comparing=sum(method.compares for method in left))


def _row(method: choosing.Method, needs: set[str]) -> str:
    why = listed(t(text) for need, text in method.cannot.items() if need in needs)
    return f"| [{t(method.label)}]({link(method.page)}) | {choosing.costs(method)} | {f'✗ {why}' if why else '✓'} |"


def _see() -> None:
    part(LESSON, "Try: what holds for your job?", "try")
    _conditions()


chapters(LESSON, {"see": _see}, {"try": "see"})
