"""Start: what meta-learning is, with an animated demo of recorded fits that needs no worker."""

from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from core.events import Fitted
from core.options import ConfigError
from lessons.demos import sinusoid
from lessons.engine import course
from lessons.engine.content import section
from lessons.engine.language import now, plural, t
from lessons.engine.links import link
from lessons.figures.curves import inner_steps_in_words
from lessons.figures.theme import INITS
from lessons.notices.start import about_own_points
from pages.sections import lesson
from pages.sections.chapters import chapters
from pages.sections.review import review
from pages.sections.sinusoid import keep_points
from pages.session.language import LANGUAGE
from pages.session.navigation import GROUPS
from pages.session.progress import progress
from pages.session.questions import ask
from pages.widgets import controls, in_link
from pages.widgets.components import TRUTH, fit_chart, moving_chart
from pages.widgets.controls import option_of
from pages.widgets.figure import unrecorded
from pages.widgets.tour import Step, tour

SHOWN_STEPS = 6
STEPS = option_of(int, "steps", 1, 0, sinusoid.STEPS, "gradient steps on the ten points")
PLAIN = {"random": "random start", "joint": "start trained on all curves", "maml": "MAML's start"}  # no "init" yet
COMPARED = ("joint", "maml")  # trained on the same curves, one of them to adapt
NO_TASK = sinusoid.Task(1.0, 0.0)  # the learner's points have no true function
DRAWN = 5  # points that are drawn for the learner
MAP = (
    ("Ideas", "Learn to compare"),
    ("Learn where to start",),
    ("Learn what to remember", "Learn to judge"),
)  # columns
START_HEIGHT = 240  # px of the picture: the course below it is in sight
EVERY = 2  # every second point of the grid looks smooth enough


def _frames(seed: int, random: Fitted, learned: Fitted) -> list[dict]:
    """Return the steps of two fits of the task `seed`, as a chart plays them."""
    task, frames = sinusoid.task_of(seed), []
    points = sinusoid.support_of(seed, task, sinusoid.DEFAULT_SHOTS, 0.0)
    for step in range(SHOWN_STEPS):
        rows = [task(random.grid), random.curves[step], learned.curves[step]]
        note = t(
            "Task {number}, gradient steps: {step}; error {random:.2f} from random weights, {learned:.2f} from MAML's",
            number=sinusoid.HOME_TASKS.index(seed) + 1, step=step, random=random.query_loss[step],
            learned=learned.query_loss[step],
        )  # fmt: skip
        y = [np.round(row[::EVERY], 2).tolist() for row in rows]
        frames.append({"step": step, "note": note, "points": [list(point) for point in points], "y": y})
    return frames


def _lessons() -> None:
    """Show the map of the course: its lessons by what they are about, and how far the learner is in each."""
    pages = {course.lesson(name).page: name for name in course.COURSE}
    groups = {group: [row for row in rows if row[-1] in pages] for group, rows in GROUPS.items()}
    for column, held in zip(st.columns(len(MAP), gap="small"), MAP, strict=True):
        with column:
            for group in held:
                rows = [f"- {_lesson(pages[page], title)}" for _, title, _, page in groups[group]]
                st.markdown("\n".join([f"**{t(group)}**", "", *rows]))


def _lesson(name: str, title: str) -> str:
    """Return a lesson's line in the map: its link, how long it takes, and how far the learner is."""
    share, (right, answered) = progress().share(name), progress().score(name)
    facts = [t("{minutes} min", minutes=course.lesson(name).minutes)]
    if share:
        facts.append(t("{share:.0%} done", share=share))
    if answered:
        facts.append(lesson.checks_in_words(right, answered))
    return " · ".join([f"[{t(title)}]({link(course.lesson(name).page)})", *facts])


@st.fragment
def _steps() -> None:
    """Play one task's recorded fits, and compare one step of the learned start with several of the other starts."""
    picture, words = st.columns([3, 2], gap="large")
    seeds = {str(seed): f"task {i}" for i, seed in enumerate(sinusoid.HOME_TASKS, 1)}
    with words:
        st.markdown(section("home", "watch"))
        chosen = controls.choice("home_task", "Task", seeds, str(sinusoid.HOME_TASKS[0]))
        st.caption(
            t(
                "These curves were computed beforehand from pretrained networks, by `python -m lessons.record`. On the "
                "MAML page you fit points of your own."
            )
        )
    fits = {fit.name: fit for fit in sinusoid.first_paint(int(chosen), "maml") or []}
    with picture:
        if not fits:
            unrecorded("")
            return
        starts = [replace(INITS[name], name=PLAIN[name]) for name in ("random", "maml")]
        moving_chart(
            "moving", fits["random"].grid[::EVERY], [TRUTH, *starts],
            _frames(int(chosen), fits["random"], fits["maml"]),
            t("Two networks fit ten points of a sinusoid by steps: one from random, one from meta-learned weights."),
        )  # fmt: skip
    st.header(t("Try: what is one step worth?"), anchor="try")
    steps = int(controls.slider(STEPS, "Gradient steps of the other two", 1))
    other_losses = {name: float(fits[name].query_loss[steps]) for name in ("random", "joint")}
    learned = float(fits["maml"].query_loss[1])
    for column, (label, value) in zip(
        st.columns(3),
        (*((f"{t(PLAIN[name])}, {inner_steps_in_words(steps)}", loss) for name, loss in other_losses.items()),
         (f"{t(PLAIN['maml'])}, {inner_steps_in_words(1)}", learned)), strict=True,
    ):  # fmt: skip
        column.metric(label, f"{value:.2f}")
    before = min(float(fits[name].query_loss[max(steps - 1, 0)]) for name in other_losses)
    lesson.goal("home", "steps", steps=steps, best=min(other_losses.values()), before=before, learned=learned)


