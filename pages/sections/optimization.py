"""The page of one optimization-based method: demo, training, parameter space, step by step."""

from collections.abc import Callable
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.storage.checkpoints import CheckpointError
from lessons.demos import sinusoid
from lessons.engine.content import section
from lessons.engine.language import t
from lessons.figures import curves
from lessons.notices.optimization import about_travel
from pages.sections import lesson
from pages.sections.chapters import Part, Scene, chapters, together
from pages.sections.parameter_space import arrows_of_now, beside, parameter_space, played
from pages.sections.sinusoid import demo
from pages.sections.stepper import sinusoid_walk, stepper
from pages.sections.training import show_panel, sinusoid_panel
from pages.sections.watch import watch
from pages.widgets import controls
from pages.widgets.components import copyable
from pages.widgets.controls import option_of
from pages.widgets.figure import show, unreadable, unrecorded

COMMON = {"train_rate": "inner_rate", "tasks": "meta_batch", "theta1": "theta1", "theta2": "theta2"}
SYMBOLS = {  # for each symbol of the formulas, the key of the control that holds its value
    "maml": COMMON | {"rate": "rate", "steps": "steps"},
    "reptile": COMMON | {"epsilon": "epsilon", "inner": "inner_steps"},
}


TRAVEL_STEPS = option_of(int, "few", 1, 0, 10, "gradient steps on the support points of each unseen task")


@st.fragment
def _few_steps(method: str) -> None:
    """Show what each inner step gains from three starts, and how far it moves them."""
    travels = sinusoid.travels(method)
    if not travels:
        unrecorded("steps")
        return
    words, choosing = st.columns([3, 1], vertical_alignment="bottom")
    words.markdown(section(method, "few"))
    with choosing:
        step = int(controls.slider(TRAVEL_STEPS, "Inner steps", 1))
    show(curves.travel(travels, step), "travel")
    st.info(about_travel(travels, step), icon=":material/visibility:")


def page(method: str) -> None:
    """Draw the chapters of `method`'s page, with texts from lessons/<method>."""

    def scene(name: str, label: str, draw: Callable[[str], None]) -> Scene:
        return Scene(name, label, partial(draw, method))

    parts: dict[str, Part | list[Scene]] = {
        "see": partial(parameter_space, method),
        "predict": partial(_play_walk, method),
        "play": partial(_try, method),
        "learn": [
            scene("watch", "Moments", _watch),
            scene("train", "Train it yourself", _train),
            scene("score", "On 1000 tasks", _score),
        ],
        "beside": partial(beside, method),
        "why": [scene("space", "Outer arrows", _arrows), scene("few", "So few steps", _few)],
        "code": partial(_walk, method),
    }
    chapters(method, parts, {"try": "play", "steps": "code"}, partial(_recorded, method), **SYMBOLS[method])


def _recorded(method: str, _: DeltaGenerator) -> bool:
    """Return whether the recorded runs can be read, and say on the page if not."""
    try:
        for name in ("maml", "joint", method):
            sinusoid.recorded(name)
    except CheckpointError as error:
        unreadable(error)
        return False
    return True


def _play_walk(method: str) -> None:
    """Play what the question asks for: MAML goes down the loss after the steps, Reptile with one step is asked of."""
    played(method, 0.15, 3, "after") if method == "maml" else played(method, 0.15, 1, "at")


def _try(method: str) -> None:
    st.header(t("Try: a new task from a few points"), anchor="try")
    st.markdown(section(method, "try"))
    demo(method)


def _watch(method: str) -> None:
    watch(method, sinusoid.recorded(method))


def _train(method: str) -> None:
    st.header(t("Train it yourself"), anchor="train")
    st.markdown(section(method, "train"))
    if method == "reptile":
        lesson.presets(method)
    show_panel(sinusoid_panel(method))


def _score(method: str) -> None:
    st.header(t("The recorded runs on 1000 unseen tasks"), anchor="score")
    show(curves.score({name: sinusoid.recorded(name) for name in ("joint", method)}), "score")
    with st.expander(t("The commands that make these runs")):
        for name in ("joint", method):
            copyable(f"command_{name}", sinusoid.recorded(name).about.command)


def _arrows(method: str) -> None:
    st.header(t("Parameter space: what the outer arrow is made of"), anchor="space")
    st.markdown(section(method, "space"))
    picture, numbers = st.columns(2, gap="medium")
    with picture:
        if not together():
            beside(method)
    with numbers:
        arrows_of_now()


def _few(method: str) -> None:
    st.header(t("Why so few steps are enough"), anchor="few")
    _few_steps(method)


def _walk(method: str) -> None:
    st.header(t("Step by step: one outer iteration"), anchor="steps")
    st.markdown(section(method, "steps"))
    stepper(sinusoid_walk(method))
