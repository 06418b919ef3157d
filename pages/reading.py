"""Reading published code: the article's programs with a switch for every fault, beside the repaired programs."""

import numpy as np
import streamlit as st

from core.demos import source
from core.methods.reading.config import ReadingConfig
from core.storage.checkpoints import CheckpointError
from lessons.demos import reading
from lessons.demos.plane import angle
from lessons.engine.language import t
from lessons.figures import reading as figures
from pages.sections import lesson
from pages.sections.chapters import chapters
from pages.sections.metric import part
from pages.session.questions import remembered
from pages.widgets import controls
from pages.widgets.components import source_panel
from pages.widgets.controls import option_of
from pages.widgets.figure import show, unreadable, unrecorded

LESSON = "reading"
NUMBER = option_of(int, "tasks", 0, 0, 999, "which five tasks")
FILE = "core/methods/reading/algorithm.py"
# parts of the lines to highlight
SWITCHES = {"maml": ("config.adds_up", "config.gradient_link"), "reptile": ("config.copies", "config.mean")}


def _switched(family: str) -> ReadingConfig:
    """Return the program with the faults that the learner has switched on or off."""
    if family == "maml":
        adds_up = controls.choice("steps_from", "An inner step starts", reading.STEPS, "again") == "on"
        gradient_link = controls.choice("written", "Its result is", reading.LINKS, "cut")
        return ReadingConfig(family=family, adds_up=adds_up, gradient_link=gradient_link)
    copies = controls.choice("trains", "A task trains", reading.COPIES, "no") == "yes"
    mean = controls.choice("takes", "Of the arrows it takes", reading.SUMS, "sum") == "mean"
    return ReadingConfig(family=family, copies=copies, mean=mean)


@st.fragment
def _lab() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        family = controls.choice("program", "Program", reading.FAMILIES, "maml")
        number = int(controls.number(NUMBER, "Tasks", 1, width=150))
        config = _switched(family)
    lesson.presets(LESSON, off={"restart"} if family == "reptile" else ())
    try:
        question = reading.look(config, number)
    except CheckpointError as error:
        unreadable(error)
        return
    passes = remembered("published", question)
    if passes is None:
        return
    switched, repaired = passes
    left_column, right_column = st.columns(2, gap="medium")
    with left_column:
        show(figures.inner_losses(switched, repaired), "inner_losses", low=True)
    with right_column:
        source_panel("program_source", FILE, [family], source.lines_with(FILE, family, *SWITCHES[family]))
    noticed, aimed = st.columns([2, 1], gap="small")
    with noticed:
        st.info(reading.about_pass(config, switched.move, repaired.move, switched.losses), icon=":material/visibility:")
    facts = {"degrees": angle(switched.move, repaired.move)}
    if family == "reptile":
        facts["ratio"] = float(np.linalg.norm(switched.move) / np.linalg.norm(repaired.move))
    with aimed:
        lesson.goal(LESSON, family, **facts)


def _outcomes() -> None:
    outcomes = reading.measured()
    if not outcomes:
        unrecorded("published")
        return
    labels = {name: t(label) for name, (label, _) in reading.RUNS.items()}
    for column, family in zip(st.columns(2), reading.FAMILIES, strict=True):
        with column:
            st.markdown(f"**{reading.FAMILIES[family]}**")
            shown = {name: outcome for name, outcome in outcomes.items() if name.startswith(family)}
            show(figures.outcomes(shown, labels), f"outcomes_{family}")


def _see() -> None:
    part(LESSON, "Try: find and repair the faults", "try")
    _lab()


def _learn() -> None:
    part(LESSON, "What becomes of them", "outcomes")
    _outcomes()


chapters(LESSON, {"see": _see, "learn": _learn}, {"try": "see", "outcomes": "learn"})
