"""The page of one optimization-based method on episodes of characters: demo, training, scores, step by step."""

from functools import partial

import numpy as np
import streamlit as st

from core.options import ConfigError
from core.registry import demo_for
from core.training.config import AdaptationConfig
from lessons.demos import fewshot
from lessons.engine.content import section
from lessons.engine.language import error_text, t
from lessons.figures import fewshot as figures
from lessons.figures.theme import INITS
from lessons.notices.optimization import about_accuracy, about_episode
from pages.sections.data import choose_data
from pages.sections.stepper import FUNCTIONS, Walk, stepper
from pages.sections.training import (
    LENGTH,
    ORDER,
    OUTER_FIELDS,
    SHARED,
    Choice,
    Panel,
    is_on,
    last_finished,
    show_panel,
    theta_of,
    work_of,
)
from pages.session.questions import remembered
from pages.widgets import controls
from pages.widgets.characters import show_episode
from pages.widgets.components import copyable
from pages.widgets.controls import option_of
from pages.widgets.figure import let_paint, show, unreadable, unrecorded

STEPS = option_of(int, "steps", 1, 0, fewshot.STEPS, "gradient steps on the support pictures")
TASK = option_of(
    int,
    "task",
    fewshot.DEFAULT_EPISODE,
    0,
    1_000_000,
    "the number of the episode: same number, same characters and drawings",
)
CHOICES = {
    "maml": (
        ORDER,
        Choice("average", "Theta", {"0.95": "mean of updates", "0.0": "last update"}, float),
        Choice("rotations", "Training classes", {"False": "as drawn", "True": "and turned"}, is_on),
    ),
    "reptile": (),
}
WATCHED_TASKS = 100  # tasks of the evaluation at the end of a run on the page


def page(method: str) -> None:
    """Draw all sections of `method`'s few-shot page, with texts from lessons/fewshot_<method>."""
    lesson = f"fewshot_{method}"
    st.title(section(lesson, "title"))
    st.markdown(section(lesson, "goal"))
    notices = st.container()
    missing = fewshot.why_not(method)
    if missing:
        unreadable(missing)
        return
    data = choose_data()
    if data is None:
        return

    st.header(t("Try: a new episode"), anchor="try")
    st.markdown(section(lesson, "try"))
    _demo(method, data)

    st.header(t("How good are they on average?"), anchor="score")
    st.markdown(section(lesson, "score"))
    scores = fewshot.scores(method)
    if scores:
        show(figures.score(scores), "score")
    else:
        unrecorded("")
    with st.expander(t("The recorded runs, and the commands that make them")):
        for name in (method, "pretrain"):
            copyable(f"command_{name}", fewshot.recorded(name).about.command)

    st.header(t("Train it yourself"), anchor="train")
    st.markdown(section(lesson, "train"))
    show_panel(_panel(method, data))

    st.header(t("Step by step: one outer iteration"), anchor="steps")
    st.markdown(section(lesson, "steps"))
    stepper(_walk(method, data))

    st.header(t("Explain"), anchor="explain")
    st.markdown(section(lesson, "explain"))
    st.header(t("Next"), anchor="next")
    st.markdown(section(lesson, "next"))
    controls.show_notices(notices)


def _key(method: str) -> str:
    return f"fewshot_{method}"


@st.fragment
def _demo(method: str, data: str) -> None:
    steps_column, shots_column, episode_column = st.columns([2, 2, 2], vertical_alignment="bottom")
    with steps_column:
        steps = controls.slider(STEPS, "Inner steps", 1)
    with shots_column:
        shots = int(controls.choice("shots", "Support", fewshot.SHOTS, "1", "drawings of each class to learn from"))
    with episode_column:
        st.button(t("New episode"), icon=":material/casino:", on_click=_new_episode, type="primary", width="stretch")
    seed = controls.number(TASK, "Episode", 1, width=180)
    episode = _episode(data, seed, shots)
    starts = dict(fewshot.inits(method))
    job = last_finished(_key(method))
    if job and isinstance(job.config, AdaptationConfig):
        starts["own"] = fewshot.own_init(job.config, theta_of(job))
    fits = None
    if not job and episode == fewshot.episode(data, fewshot.DEFAULT_EPISODE, 1):
        fits = fewshot.first_paint(method, data)
    if fits is None:
        answers = remembered(_key(method), fewshot.request(episode, starts))
        if answers is None:
            show_episode("episode", episode)
            return
        fits = list(answers)
    labels = {fit.name: INITS[fit.name].name for fit in fits}
    left, right = st.columns([3, 2], gap="medium")
    with left:
        chosen = controls.choice("init", "Answers of", labels, method)
        show_episode("episode", episode, next(fit for fit in fits if fit.name == chosen).probabilities[steps])
        let_paint()
    with right:
        show(figures.adaptation(fits, steps), "adaptation")
    st.info(about_episode(fits, steps, shots), icon=":material/visibility:")


def _episode(data: str, seed: int, shots: int) -> fewshot.Episode:
    """Return the learner's own episode if the link names characters, else the one with the number `seed`."""
    text = st.query_params.get("picked", "")
    if text:
        try:
            members = fewshot.picked_from_text(text, data)
            return fewshot.own_episode(data, members, seed, shots)
        except ConfigError as error:
            controls.note(
                "picked",
                t(
                    "The link's characters could not be used: {error}. This is episode {seed}.",
                    error=error_text(error),
                    seed=seed,
                ),
            )
            del st.query_params["picked"]
    return fewshot.episode(data, seed, shots)


def _new_episode() -> None:
    st.session_state[TASK.name] = int(np.random.default_rng().integers(1, 1_000_000))
    controls.forget_notice("picked")
    st.query_params.pop("picked", None)


def _panel(method: str, data: str) -> Panel:
    base = demo_for(method, data).updated(test_tasks=WATCHED_TASKS, test_steps=1)
    return Panel(
        _key(method), base, (*SHARED, OUTER_FIELDS[method], *LENGTH), fewshot.recorded(method), figures.learning,
        partial(about_accuracy, way=fewshot.WAY),
        lambda config: max(1, min(20, 160 // work_of(config))), CHOICES[method],
    )  # fmt: skip


def _walk(method: str, data: str) -> Walk:
    recorded = fewshot.recorded(method)
    training = recorded.config.updated(data=data, meta_batch=2, trace=True, queries=3)
    return Walk(_key(method), FUNCTIONS[method], training, recorded.snapshot, figures.picture)
