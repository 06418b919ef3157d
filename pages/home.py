"""Start: what meta-learning is, with an animated demo of recorded fits that needs no worker."""

import numpy as np
import streamlit as st

from lessons.demos import sinusoid
from lessons.engine import course
from lessons.engine.content import section
from lessons.engine.language import now, t
from lessons.engine.links import link
from lessons.figures.curves import inner_steps_in_words
from lessons.figures.theme import INITS
from pages.sections import lesson
from pages.session.language import LANGUAGE
from pages.session.progress import progress
from pages.widgets import controls
from pages.widgets.components import TRUTH, moving_chart
from pages.widgets.controls import option_of
from pages.widgets.figure import unrecorded

SHOWN_STEPS = 6
STEPS = option_of(int, "steps", 1, 0, sinusoid.STEPS, "gradient steps on the ten points")
EVERY = 2  # every second point of the grid looks smooth enough


def _frames() -> tuple[np.ndarray, list[dict]]:
    frames, grid = [], np.array([])
    for number, seed in enumerate(sinusoid.HOME_TASKS, 1):
        fits = sinusoid.first_paint(seed, "maml") or []
        if not fits:
            continue
        task = sinusoid.task_of(seed)
        grid = fits[0].grid[::EVERY]
        random, learned = fits[0], fits[-1]
        points = sinusoid.support_of(seed, task, sinusoid.DEFAULT_SHOTS, 0.0)
        for step in range(SHOWN_STEPS):
            rows = [task(grid), random.curves[step][::EVERY], learned.curves[step][::EVERY]]
            frames.append(
                {
                    "task": number,
                    "step": step,
                    "note": t(
                        "Task {number}, gradient steps: {step}; error {random:.2f} from random weights, "
                        "{learned:.2f} from MAML's",
                        number=number,
                        step=step,
                        random=random.query_loss[step],
                        learned=learned.query_loss[step],
                    ),
                    "points": [list(point) for point in points],
                    "y": [np.round(row, 2).tolist() for row in rows],
                }
            )
    return grid, frames


def _lessons() -> None:
    """Show how far the learner is in each lesson."""
    learner_progress = progress()
    rows = []
    for name in course.COURSE:
        share, (right, answered) = learner_progress.share(name), learner_progress.score(name)
        done = f"{share:.0%}" if share else ""
        checks = t("{right} of {answered}", right=right, answered=answered) if answered else ""
        course_lesson = course.lesson(name)
        minutes = t("{minutes} min", minutes=course_lesson.minutes)
        rows.append(f"| [{section(name, 'title')}]({link(course_lesson.page)}) | {minutes} | {done} | {checks} |")
    head = " | ".join(t(name) for name in ("lesson", "time", "done", "checks right at once"))
    st.markdown("\n".join([f"| {head} |", "|---|---|---|---|", *rows]))


@st.fragment
def _steps() -> None:
    """Compare, on recorded fits, one step of the learned start with several steps of the other starts."""
    task_column, steps_column = st.columns(2, vertical_alignment="bottom")
    seeds = {str(seed): f"task {i}" for i, seed in enumerate(sinusoid.HOME_TASKS, 1)}
    with task_column:
        chosen = controls.choice("home_task", "Task", seeds, str(sinusoid.HOME_TASKS[0]))
    with steps_column:
        steps = int(controls.slider(STEPS, "Gradient steps of the other two", 1))
    fits = {fit.name: fit for fit in sinusoid.first_paint(int(chosen), "maml") or []}
    if not fits:
        return
    other_losses = {name: float(fits[name].query_loss[steps]) for name in ("random", "joint")}
    learned = float(fits["maml"].query_loss[1])
    for column, (label, value) in zip(
        st.columns(3),
        (*((f"{INITS[name].label}, {inner_steps_in_words(steps)}", loss) for name, loss in other_losses.items()),
         (f"{INITS['maml'].label}, {inner_steps_in_words(1)}", learned)), strict=True,
    ):  # fmt: skip
        column.metric(label, f"{value:.2f}")
    before = min(float(fits[name].query_loss[max(steps - 1, 0)]) for name in other_losses)
    lesson.goal("home", "steps", steps=steps, best=min(other_losses.values()), before=before, learned=learned)


notices = st.container()
lesson.heading("home")
st.markdown(section("home", "goal"))
lesson.prediction("home")
left, right = st.columns([3, 2], gap="large")
grid, frames = _frames()
with left:
    if frames:
        moving_chart(
            "moving", grid, [TRUTH, INITS["random"], INITS["maml"]], frames,
            t("Two networks fit ten points of a sinusoid by steps: one from random, one from meta-learned weights."),
        )  # fmt: skip
    else:
        unrecorded("")
with right:
    st.markdown(section("home", "watch"))
    st.page_link("tasks.py", label=t("Start: tasks and meta-knowledge"), icon=":material/arrow_forward:",
                 query_params={LANGUAGE: now()})  # fmt: skip
    st.page_link("maml.py", label=t("Straight to MAML"), icon=":material/call_split:",
                 query_params={LANGUAGE: now()})  # fmt: skip
    st.caption(
        t(
            "These curves were computed beforehand from pretrained networks, by `python -m lessons.record`. On the "
            "MAML page you fit points of your own."
        )
    )
st.header(t("Try: what is one step worth?"), anchor="try")
_steps()
st.header(t("Explain"), anchor="explain")
st.markdown(section("home", "explain"))
st.markdown(section("home", "families"))
st.markdown(section("home", "article"))
lesson.checks("home")
st.header(t("The course"), anchor="course")
_lessons()
lesson.following("home")
controls.show_notices(notices)
