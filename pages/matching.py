"""Matching networks: attention from a query to the support, temperature, distance, N and K, sinusoids."""

from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from core.events import Compared
from lessons.demos import fewshot, metric
from lessons.demos.fewshot import LETTERS, Episode
from lessons.demos.sinusoid import support_of, task_of
from lessons.engine.content import section
from lessons.engine.language import t
from lessons.figures import metric as figures
from lessons.notices.metric import about_attention, about_curve, about_mistake
from pages.sections import lesson
from pages.sections import metric as shared
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

MARKS = {  # the lines that do the comparing
    "similarity": ("one.norm(", "products = "),
    "attention": ("softmax",),
    "log_probabilities": ("scores = ", "logsumexp"),
}


@st.fragment
def _demo(data: str) -> None:
    one, two, three = st.columns(3, vertical_alignment="bottom")
    with one:
        way = controls.slider(WAYS, "Classes N", 1)
    with two:
        shots = controls.slider(SHOTS, "Drawings of each K", 1)
    with three:
        temperature = st.select_slider(
            t("Temperature T"), metric.TEMPERATURES, 0.1, key="t", bind="query-params",
            help=t("similarities are divided by it before the softmax"),
        )  # fmt: skip
    one, two, three = st.columns(3, vertical_alignment="bottom")
    with one:
        distance = controls.choice("compare", "Compared by", metric.DISTANCES, "cosine")
    with two:
        who, by = shared.network(LESSON)
    with three:
        st.button(t("New episode"), icon=":material/casino:", on_click=shared.new_number, args=(shared.EPISODE.name,),
                  type="primary", width="stretch")  # fmt: skip
    lesson.presets(LESSON)
    with st.expander(t("More: class means, and the number of the episode")):
        means = controls.choice("with", "Compared with", SUPPORT_AS, "drawings", "with one drawing they are the same")
        seed = controls.number(shared.EPISODE, "Episode", 1, width=180)
    of = fewshot.episode(data, seed, shots, way)
    changed = {"distance": distance, "scale": 1 / temperature, "prototypes": means == "means"}
    by = replace(by, training=by.training.updated(**changed))
    seen = shared.answer(LESSON, of, by)
    if seen is None:
        return
    query = _choose_query(of, seen)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.markdown(t("**Attention of the query to {way} support pictures, summed by class**", way=way * shots))
        attention_links("links", of, seen, query)
        let_paint()
        st.info(about_attention(seen, query, temperature), icon=":material/visibility:")
        answers = seen.answers[0, query]
        right_one = int(answers.argmax()) == query % way
        lesson.goal(LESSON, "unsure", share=float(answers[query % way]), right=float(right_one))
    with right:
        shared.map_of(by, seen, query)
        st.caption(section(LESSON, "map"))
    shared.map_notice(by, seen)
    if who == "random":
        st.caption(t("A random network: it has the same layers, and its weights have never been trained."))


def _choose_query(of: Episode, seen: Compared) -> int:
    """The queries to click on, each with what it was taken for; the number of the chosen one."""
    _, queries = pictures_of(of)
    way = len(of.characters)
    at = shared.chosen("query", len(queries))
    taken = seen.answers[0].argmax(-1)
    notes = [
        f"{LETTERS[i % way]} ✓" if taken[i] == i % way else f"{LETTERS[i % way]}→{LETTERS[taken[i]]} ✗"
        for i in range(len(queries))
    ]
    with st.expander(t("{count} queries: click the one that looks", count=len(queries)), expanded=way <= 6):
        picker(
            "queries", queries, [t("query of class {letter}", letter=LETTERS[i % way]) for i in range(len(queries))],
            [at], partial(shared.choose, "query", "queries", len(queries)), notes, 40,
        )  # fmt: skip
    return at


@st.fragment
def _sinusoid() -> None:
    one, two, three = st.columns(3)
    with one:
        place = controls.slider(PLACE, "The query's x", 0.1)
    with two:
        count = controls.slider(POINTS, "Support points", 1)
    with three:
        seed = controls.number(TASK, "Sinusoid", 1)
    task = task_of(seed)
    x, y = np.array(support_of(seed, task, count, 0.0)).T
    run = metric.sinusoid_run()
    found = remembered("sine", metric.curve_request(x, y, run.config, run.snapshot.theta))
    if found is None:
        return
    (seen,) = found
    grid = np.linspace(-5, 5, seen.answers.shape[1])
    truth = task(grid)
    show(figures.along(seen, grid, x, y, truth, int(np.abs(grid - place).argmin())), "along")
    st.info(about_curve(seen, x, truth, grid), icon=":material/visibility:")


def _mistake(of: Episode, seen: Compared, query: int) -> None:
    attention_links("mistake_links", of, seen, query)
    st.info(about_mistake(seen, query), icon=":material/visibility:")


def _page() -> None:
    notices, data = shared.opening(LESSON, "matching", "sinusoid")
    if data is None:
        return
    shared.part(LESSON, "Try: who looks at whom", "try")
    _demo(data)
    shared.part(LESSON, "N and K at once", "table")
    scores = metric.measured().get("table")
    if scores:
        show(figures.table(scores), "table")
    else:
        unrecorded("metric")
    shared.score_lines(LESSON, "euclid", "sinusoid")
    shared.part(LESSON, "Train it yourself", "train")
    show_panel(shared.panel(LESSON, data))
    shared.part(LESSON, "A sinusoid by attention", "sinusoid")
    _sinusoid()
    shared.part(LESSON, "Where it fails", "mistakes")
    st.fragment(lambda: shared.mistakes(LESSON, data, _mistake))()
    shared.part(LESSON, "Step by step: one outer update", "steps")
    stepper(shared.walk(LESSON, data, MARKS))
    lesson.ending(LESSON, temperature="t", way="n", shots="k")
    controls.show_notices(notices)


_page()
