"""What the pages of the metric methods share: whose network answers, maps, training, mistakes, step by step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.events import Compared, Event, Verified
from core.registry import demo_for
from core.training.config import MetricConfig, TrainingConfig
from lessons.demos import metric
from lessons.demos.fewshot import Episode
from lessons.demos.shipped import why_not
from lessons.engine.content import section
from lessons.engine.language import t
from lessons.figures import metric as figures
from lessons.figures.theme import Shown
from lessons.notices.metric import about_learning, about_map
from pages.sections.data import choose_data
from pages.sections.lesson import opening as opening_of
from pages.sections.stepper import Walk
from pages.sections.training import LENGTH, Choice, Field, Panel, last_finished, theta_of
from pages.session.questions import remembered
from pages.widgets import controls
from pages.widgets.characters import clicked
from pages.widgets.controls import option_of
from pages.widgets.figure import show, unreadable, unrecorded

FIELDS = (
    Field("way", "Classes of an episode N", 1, low=2, high=20),
    Field("meta_batch", "Episodes per update", 1, low=1, high=16),
    Field("outer_rate", "Outer rate (Adam)", 0.001, "%.4f"),
)
CHOICES = {
    "matching": (
        Choice("distance", "Distance", metric.DISTANCES),
        Choice("context", "Full context", {"0": "no", "3": "3 steps"}, int),
    ),
    "siamese": (Choice("negatives", "Pairs of two", {"hardest": "the hardest", "all": "all of them"}),),
}
EPISODE = option_of(
    int, "task", 1, 0, 1_000_000, "the number of the episode: same number, same characters and drawings"
)
WATCHED = 200  # episodes of the evaluation that ends a run on the page
WHO = {"recorded": "shipped", "random": "untrained"}
OWN = {"own": "your run"}


@dataclass(frozen=True)
class Network:
    """A network that answers: the config it was trained with, and its theta [parameters]."""

    training: MetricConfig
    theta: np.ndarray


def network(method: str) -> tuple[str, Network]:
    """Who answers on this page, as the learner chose: shipped, random or their own last run."""
    own = last_finished(method)
    labels = WHO | OWN if own else WHO
    if own and st.session_state.get("_answering") != own.id:
        st.session_state["_answering"], st.session_state["who"] = own.id, OWN["own"]
    who = controls.choice("who", "Answers of", labels, "recorded")
    shipped = metric.recorded(method)
    if who == "own" and own and isinstance(own.config, MetricConfig):
        return who, Network(own.config, theta_of(own))
    theta = shipped.start if who == "random" else shipped.snapshot.theta
    return who, Network(shipped.config, theta)


def answer(key: str, of: Episode, by: Network) -> Compared | None:
    """How `by` answers the episode; None with a note on the page while no worker can say.

    What the demo of the page `key` opens with is recorded.
    """
    if key in ("matching", "siamese") and of == metric.first_episode(key, of.data):
        shipped = metric.recorded(key)
        if by.training == shipped.config and by.theta is shipped.snapshot.theta:
            first = metric.first_paint(key, of.data)
            if first:
                return first
    found = remembered(key, metric.request(of, by.training, by.theta))
    if found is None:
        return None
    return found[0]


def new_number(name: str) -> None:
    """Draw another episode: put a new number into the control called `name`."""
    st.session_state[name] = int(np.random.default_rng().integers(1, 1_000_000))


def map_of(by: Network, seen: Compared, query: int | None = None) -> None:
    """The embedding map of an episode."""
    show(
        figures.embedding_map(_compared_as(by.training, seen), t("The episode in the space of embeddings"), query),
        "map",
    )


def map_notice(by: Network, seen: Compared) -> None:
    """What the embedding map shows, by numbers."""
    st.info(about_map(_compared_as(by.training, seen)), icon=":material/visibility:")


def _compared_as(training: TrainingConfig, seen: Compared) -> Compared:
    """The embeddings as they are compared: by cosine their lengths do not count."""
    if training.flat().get("distance") != "cosine":
        return seen
    return metric.directions(seen)


def chosen(name: str, count: int) -> int:
    """Which of `count` things the learner picked, as the link holds it, from 1; the first where it holds none."""
    text = st.query_params.get(name, "1")
    if text.isdecimal() and 1 <= int(text) <= count:
        return int(text) - 1
    del st.query_params[name]
    return 0


def choose(name: str, key: str, count: int) -> None:
    """Keep in the link which of `count` things was clicked in the component `key`."""
    at = clicked(key, count)
    if at is not None:
        st.query_params[name] = str(at + 1)


def _moving(training: TrainingConfig, events: Sequence[Event]) -> dict[str, Shown]:
    """The figures that move while a run trains: the map of one episode, and hits against false alarms."""
    shown = {}
    seen = next((event for event in reversed(events) if isinstance(event, Compared)), None)
    if seen:
        seen = _compared_as(training, seen)
        title = t("One unseen episode after {iteration} updates", iteration=seen.iteration)
        shown["map_live"] = figures.embedding_map(seen, title)
    told = [event for event in events if isinstance(event, Verified)]
    if told:
        shown["roc_live"] = figures.verification({"first": told[0], "now": told[-1]}, 0.5)
    return shown


def panel(method: str, data: str) -> Panel:
    """What the page trains."""
    base = demo_for(method, data).updated(test_tasks=WATCHED)
    return Panel(
        method, base, (*FIELDS, *LENGTH), metric.recorded(method), figures.learning,
        lambda steps, _: about_learning(steps), _report_every, CHOICES[method], _moving,
    )  # fmt: skip


def _report_every(config: TrainingConfig) -> int:
    """Fewer reports where an update is cheap, so that most of the time goes into training."""
    return max(5, min(50, 1000 // (config.meta_batch * config.episodes.way)))


def walk(method: str, data: str, marks: dict[str, tuple[str, ...]]) -> Walk:
    """One outer update on two episodes; beside the comparison stand functions of the method's own file, by name with
    what the lines to mark hold.
    """
    recorded = metric.recorded(method)
    training = recorded.config.updated(
        data=data, meta_batch=2, way=5, queries=1 if method == "siamese" else 2, within=0.0, trace=True
    )
    file = f"core/algorithms/{method}.py"
    return Walk(method, ["train"], training, recorded.snapshot, figures.traced, {"embeddings compared": (file, marks)})


def mistakes(method: str, data: str, draw: Callable[[Episode, Compared, int], None]) -> None:
    """Recorded mistakes to pick from, each drawn by `draw`."""
    found = metric.mistakes(method, data)
    if not found:
        unrecorded("metric")
        return
    which = option_of(int, "mistake", 1, 1, len(found), "the surest mistake is number 1")
    number = controls.slider(which, "Mistake", 1) if len(found) > 1 else 1
    of, query = metric.mistaken(data, found[number - 1])
    recorded = metric.recorded(method)
    seen = answer(f"mistake {method}", of, Network(recorded.config, recorded.snapshot.theta))
    if seen:
        draw(of, seen, query)


def score_lines(method: str, *also: str) -> None:
    """The recorded runs, their scores, and the commands that make them."""
    with st.expander(t("The recorded runs, and the commands that make them")):
        for name in (method, *also):
            st.code(metric.recorded(name).about["command"], language="bash")


def opening(lesson: str, *runs: str) -> tuple[DeltaGenerator, str | None]:
    """Title and goal, the place for notices, and the characters chosen: None where the page cannot go on."""
    opening_of(lesson)
    notices = st.container()
    missing = why_not(metric.recorded, *runs)
    if missing:
        unreadable(missing)
        return notices, None
    return notices, choose_data()


def part(lesson: str, title: str, anchor: str) -> None:
    """A section's header and text."""
    st.header(t(title), anchor=anchor)
    st.markdown(section(lesson, anchor))
