"""The parameter space section: the stage of the plane of theta, for MAML, first-order MAML and Reptile."""

import math

import streamlit as st

from core.demos.questions import Plane
from core.options import ConfigError, Option, own_options
from lessons.demos.plane import (
    LIMITS,
    MOST_STEPS,
    Places,
    angles,
    leaving,
    stars_from_text,
    stars_text,
    tasks_of,
)  # fmt: skip
from lessons.engine.language import t
from lessons.figures import plane
from lessons.figures.theme import METHODS
from lessons.notices.plane import about_landscape, about_plane
from pages.sections import lesson
from pages.session.questions import ask
from pages.widgets import controls, held
from pages.widgets.controls import option_of
from pages.widgets.figure import data_of
from pages.widgets.plane_stage import plane_stage, sent

STAGE = "plane"
SET = option_of(int, "tasks", 0, 0, 999, "which three tasks; 0 is the first set")
VIEWS = {"mean": "mean of the tasks", "0": "task 1", "1": "task 2", "2": "task 3"}
SURFACES = {"at": "at θ", "after": "after the steps"}
LABELS = {name: line.name for name, line in METHODS.items()}
QUICK = 10  # outer steps of a walk while something is moved
GOALS = {
    "fomaml": ("first_order", "differ", ("maml", "fomaml")),
    "reptile": ("reptile", "align", ("fomaml", "reptile")),
}


def _field(name: str, high: float) -> Option:
    field = next(option for option in own_options(Plane) if option.name == name)
    return Option(field.name, field.kind, field.default, field.doc, field.unit, field.low, high)


NUMBERS = {
    "theta1": _field("amplitude", LIMITS[0]),
    "theta2": _field("phase", LIMITS[1]),
    "plane_steps": _field("inner_steps", MOST_STEPS),
}


def parameter_space(method: str) -> None:
    """Let the learner move theta and the tasks, and compare three outer arrows and walks on the same tasks."""
    for key, option in NUMBERS.items():
        held.number(option, key)
    held.choice("surface", SURFACES, "at")
    held.choice("show", LABELS, method)
    _stars_of_link()
    _plane(method)


@st.fragment
def _plane(method: str) -> None:
    above, below = st.container(), st.container()
    with below:
        left, right = st.columns([3, 2], gap="medium")
        with left:
            rate = controls.slider(_field("inner_rate", 1.0), "Inner rate α", 0.01, key="plane_rate")
        with right, st.expander(t("More: other tasks, one task's surface")):
            number = controls.number(SET, "Task set", 1)
            view = controls.choice("view", "Loss surface of", VIEWS, "mean")
    home, session = tasks_of(number), st.session_state
    if session.get("_stars_of") not in (None, number):  # another set of tasks: theirs are the stars
        held.put("stars", "", "")
    session["_stars_of"] = number
    stars = stars_from_text(session["stars"])[0] if session["stars"] else home
    theta, steps = (session["theta1"], session["theta2"]), session["plane_steps"]
    last = sent(STAGE)
    moving = last is not None and last.moving
    walked = QUICK if moving else Plane.outer_steps
    amplitudes, phases = zip(*stars, strict=True)
    answers = ask(Plane(amplitudes, phases, *theta, rate, steps, outer_steps=walked))
    if answers is None:
        return
    answer, task = answers[0], None if view == "mean" else int(view)
    data = plane.stage(answer, stars, task) | plane.looks()
    data["losses"]["id"] = f"{stars} {rate} {steps} {task}"
    data["answer"]["whole"] = not moving
    data |= {
        "theta": theta, "stars": stars, "steps": steps, "surface": session["surface"], "method": session["show"],
        "alt": plane.alt(answer, task, session["surface"] == "after"),
        "home": {"theta": (Plane.amplitude, Plane.phase), "stars": home},
    }  # fmt: skip
    arrows = answer.arrows
    shown = session["show"] if any(path.name == session["show"] for path in arrows) else "maml"
    with above:
        st.markdown(f"**{plane.title(shown, task)}**")
        plane_stage(STAGE, data, lambda: _moved(home, method))
    notice = about_plane(arrows, steps, rate).strip()
    with below:
        shown_now = (text for text in (notice, about_landscape(answer.walks)) if text)
        st.info("\n\n".join(shown_now), icon=":material/visibility:")
        data_of(plane.table(arrows), STAGE)
        st.caption(plane.scale())
        rows = [
            f"| {METHODS[a].label} – {METHODS[b].label} | "
            + (t("no arrow") + " |" if math.isnan(degrees) else f"**{degrees:.1f}°** |")
            for (a, b), degrees in angles(arrows).items()
        ]
        st.markdown("\n".join([f"| {t('outer arrows')} | {t('angle')} |", "|---|---|", *rows]))
    if method in GOALS:
        name, what, pair = GOALS[method]
        degrees = angles(arrows).get(pair, math.nan)
        lesson.goal(name, what, degrees=degrees, steps=steps, rate=rate, outside=leaving(arrows))


def played(method: str, rate: float, steps: int, surface: str) -> None:
    """Play the outer loop of `method` on the first set of tasks; nothing can be moved, and nothing is stored."""
    amplitudes, phases = zip(*tasks_of(SET.default), strict=True)
    answers = ask(Plane(amplitudes, phases, inner_rate=rate, inner_steps=steps))
    if answers is None:
        return
    data = plane.stage(answers[0], tasks_of(SET.default), None) | plane.looks()
    data["losses"]["id"] = "played"
    data["answer"]["whole"] = True
    data |= {
        "theta": (Plane.amplitude, Plane.phase), "stars": tasks_of(SET.default), "steps": steps, "surface": surface,
        "method": method, "shows": True, "alt": plane.alt(answers[0], None, surface == "after"),
    }  # fmt: skip
    st.markdown(f"**{plane.title(method, None)}**")
    plane_stage("played", data, lambda: None)
    st.info(about_landscape(answers[0].walks), icon=":material/visibility:")


def _stars_of_link() -> None:
    """Begin with the stars of the link, if it has any, brought into the plane with a notice."""
    text, value = st.query_params.get("stars", ""), ""
    if text:
        try:
            stars, clamped = stars_from_text(text)
            value = stars_text(stars)
            if clamped:
                controls.note("stars", t("Some stars of the link were out of the plane; they are at its edge now."))
        except ConfigError:
            controls.note("stars", t("The link's stars could not be read; these are the set's own tasks."))
    held.put("stars", value, "")


def _moved(home: Places, method: str) -> None:
    """Take over what the learner did on the stage, after a check, because a browser sent it."""
    message = sent(STAGE)
    if message is None:
        return
    values = {"theta1": message.theta[0], "theta2": message.theta[1], "plane_steps": message.steps}
    for key, value in values.items():
        controls.forget_notice(key)
        held.put(key, value, NUMBERS[key].default)
    held.choose("surface", message.surface, SURFACES, "at")
    held.choose("show", message.method, LABELS, method)
    held.put("stars", "" if message.stars == home else stars_text(message.stars), "")
