"""The parameter space section: the stage of the plane of theta, for MAML, first-order MAML and Reptile."""

import math
from dataclasses import replace

import streamlit as st

from core.demos.questions import Plane
from core.events import PlaneAnswer
from core.options import ConfigError, Option, own_options
from core.words import Words
from lessons.demos.plane import (
    HIGHEST_RATE,
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
from lessons.figures.theme import ANY_METHOD, METHODS
from lessons.notices.plane import about_landscape, about_own, about_plane
from pages.sections import lesson
from pages.sections.own_choice import choose_own
from pages.session import own_method
from pages.session.questions import ask
from pages.widgets import controls, held, in_link
from pages.widgets.controls import option_of
from pages.widgets.figure import data_of
from pages.widgets.plane_stage import plane_stage, sent

STAGE = "plane"
_DRAWN = "_drawn_plane"  # in the session: what the stage was last given
SET = option_of(int, "tasks", 0, 0, 999, "which three tasks; 0 is the first set")
VIEWS = {"mean": "mean of the tasks", "0": "task 1", "1": "task 2", "2": "task 3"}
SURFACES = {"at": "at θ", "after": "after the steps"}
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
    "plane_rate": _field("inner_rate", HIGHEST_RATE),
}


def parameter_space(method: str) -> None:
    """Let the learner move theta and the tasks, and compare three outer arrows and walks on the same tasks."""
    _begin(method)
    _plane(method)


def _begin(method: str) -> None:
    for key, option in NUMBERS.items():
        held.number(option, key)
    held.choice("surface", SURFACES, "at")
    held.choice("show", _labels(), method)
    _stars_of_link()


def _labels() -> dict[str, str]:
    """Return the methods that can be chosen: the learner's own where there is one that can run."""
    return {name: line.name for name, line in (ANY_METHOD if own_method.able() else METHODS).items()}


@st.fragment
def _plane(method: str) -> None:
    mine = own_method.able()
    above, below = st.container(key="plane_room", gap=None), st.container()
    above.empty()  # a container in which nothing stands takes no room
    with below:
        said, more = st.columns([8, 2] if method == "fomaml" else [10, 2], gap="small")
        noticed, aimed = said.columns([1, 1] if method in GOALS else [9, 1], gap="small")
        with more, st.container(horizontal=True, key="more_of_plane"):
            with st.popover(t("More"), icon=":material/tune:"):
                number = controls.number(SET, "Task set", 1)
                view = controls.choice("view", "Loss surface of", VIEWS, "mean")
                if mine:
                    choose_own("own_walks", mine)
            if method == "fomaml":
                lesson.presets("first_order")
    home, session = tasks_of(number), st.session_state
    if session.get("_stars_of") not in (None, number):  # another set of tasks: theirs are the stars
        held.put("stars", "", "")
    session["_stars_of"] = number
    stars = stars_from_text(session["stars"])[0] if session["stars"] else home
    last = sent(STAGE)
    moving = last is not None and last.moving
    question = _question(stars, QUICK if moving else Plane.outer_steps)
    state = {
        "theta": (session["theta1"], session["theta2"]), "stars": stars, "steps": question.inner_steps,
        "rate": question.inner_rate, "surface": session["surface"], "method": session["show"],
        "home": {"theta": (Plane.amplitude, Plane.phase), "stars": home},
    }  # fmt: skip
    answers = ask(question)
    if answers is None:
        if _DRAWN in session:  # what is under the learner's hand stays there
            with above:
                plane_stage(STAGE, session[_DRAWN] | state, lambda: _moved(home, method))
        return
    drawn, own, task = *_with_own(answers[0], question, mine), None if view == "mean" else int(view)
    answer = answers[0]
    data = plane.stage(drawn, stars, task, session["show"]) | plane.looks(drawn is not answer) | state
    data["losses"]["id"] = f"{stars} {question.inner_rate} {question.inner_steps} {task}"
    data["answer"]["whole"] = not moving
    data["alt"] = plane.alt(drawn, task, session["surface"] == "after")
    arrows = answer.arrows
    data["title"] = plane.title(session["show"], task, any(each.name == session["show"] for each in drawn.arrows))
    session[_DRAWN] = data | {"n": last.number if last else 0}  # so that the browser knows it as an older answer
    with above:
        plane_stage(STAGE, data, lambda: _moved(home, method))
    with noticed:
        notice = about_plane(arrows, question.inner_steps, question.inner_rate, method != "fomaml").strip()
        if method == "maml":  # the other two methods come later in the course
            notice = about_landscape(answer.walks) or notice
        st.info("\n\n".join(filter(None, [notice, own])), icon=":material/visibility:")
    if method in GOALS:
        name, what, pair = GOALS[method]
        degrees = angles(arrows).get(pair, math.nan)
        with aimed:
            lesson.goal(
                name, what, degrees=degrees, steps=question.inner_steps, rate=question.inner_rate,
                outside=leaving(arrows),
            )  # fmt: skip


