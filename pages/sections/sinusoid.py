"""The sinusoid demo: three initializations are fitted to the same points, which the learner can move."""

import math
from functools import partial

import numpy as np
import streamlit as st

from core.events import Fitted
from core.options import ConfigError, Option
from lessons.demos import sinusoid
from lessons.engine.language import named, plural, t
from lessons.figures import curves
from lessons.figures.curves import inner_steps_in_words
from lessons.figures.theme import INITS
from lessons.notices.optimization import about_fit
from pages.sections import lesson
from pages.sections.training import own_theta
from pages.session.questions import ask
from pages.widgets import controls, in_link
from pages.widgets.components import fit_chart
from pages.widgets.controls import option_of
from pages.widgets.figure import let_paint, show

STEPS = option_of(int, "steps", 1, 0, sinusoid.STEPS, "gradient steps on the support points")
AMPLITUDE = option_of(float, "amplitude", 0.0, 0.0, 6.0, "amplitude of the true function; p(T) reaches from 0.1 to 5")
PHASE = option_of(float, "phase", 0.0, 0.0, round(2 * math.pi, 2), "phase in radians; p(T) reaches from 0 to 3.14")
NOISE = option_of(float, "noise", 0.0, 0.0, 1.0, "standard deviation of the noise on the support points")
RATE = option_of(float, "rate", sinusoid.DEFAULT_RATE, 0.0, 0.1, "size of an inner step; training used 0.01")
SHOTS = option_of(int, "k", sinusoid.DEFAULT_SHOTS, 1, 20, "support points drawn for a task")
TASK = option_of(int, "task", sinusoid.DEFAULT_TASK, 0, 1_000_000)


@st.fragment
def demo(method: str) -> None:
    """Fit one task from a random, a pretrained and a meta-learned init of `method`."""
    seed = task_seed()
    drawn = sinusoid.task_of(seed)
    left, right = st.columns([3, 2], gap="medium")
    with st.container():  # below the charts, where a phone has them too
        rate, shots, task, noise, steps = _task_controls(drawn)
    points, custom = points_of(seed, task, shots, noise)
    with left:
        chart, notes = st.container(), st.container()
    with notes:
        fits = _fits(method, seed, task, points, rate)
    with chart:
        waited = dict.fromkeys(_thetas(method), np.empty(0))  # their names hold the place of the curves
        text = plural(
            len(points),
            "One task, {count} point, {steps}: who has learned it?",
            "One task, {count} points, {steps}: who has learned it?",
            steps=inner_steps_in_words(steps),
        )
        st.markdown(f"**{text}**")
        fit_chart(
            "points_chart",
            sinusoid.GRID,
            task(sinusoid.GRID),
            waited if fits is None else {fit.name: fit.curves[steps] for fit in fits},
            points,
            t("The curves of these points are being computed.")
            if fits is None
            else plural(
                len(points),
                "A sinusoid of amplitude {amplitude:g} and phase {phase:g}, {count} support point and the "
                "curves of {parts} after {steps}.",
                "A sinusoid of amplitude {amplitude:g} and phase {phase:g}, {count} support points and the "
                "curves of {parts} after {steps}.",
                amplitude=task.amplitude,
                phase=task.phase,
                parts=named(INITS[fit.name].label for fit in fits or ()),
                steps=inner_steps_in_words(steps),
            ),
            partial(keep_points, "points_chart", "points"),
        )
        let_paint()
        if custom:
            st.button(t("Put the points back"), icon=":material/undo:", on_click=reset_points)
    with_goal = method == "maml"
    with right, st.container(key="after_fit"):
        if with_goal:
            lesson.presets(method, also=reset_points)
        if fits is None:
            return
        show(curves.adaptation(fits, steps), "adaptation", low=True)
    notice, *goal = st.container(key="last_fit").columns(2 if with_goal else 1, gap="small")
    with notice:
        st.info(about_fit(fits, steps, rate, len(points)), icon=":material/visibility:")
    if with_goal:
        losses = {fit.name: fit.query_loss for fit in fits}
        with goal[0]:
            lesson.goal(
                "maml", "worse", rate=rate, before=float(losses["maml"][0]), after=float(losses["maml"][1]),
                other_before=float(losses["joint"][0]), other_after=float(losses["joint"][1]),
            )  # fmt: skip


