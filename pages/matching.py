"""Matching networks: attention from a query to the support, temperature, distance, N and K, sinusoids."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.events import Compared
from core.methods.matching.config import MatchingConfig
from core.training.config import MetricConfig
from lessons.demos import metric
from lessons.demos.fewshot import Episode
from lessons.demos.shipped import why_not
from lessons.demos.sinusoid import support_of, task_of
from lessons.engine.content import section
from lessons.engine.language import t
from lessons.figures import metric as figures
from lessons.figures import metric_stage as stage_figures
from lessons.figures.replay import pictured_episode
from lessons.notices.metric import (
    about_attention,
    about_curve,
    about_map,
    about_mistake,
    about_network,
)
from lessons.notices.metric_stage import about_links
from pages.sections import lesson
from pages.sections import metric as shared
from pages.sections import metric_stage as stages
from pages.sections.chapters import Part, Scene, chapters, together
from pages.sections.data import Choosing
from pages.sections.network import Network
from pages.sections.stepper import stepper
from pages.sections.training import show_panel
from pages.sections.watch import watch
from pages.session.questions import remembered
from pages.widgets import controls
from pages.widgets.controls import option_of
from pages.widgets.figure import data_of, let_paint, show, unrecorded

LESSON = "matching"
EPISODE = shared.EPISODES[LESSON]
SUPPORT_AS = {"drawings": "every drawing", "means": "the mean of each class"}
WAYS = option_of(int, "n", 5, 2, 20, "classes of the episode")
SHOTS = option_of(int, "k", 1, 1, 5, "support drawings of each class")
TASK = option_of(int, "sine", 4, 0, 10_000, "which sinusoid, and where its points are")
POINTS = option_of(int, "points", 10, 2, 20, "support points")
PLACE = option_of(float, "x", 1.0, -5.0, 5.0, "where the query is")

MARKS = {  # functions of the comparison, and parts of the lines to highlight
    "similarity": (".norm(", "products = "),
    "attention": ("softmax",),
    "log_probabilities": ("scores = ", "logsumexp"),
}


def _see(data: str) -> None:
    if together():  # one picture, with all its controls
        _attention(data)
        return
    shown = stages.links(
        "links", data, _asked(), controls.linked(EPISODE), controls.linked(SHOTS), controls.linked(WAYS)
    )
    let_paint()
    if shown:
        st.info(about_links(shown.compared, shown.query), icon=":material/visibility:")


def _asked() -> Network[MetricConfig]:
    """Return the network that answers, and how it compares, by controls that are not drawn here."""
    _, network = shared.network(LESSON, drawn=False)
    distance = controls.linked_choice("compare", metric.DISTANCES, "cosine")
    means = controls.linked_choice("with", SUPPORT_AS, "drawings")
    return _comparing(network, distance, means)


def _comparing(network: Network[MetricConfig], distance: str, means: str) -> Network[MetricConfig]:
    return replace(network, training=network.training.updated(distance=distance, prototypes=means == "means"))


def _attention(data: str) -> None:
    """Let the learner change the episode, the network and the comparison, and say what they change."""
    way_column, shots_column, distance_column, more_column = st.columns([3, 3, 4, 2], vertical_alignment="bottom")
    with way_column:
        way = controls.slider(WAYS, "Classes N", 1)
    with shots_column:
        shots = controls.slider(SHOTS, "Drawings of each K", 1)
    with distance_column:
        distance = controls.choice("compare", "Compared by", metric.DISTANCES, "cosine")
    with more_column, st.popover(t("More"), icon=":material/tune:"):
        name, trained = shared.network(LESSON)
        means = controls.choice("with", "Compared with", SUPPORT_AS, "drawings", "with one drawing they are the same")
        seed = controls.number(EPISODE, "Episode", 1, width=180)
        network = _comparing(trained, distance, means)
        assert isinstance(trained.training, MatchingConfig) and isinstance(network.training, MatchingConfig)
        st.caption(about_network(name, trained.training, network.training))
    ready, asked = st.container(key="line_links").columns([3, 2])
    with ready:
        lesson.presets(LESSON)
    shown = stages.links("play_links", data, network, seed, shots, way)
    if shown is None:
        return
    with asked, st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
        with st.popover(t("How to read the map"), icon=":material/map:", type="tertiary"):
            st.markdown(section(LESSON, "map"))
            st.info(about_map(shared.in_map(shown.training, shown.compared)), icon=":material/visibility:")
        data_of(stage_figures.links_table(shown.compared, shown.training, shown.query), "links")
    by_temperature = metric.winners(shown.compared, shown.training)
    notice = about_attention(shown.compared, shown.query, shown.training, by_temperature)
    noticed, *aimed = st.columns([6, 7, 5], gap="small")
    with noticed:
        st.info(notice, icon=":material/visibility:")
    as_trained = name == "recorded" and distance == trained.training.distance
    _goals(aimed, shown, by_temperature, as_trained)


def _goals(
    places: Sequence[DeltaGenerator], shown: stages.Linked, by_temperature: np.ndarray | None, as_trained: bool
) -> None:
    """Check the goals, each in a place of its own, with the chosen query's answer, here and at the other temperatures
    of the slider.

    as_trained: whether the shipped network answers, by the comparison of its training. Others are unsure of everything.
    """
    query, temperature = shown.query, 1 / shown.training.scale
    answers = shown.compared.answers[0, query]
    truth = query % len(answers)
    right = float(int(answers.argmax()) == truth)
    with places[0]:
        lesson.goal(
            LESSON, "unsure", share=float(answers[truth]), right=right, temperature=temperature,
            shipped=float(as_trained),
        )  # fmt: skip
    others = [] if by_temperature is None else [
        other for other, k in zip(metric.TEMPERATURES, by_temperature[:, query], strict=True) if k == truth
    ]  # fmt: skip
    other = min(others, key=lambda other: abs(np.log(other / temperature)), default=0.0)
    with places[1]:
        lesson.goal(LESSON, "flip", right=right, temperature=temperature, other=other)


@st.fragment
def _sinusoid() -> None:
    query_column, points_column, task_column = st.columns(3)
    with query_column:
        place = controls.slider(PLACE, "The query's x", 0.1)
    with points_column:
        count = controls.slider(POINTS, "Support points", 1)
    with task_column:
        seed = controls.number(TASK, "Sinusoid", 1)
    task = task_of(seed)
    x, y = np.array(support_of(seed, task, count, 0.0)).T
    run = metric.sinusoid_run()
    answers = remembered("sine", metric.curve_request(x, y, run.config, run.snapshot.theta))
    if answers is None:
        return
    (compared,) = answers
    grid = np.linspace(-5, 5, compared.answers.shape[1])
    truth = task(grid)
    show(figures.along(compared, grid, x, y, truth, int(np.abs(grid - place).argmin())), "along")
    st.info(about_curve(compared, x, y, truth, grid), icon=":material/visibility:")


def _mistake(episode: Episode, compared: Compared, query: int) -> None:
    run = metric.recorded(LESSON)
    assert isinstance(run.config, MatchingConfig)
    stages.still_links("mistake_links", compared, run.config, episode, query)
    st.info(about_mistake(compared, query, run.config), icon=":material/visibility:")


def _predicted(data: Choosing) -> None:
    if data.chosen or data():  # the chapters that are only words draw nothing of the data before
        stages.predicted_links(data.chosen)


def _page() -> None:
    data = Choosing(lambda: why_not(metric.recorded, "matching", "sinusoid"), quiet=("see", "predict"))
    parts: dict[str, Part | list[Scene]] = {
        "see": lambda: _see(data.chosen),
        "predict": lambda: _predicted(data),
        "play": [
            Scene("try", "Attention", lambda: _try(data.chosen)),
            Scene(
                "sinusoid", "A sinusoid", lambda: shared.part(LESSON, "A sinusoid by attention", "sinusoid", _sinusoid)
            ),
            Scene("mistakes", "Where it fails", lambda: _mistakes(data.chosen)),
        ],
        "beside": lambda: _beside(data.chosen),
        "learn": [
            Scene("watch", "Moments", lambda: _watch(data.chosen)),
            Scene("train", "Train it yourself", lambda: _train(data.chosen)),
            Scene("table", "N and K at once", _table),
        ],
        "code": lambda: _code(data.chosen),
    }
    symbols = {"who": "who", "distance": "compare", "temperature": "t", "way": "n", "shots": "k"}
    chapters(LESSON, parts, {"steps": "code"}, data, **symbols)


def _beside(data: str) -> None:
    stages.links_beside(data, _asked(), controls.linked(EPISODE), controls.linked(SHOTS), controls.linked(WAYS))


def _try(data: str) -> None:
    shared.part(LESSON, "Try: who looks at whom", "try")
    if not together():
        st.fragment(_attention)(data)


def _curve() -> None:
    shared.part(LESSON, "A sinusoid by attention", "sinusoid", _sinusoid)


def _mistakes(data: str) -> None:
    shared.part(LESSON, "Where it fails", "mistakes")
    st.fragment(lambda: shared.mistakes(LESSON, data, _mistake))()


def _watch(data: str) -> None:
    run, asked = metric.recorded(LESSON), pictured_episode(data)
    assert isinstance(run.config, MatchingConfig)
    training = run.config
    watch(LESSON, run, data, lambda compared: stages.still_links("moment_links", compared, training, asked, 0))


def _train(data: str) -> None:
    shared.part(LESSON, "Train it yourself", "train")
    show_panel(shared.panel(LESSON, data))


def _table() -> None:
    run = metric.recorded(LESSON)
    assert isinstance(run.config, MatchingConfig)
    shared.part(LESSON, "N and K at once", "table")
    scores = metric.measured().get("table")
    if scores:
        show(figures.table(scores, run.config), "table")
    else:
        unrecorded("metric")
    shared.score_lines(LESSON, "euclid", "sinusoid")


def _code(data: str) -> None:
    shared.part(LESSON, "Step by step: one outer update", "steps")
    stepper(shared.walk(LESSON, data, MARKS))


_page()
