"""The parameter space section: MAML, first-order MAML and Reptile on two parameters."""

import math

import numpy as np
import streamlit as st

from core.demos.questions import Plane
from core.options import Option, own_options
from lessons.demos.plane import EDGES, angles, cancels, leaving, outer_arrow
from lessons.engine.language import t
from lessons.figures.plane import plane, scale
from lessons.figures.theme import METHODS
from lessons.notices.plane import about_plane
from pages.sections import lesson
from pages.session.questions import ask
from pages.widgets import controls
from pages.widgets.controls import option_of
from pages.widgets.figure import show

TASKS = 3
SET = option_of(int, "tasks", 0, 0, 999, "which three tasks; 0 is the first set")
VIEWS = {"mean": "mean of the tasks", "0": "task 1", "1": "task 2", "2": "task 3"}
GOALS = {
    "fomaml": ("first_order", "differ", ("maml", "fomaml")),
    "reptile": ("reptile", "align", ("fomaml", "reptile")),
}


def _field(name: str, high: float | None = None) -> Option:
    field = next(option for option in own_options(Plane) if option.name == name)
    return Option(field.name, field.kind, field.default, field.doc, field.unit, field.low, high or field.high)


def _tasks(number: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the amplitudes and phases of the task set `number`."""
    if number == 0:
        return Plane.amplitudes, Plane.phases
    source = np.random.default_rng([number, 11])
    amplitudes, phases = source.uniform(0.8, 4.5, TASKS), source.uniform(0.2, math.pi - 0.2, TASKS)
    return tuple(amplitudes.round(2).tolist()), tuple(phases.round(2).tolist())


@st.fragment
def parameter_space(method: str) -> None:
    """Let the learner move theta and change the inner loop, and compare three outer arrows on the same tasks."""
    left, right = st.columns([3, 2], gap="medium")
    with right:
        # `_move` sets these keys before the sliders are made
        amplitude = controls.slider(_field("amplitude"), "θ₁: amplitude", 0.05, key="theta1")
        phase = controls.slider(_field("phase", 3.14), "θ₂: phase (rad)", 0.01, key="theta2")
        rate = controls.slider(_field("inner_rate", 1.0), "Inner rate α", 0.01, key="plane_rate")
        steps = controls.slider(_field("inner_steps", 10), "Inner steps", 1, key="plane_steps")
        labels = {name: line.name for name, line in METHODS.items()}
        shown = controls.choice("show", "Inner paths and contributions of", labels, method)
        with st.expander(t("More: other tasks, one task's surface")):
            number = controls.number(SET, "Task set", 1)
            view = controls.choice("surface", "Loss surface of", VIEWS, "mean")
    amplitudes, phases = _tasks(number)
    answers = ask(Plane(amplitudes, phases, amplitude, phase, rate, steps))
    if answers is None:
        return
    surface, arrows = answers[0].surface, answers[0].arrows
    shown = shown if any(path.name == shown for path in arrows) else "maml"
    with left:
        tasks = tuple(zip(amplitudes, phases, strict=True))
        show(plane(surface, arrows, shown, None if view == "mean" else int(view), tasks), "plane")
        st.caption(scale())
    with right:
        rows = [
            f"| {METHODS[a].label} – {METHODS[b].label} | "
            + (t("no arrow") + " |" if math.isnan(degrees) else f"**{degrees:.1f}°** |")
            for (a, b), degrees in angles(arrows).items()
        ]
        st.markdown("\n".join([f"| {t('outer arrows')} | {t('angle')} |", "|---|---|", *rows]))
        chosen = next(path for path in arrows if path.name == shown)
        st.button(
            t("Take an outer step with {label}", label=METHODS[shown].label), icon=":material/redo:", on_click=_move,
            args=(amplitude, phase, tuple(outer_arrow(chosen).tolist())), disabled=cancels(chosen),
            help=t("θ moves to the tip of the thick arrow, or to the edge of the plane"),
        )  # fmt: skip
    st.info(about_plane(arrows, steps, rate), icon=":material/visibility:")
    if method in GOALS:
        name, what, pair = GOALS[method]
        degrees = angles(arrows).get(pair, math.nan)
        lesson.goal(name, what, degrees=degrees, steps=steps, rate=rate, outside=leaving(arrows))


def _move(amplitude: float, phase: float, arrow: tuple[float, float]) -> None:
    for key, start, move, edge in zip(("theta1", "theta2"), (amplitude, phase), arrow, EDGES, strict=True):
        if math.isfinite(move):
            st.session_state[key] = min(max(round(start + move, 2), 0.0), math.floor(edge * 100) / 100)