def _see() -> None:
    _own_points()
    review()
    st.header(t("The course"), anchor="course")
    with st.container(key="course_map"):
        _lessons()


TOUR = (
    Step(
        ".st-key-start_chart", "The picture comes first",
        "Every lesson opens with a picture that answers at once. Click or drag in it; Tab and the arrow keys work too.",
    ),
    Step(
        ".st-key-chapters", "A lesson has chapters",
        "First you see an idea, then you guess what happens, then you play. N and P turn the page, or a swipe does.",
    ),
    Step(
        ".st-key-turn", "Where to go next",
        "This button leads through everything in order. Nothing that you have set is lost on the way.",
    ),
    Step(
        ".stSidebar", "The course",
        "Three families of methods, each in lessons of 5 to 20 minutes. Your runs, your progress and a glossary are "
        "at the end of the list.",
    ),
    Step(
        "", "The address holds it all",
        "Copy the address of the page to share exactly what you see, with every slider where you left it.",
    ),
)  # fmt: skip


@st.fragment
def _own_points() -> None:
    """Let the learner put points of a curve into the picture; two networks take one gradient step on them."""
    points = _points()
    recorded_fits = {fit.name: fit for fit in sinusoid.first_paint(sinusoid.HOME_TASKS[0], "maml") or []}
    if not recorded_fits:
        unrecorded("")
        return
    chart, notes = st.container(), st.container()
    fits, step = {name: recorded_fits[name] for name in COMPARED}, 0
    if points:
        thetas = {name: sinusoid.inits("maml")[name] for name in COMPARED}
        with notes:
            answers = ask(sinusoid.fit_request(NO_TASK, points, thetas, sinusoid.DEFAULT_RATE))
        fits, step = {fit.name: fit for fit in answers or ()}, 1
    curves = {name: fits[name].curves[step] if fits else np.empty(0) for name in COMPARED}
    with chart:
        fit_chart(
            "start_chart", sinusoid.GRID, None, curves, points,
            t("The curves of these points are being computed.") if not fits else plural(
                len(points), "{count} point of yours, and the curves of two networks after one gradient step on it.",
                "{count} points of yours, and the curves of two networks after one gradient step on them.",
            ),
            partial(keep_points, "start_chart", "drawn"),
            {"joint": t("trained on waves, never to adapt"), "maml": t("trained to adapt: it has learned to learn")},
            height=START_HEIGHT, plain=True,
        )  # fmt: skip
    with st.container(horizontal=True, key="start_buttons"):
        st.button(t("Draw some for me"), icon=":material/casino:", on_click=_draw_some, type="primary")
        st.button(t("Clear"), icon=":material/undo:", on_click=_clear, disabled=not points)
        tour(TOUR)
    if fits:
        st.info(about_own_points(fits, len(points)), icon=":material/visibility:")


def _points() -> list[tuple[float, float]]:
    text = in_link.text("drawn") or ""
    try:
        return sinusoid.points_from_text(text)[0] if text else []
    except ConfigError:
        controls.note("drawn", t("The link's points could not be read."))
        in_link.put("drawn", None)
        return []


def _draw_some() -> None:
    seed = int(np.random.default_rng().integers(1, 1_000_000))
    in_link.put("drawn", sinusoid.points_text(sinusoid.support_of(seed, sinusoid.task_of(seed), DRAWN, 0.0)))


def _clear() -> None:
    in_link.put("drawn", None)


def _why() -> None:
    st.markdown(section("home", "article"))


def _next() -> None:
    lesson.following("home")
    with st.container(horizontal=True):
        for file, label, icon in (
            ("tasks.py", "Start: tasks and meta-knowledge", "arrow_forward"),
            ("maml.py", "Straight to MAML", "call_split"),
        ):
            st.page_link(file, label=t(label), icon=f":material/{icon}:", query_params={LANGUAGE: now()})


chapters(
    "home", {"see": _see, "play": _steps, "why": _why, "next": _next}, {"course": "see", "try": "play"},
)  # fmt: skip
