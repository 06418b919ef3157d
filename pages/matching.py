"""Matching networks: attention from a query to the support, temperature, distance, N and K, sinusoids."""

from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from core.events import Compared
from core.methods.matching.config import MatchingConfig
from lessons.demos import fewshot, metric
from lessons.demos.fewshot import LETTERS, Episode
from lessons.demos.shipped import why_not
from lessons.demos.sinusoid import support_of, task_of
from lessons.engine.content import section
from lessons.engine.language import t
from lessons.figures import metric as figures
from lessons.notices.metric import about_attention, about_curve, about_mistake, about_network
from pages.sections import lesson
from pages.sections import metric as shared
from pages.sections.chapters import chapters
from pages.sections.data import Choosing
from pages.sections.stepper import stepper
from pages.sections.training import show_panel
from pages.session.questions import remembered
from pages.widgets import controls
from pages.widgets.characters import picker
from pages.widgets.controls import option_of
from pages.widgets.figure import let_paint, show, unrecorded
from pages.widgets.links import attention_links, pictures_of

LESSON = "matching"
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


@st.fragment
def _demo(data: str) -> None:
    way_column, shots_column, temperature_column = st.columns(3, vertical_alignment="bottom")
    with way_column:
        way = controls.slider(WAYS, "Classes N", 1)
    with shots_column:
        shots = controls.slider(SHOTS, "Drawings of each K", 1)
    with temperature_column:
        temperature = st.select_slider(
            t("Temperature T"), metric.TEMPERATURES, 0.1, key="t", bind="query-params",
            help=t("similarities are divided by it before the softmax"),
        )  # fmt: skip
    distance_column, network_column, episode_column = st.columns(3, vertical_alignment="bottom")
    with distance_column:
        distance = controls.choice("compare", "Compared by", metric.DISTANCES, "cosine")
    with network_column:
        name, network = shared.network(LESSON)
    with episode_column:
        st.button(t("New episode"), icon=":material/casino:", on_click=shared.new_number, args=(shared.EPISODE.name,),
                  type="primary", width="stretch")  # fmt: skip
    lesson.presets(LESSON)
    with st.expander(t("More: class means, and the number of the episode")):
        means = controls.choice("with", "Compared with", SUPPORT_AS, "drawings", "with one drawing they are the same")
        seed = controls.number(shared.EPISODE, "Episode", 1, width=180)
    episode = fewshot.episode(data, seed, shots, way)
    changed = {"distance": distance, "scale": 1 / temperature, "prototypes": means == "means"}
    trained = network.training
    training = trained.updated(**changed)
    assert isinstance(trained, MatchingConfig) and isinstance(training, MatchingConfig)
    st.caption(about_network(name, trained, training))
    network = replace(network, training=training)
    compared = shared.answer(LESSON, episode, network)
    if compared is None:
        return
    query = _choose_query(episode, compared)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.markdown(t("**Attention of the query to {way} support pictures, summed by class**", way=way * shots))
        attention_links("links", episode, compared, query)
        let_paint()
        by_temperature = metric.winners(compared, training)
        st.info(about_attention(compared, query, training, by_temperature), icon=":material/visibility:")
        as_trained = name == "recorded" and distance == trained.distance
        _goals(compared, query, temperature, by_temperature, as_trained)
    with right:
        shared.map_of(network, compared, query)
        st.caption(section(LESSON, "map"))
    shared.map_notice(network, compared)


def _goals(
    compared: Compared, query: int, temperature: float, by_temperature: np.ndarray | None, as_trained: bool
) -> None:
    """Check the goals with the chosen query's answer, here and at the other temperatures of the slider.

    as_trained: whether the shipped network answers, by the comparison of its training. Others are unsure of everything.
    """
    answers = compared.answers[0, query]
    truth = query % len(answers)
    right = float(int(answers.argmax()) == truth)
    lesson.goal(
        LESSON, "unsure", share=float(answers[truth]), right=right, temperature=temperature,
        shipped=float(as_trained),
    )  # fmt: skip
    others = [] if by_temperature is None else [
        other for other, k in zip(metric.TEMPERATURES, by_temperature[:, query], strict=True) if k == truth
    ]  # fmt: skip
    other = min(others, key=lambda other: abs(np.log(other / temperature)), default=0.0)
    lesson.goal(LESSON, "flip", right=right, temperature=temperature, other=other)


def _choose_query(episode: Episode, compared: Compared) -> int:
    """Show the queries to click on, each with its predicted class, and return the index of the chosen one."""
    _, queries = pictures_of(episode)
    way = len(episode.characters)
    chosen = shared.chosen("query", len(queries))
    predicted = compared.answers[0].argmax(-1)
    notes = [
        f"{LETTERS[i % way]} ✓" if predicted[i] == i % way else f"{LETTERS[i % way]}→{LETTERS[predicted[i]]} ✗"
        for i in range(len(queries))
    ]
    with st.expander(
        t("{count} queries: click the one that the network should answer", count=len(queries)), expanded=way <= 6
    ):
        picker(
            "queries", queries, [t("query of class {letter}", letter=LETTERS[i % way]) for i in range(len(queries))],
            [chosen], partial(shared.choose, "query", "queries", len(queries)), notes, 40,
        )  # fmt: skip
    return chosen


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
    attention_links("mistake_links", episode, compared, query)
    run = metric.recorded(LESSON)
    assert isinstance(run.config, MatchingConfig)
    st.info(about_mistake(compared, query, run.config), icon=":material/visibility:")


def _page() -> None:
    data = Choosing(lambda: why_not(metric.recorded, "matching", "sinusoid"))
    parts = {
        "see": lambda: _see(data.chosen),
        "play": lambda: _play(data.chosen),
        "learn": lambda: _learn(data.chosen),
        "code": lambda: _code(data.chosen),
    }
    anchors = {"try": "see", "sinusoid": "play", "mistakes": "play", "table": "learn", "train": "learn"}
    symbols = {"who": "who", "distance": "compare", "temperature": "t", "way": "n", "shots": "k"}
    chapters(LESSON, parts, anchors | {"steps": "code"}, data, **symbols)


def _see(data: str) -> None:
    shared.part(LESSON, "Try: who looks at whom", "try")
    _demo(data)


def _play(data: str) -> None:
    shared.part(LESSON, "A sinusoid by attention", "sinusoid")
    _sinusoid()
    shared.part(LESSON, "Where it fails", "mistakes")
    st.fragment(lambda: shared.mistakes(LESSON, data, _mistake))()


def _learn(data: str) -> None:
    shared.part(LESSON, "N and K at once", "table")
    scores = metric.measured().get("table")
    if scores:
        run = metric.recorded(LESSON)
        assert isinstance(run.config, MatchingConfig)
        show(figures.table(scores, run.config), "table")
    else:
        unrecorded("metric")
    shared.score_lines(LESSON, "euclid", "sinusoid")
    shared.part(LESSON, "Train it yourself", "train")
    show_panel(shared.panel(LESSON, data))


def _code(data: str) -> None:
    shared.part(LESSON, "Step by step: one outer update", "steps")
    stepper(shared.walk(LESSON, data, MARKS))


_page()