def task_seed() -> int:
    """Return the task's number, which the URL holds although no widget shows it."""
    try:
        return int(TASK.parse(in_link.text("task") or str(TASK.default)))
    except ConfigError:
        value = TASK.default
        controls.note(
            "task",
            t(
                "The link asked for task = {asked}, which is not a task number; this is task {value}.",
                asked=controls.quoted(in_link.text("task") or ""),
                value=value,
            ),
        )
        in_link.put("task", str(value))
        return value


def following(drawn: sinusoid.Task) -> tuple[Option, Option]:
    """Return the options of amplitude and phase: an untouched slider follows the drawn task; the link holds the value
    of a touched one.
    """
    amplitude, phase = (
        option_of(float, option.name, value, option.low or 0, option.high or 0, option.doc)
        for option, value in ((AMPLITUDE, drawn.amplitude), (PHASE, drawn.phase))
    )
    return amplitude, phase


def _task_controls(drawn: sinusoid.Task) -> tuple[float, int, sinusoid.Task, float, int]:
    """Show the sliders for inner steps, amplitude and phase, and the rest behind "More"; return the inner rate, the
    number of points, the task, its noise, and the inner steps.
    """
    amplitude_option, phase_option = following(drawn)
    steps_column, amplitude_column, phase_column, new_column, more_column = st.columns(
        [3, 3, 3, 2, 2], vertical_alignment="bottom"
    )
    with steps_column:
        steps = int(controls.slider(STEPS, "Inner steps", 1))
    with amplitude_column:
        amplitude = controls.slider(amplitude_option, "Amplitude", 0.1)
    with phase_column:
        phase = controls.slider(phase_option, "Phase", 0.01)
    with new_column:
        st.button(t("New task"), icon=":material/casino:", on_click=new_task, type="primary", width="stretch")
    with more_column, st.popover(t("More"), icon=":material/tune:", width="stretch"):
        noise = controls.slider(NOISE, "Noise", 0.05)
        rate = controls.slider(RATE, "Inner rate α", 0.001, format="%.3f")
        shots = controls.slider(SHOTS, "Support points K", 1)
    return rate, shots, sinusoid.Task(amplitude, phase), noise, steps


def points_of(seed: int, task: sinusoid.Task, shots: int, noise: float) -> tuple[list[tuple[float, float]], bool]:
    """Return the points from the URL and True, or those drawn for the task and False."""
    text = in_link.text("points")
    if text:
        try:
            points, clamped = sinusoid.points_from_text(text)
            if clamped:
                controls.note("points", t("Some points of the link were out of the picture; they are at its edge now."))
                in_link.put("points", sinusoid.points_text(points))
            return points, True
        except ConfigError:
            controls.note("points", t("The link's points could not be read; these are the task's own points."))
            in_link.put("points", None)
    return sinusoid.support_of(seed, task, shots, noise), False


def _fits(
    method: str, seed: int, task: sinusoid.Task, points: list[tuple[float, float]], rate: float
) -> list[Fitted] | None:
    thetas = _thetas(method)
    request = sinusoid.fit_request(task, points, thetas, rate)
    recorded = sinusoid.first_paint(seed, method) if "own" not in thetas else None
    if recorded and sinusoid.is_first_paint(request, seed):
        return recorded
    answers = ask(request)
    return None if answers is None else list(answers)


def _thetas(method: str) -> dict[str, np.ndarray]:
    """Return the initializations that are compared: three that are shipped, and the learner's own if there is one."""
    theta = own_theta(method)
    return sinusoid.inits(method) | ({} if theta is None else {"own": theta})


def new_task() -> None:
    """Draw another task, with its own amplitude, phase and points."""
    seed = int(np.random.default_rng().integers(1, 1_000_000))
    in_link.put("task", str(seed))
    reset_points()
    task = sinusoid.task_of(seed)
    for option, value in ((AMPLITUDE, task.amplitude), (PHASE, task.phase)):
        st.session_state[option.name] = value
        controls.forget_notice(option.name)


def reset_points() -> None:
    """Go back to the points of the task."""
    controls.forget_notice("points")
    in_link.put("points", None)


def keep_points(chart: str, key: str) -> None:
    """Store under `key` in the link the points that `chart` sent, checked as those of a link: a browser sent them."""
    sent = (st.session_state.get(chart) or {}).get("points") or []
    try:
        text = sinusoid.points_text([(float(x), float(y)) for x, y in sent])
        points, _ = sinusoid.points_from_text(text)
    except (ConfigError, TypeError, ValueError):
        return
    in_link.put(key, sinusoid.points_text(points))
