"""Tasks and meta-knowledge: draw tasks from p(T), and see why a single average model fails."""

import math

import numpy as np
import streamlit as st

from lessons.demos import sinusoid
from lessons.engine.content import section
from lessons.engine.language import t
from lessons.figures import curves
from lessons.figures.family import closed_form, family, one_task, sweep_of_tasks
from lessons.notices.optimization import about_average, about_closed_form, about_rates
from pages.sections import lesson
from pages.sections.chapters import Part, Scene, chapters
from pages.widgets import controls
from pages.widgets.controls import option_of
from pages.widgets.figure import let_paint, show, show_lines, unrecorded

TASKS = option_of(int, "n", 20, 1, 200, "how many tasks are drawn from p(T)")
SEED = option_of(int, "draw", 3, 0, 100_000, "the number of the draw: same number, same tasks")
WIDTH = option_of(float, "spread", math.pi, 0.0, 3.15, "phases are drawn from 0 to this")
AMPLITUDE = option_of(float, "largest", 5.0, 0.1, 5.0, "amplitudes are drawn from 0.1 to this")
SHOTS = option_of(int, "k", 5, 1, 20, "support points of the task")
STEPS = option_of(int, "steps", 1, 0, sinusoid.SWEEP_STEPS, "gradient steps")
QUERIES = 10
LEAST = 0.1  # amplitude


def _again() -> None:
    st.session_state["draw"] = (st.session_state.get("draw", SEED.default) + 1) % 100_000


def _next_task(tasks: int) -> None:
    st.session_state["which"] = st.session_state.get("which", 1) % tasks + 1


@st.fragment
def _distribution() -> None:
    tasks = controls.linked(TASKS)
    amplitude, phase = _drawn(tasks, controls.linked(SEED))
    chosen = min(int(st.session_state.get("which", 1)), tasks) - 1
    figure, error, zero_error = family(amplitude, phase, chosen)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        show_lines(figure, "family", 5.5)
    with right, st.container(key="twos_family"):  # later than the figure, which would push them down on a phone
        controls.slider(TASKS, "Tasks drawn", 1)
        controls.slider(WIDTH, "Phases from 0 to", 0.05)
        controls.slider(AMPLITUDE, "Amplitudes from 0.1 to", 0.1)
        controls.number(SEED, "Draw", 1)
        st.button(t("Draw again"), icon=":material/casino:", on_click=_again, type="primary")
        let_paint()
    noticed, aimed = st.columns(2, gap="small")
    with noticed:
        st.info(about_average(tasks, error, zero_error), icon=":material/visibility:")
    with aimed:
        lesson.goal("tasks", "narrow", share=error / zero_error if zero_error else 0.0, tasks=tasks)


@st.fragment
def _one_task() -> None:
    """Show one of the tasks that are drawn in the first chapter, with its support and query points."""
    tasks, draw = controls.linked(TASKS), controls.linked(SEED)
    amplitude, phase = _drawn(tasks, draw)
    task_option = option_of(int, "which", 1, 1, tasks, "which of the drawn tasks")
    left, right = st.columns([3, 2], gap="medium")
    with right, st.container(key="twos_task"):
        number = controls.number(task_option, "Task", 1) if tasks > 1 else 1
        shots = controls.slider(SHOTS, "Support points K", 1)
        st.button(t("Next task"), icon=":material/skip_next:", on_click=_next_task, args=(tasks,))
    x = np.random.default_rng([draw, number]).uniform(-5, 5, shots + QUERIES)
    with left:
        show(one_task(amplitude[number - 1], phase[number - 1], x, shots, number), "one_task")


def _drawn(tasks: int, draw: int) -> tuple[np.ndarray, np.ndarray]:
    """Return amplitude and phase of the tasks that the first chapter's controls stand at."""
    ends = [(LEAST, controls.linked(AMPLITUDE)), (0.0, controls.linked(WIDTH))]
    return sweep_of_tasks(draw, tasks, ends)


def _average() -> None:
    tasks, largest, spread = (controls.linked(option) for option in (TASKS, AMPLITUDE, WIDTH))
    st.markdown(section("tasks", "average"))
    st.latex(closed_form(LEAST, largest, spread))
    st.caption(about_closed_form(tasks, LEAST, largest, spread))


@st.fragment
def _knowledge() -> None:
    steps = controls.slider(STEPS, "Inner steps", 1)
    swept = sinusoid.sweep()
    if swept is None:
        unrecorded("")
        return
    show(curves.sweep(swept, steps, sinusoid.DEFAULT_RATE), "sweep")
    st.info(about_rates(swept, steps, sinusoid.DEFAULT_RATE), icon=":material/visibility:")


def _see() -> None:
    st.header(t("Meta-task: a distribution of tasks"), anchor="meta-task")
    st.markdown(section("tasks", "meta_task"))
    _distribution()


def _task() -> None:
    st.header(t("Task: support and query"), anchor="task")
    st.markdown(section("tasks", "task"))
    _one_task()


def _kept() -> None:
    st.header(t("Meta-knowledge: what is worth keeping"), anchor="meta-knowledge")
    words, picture = st.columns([2, 3], gap="medium")
    words.markdown(section("tasks", "knowledge"))
    with picture:
        _knowledge()


def _single() -> None:
    st.header(t("The best single answer"), anchor="average")
    _average()


PLAY = [Scene("task", "One task", _task), Scene("meta-knowledge", "Meta-knowledge", _kept)]
PARTS: dict[str, Part | list[Scene]] = {
    "see": _see,
    "play": PLAY,
    "why": [Scene("average", "The best single answer", _single)],
}
chapters("tasks", PARTS, {"meta-task": "see"})