def _with_own(answer: PlaneAnswer, question: Plane, mine: own_method.Own | None) -> tuple[PlaneAnswer, str]:
    """Return an answer with the learner's own method in it, if there is one that can run, and what is said of it."""
    if mine is None:
        return answer, ""
    own = own_method.on_plane(mine, question)
    if isinstance(own, Words):
        return answer, t("**Your method** It gave up here: {why}", why=own)
    drawn = replace(answer, arrows=(*answer.arrows, own[0]), walks=(*answer.walks, own[1]))
    return drawn, about_own(own[0], answer.arrows)


def _question(stars: Places, outer_steps: int) -> Plane:
    amplitudes, phases = zip(*stars, strict=True)
    session = st.session_state
    theta, rate, steps = (session["theta1"], session["theta2"]), session["plane_rate"], session["plane_steps"]
    return Plane(amplitudes, phases, *theta, rate, steps, outer_steps=outer_steps)


def arrows_of_now() -> None:
    """Draw the numbers of the arrows as they stand on the stage: their angles, and their table."""
    _begin("maml")
    stars = st.session_state["stars"]
    answers = ask(_question(stars_from_text(stars)[0] if stars else tasks_of(SET.default), Plane.outer_steps))
    if answers is None:
        return
    arrows = answers[0].arrows
    rows = [
        f"| {METHODS[a].label} – {METHODS[b].label} | "
        + (t("no arrow") + " |" if math.isnan(degrees) else f"**{degrees:.1f}°** |")
        for (a, b), degrees in angles(arrows).items()
    ]
    notices = about_plane(arrows, st.session_state["plane_steps"], st.session_state["plane_rate"]).strip()
    st.info("\n\n".join(filter(None, [notices, about_landscape(answers[0].walks)])), icon=":material/visibility:")
    st.markdown("\n".join([f"| {t('outer arrows')} | {t('angle')} |", "|---|---|", *rows]))
    st.caption(plane.scale())
    data_of(plane.table(arrows), STAGE)


def beside(method: str) -> None:
    """Draw the plane as the learner has left it, for the formulas beside it to point at; nothing can be moved."""
    _begin(method)
    session = st.session_state
    stars = stars_from_text(session["stars"])[0] if session["stars"] else tasks_of(SET.default)
    question = _question(stars, Plane.outer_steps)
    answers = ask(question)
    if answers is None:
        return
    _fixed("plane_beside", answers[0], stars, question, method, session["surface"], still=True)


def played(method: str, rate: float, steps: int, surface: str) -> None:
    """Play the outer loop of `method` on the first set of tasks; nothing can be moved, and nothing is stored."""
    amplitudes, phases = zip(*tasks_of(SET.default), strict=True)
    question = Plane(amplitudes, phases, inner_rate=rate, inner_steps=steps)
    answers = ask(question)
    if answers is None:
        return
    _fixed("played", answers[0], tasks_of(SET.default), question, method, surface)
    st.info(about_landscape(answers[0].walks), icon=":material/visibility:")


def _fixed(
    key: str, answer: PlaneAnswer, stars: Places, question: Plane, method: str, surface: str, still: bool = False
) -> None:
    """Draw the stage of an answer, in which nothing can be moved. It plays the walk at once, if it is not `still`."""
    data = plane.stage(answer, stars, None) | plane.looks()
    data["losses"]["id"] = f"{stars} {question.inner_rate} {question.inner_steps}"
    data["answer"]["whole"] = True
    data |= {
        "theta": (question.amplitude, question.phase), "stars": stars, "steps": question.inner_steps,
        "rate": question.inner_rate, "surface": surface, "method": method, "shows": True, "still": still,
        "title": plane.title(method, None), "alt": plane.alt(answer, None, surface == "after"),
    }  # fmt: skip
    plane_stage(key, data, lambda: None)


def _stars_of_link() -> None:
    """Begin with the stars of the link, if it has any, brought into the plane with a notice."""
    text, value = in_link.text("stars") or "", ""
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
    values = {
        "theta1": message.theta[0],
        "theta2": message.theta[1],
        "plane_steps": message.steps,
        "plane_rate": message.rate,
    }
    for key, value in values.items():
        controls.forget_notice(key)
        held.put(key, value, NUMBERS[key].default)
    held.choose("surface", message.surface, SURFACES, "at")
    held.choose("show", message.method, _labels(), method)
    held.put("stars", "" if message.stars == home else stars_text(message.stars), "")
