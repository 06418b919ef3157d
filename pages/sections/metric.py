"""The parts that the pages of the metric methods share: the network, maps, training, mistakes, step by step."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import streamlit as st

from core.events import Compared, Event, Verified
from core.methods.siamese.config import SiameseConfig
from core.registry import demo_for
from core.training.config import MetricConfig, TrainingConfig
from lessons.demos import metric
from lessons.demos.fewshot import Episode
from lessons.engine.content import section
from lessons.engine.language import t
from lessons.figures import metric as figures
from lessons.figures.curves import updates_in_words
from lessons.figures.theme import Shown
from lessons.notices.metric import about_learning, about_mistakes
from pages.sections.chapters import KEY, LABELS, together
from pages.sections.network import Network
from pages.sections.stepper import Walk
from pages.sections.training import LENGTH, Choice, Field, Panel, last_finished, theta_of
from pages.session.questions import remembered
from pages.widgets import controls, in_link
from pages.widgets.characters import clicked
from pages.widgets.components import copyable
from pages.widgets.controls import option_of
from pages.widgets.figure import show, unrecorded

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
_EPISODE = "the number of the episode: same number, same characters and drawings"
EPISODES = {
    method: option_of(int, "task", metric.FIRST[method], 0, 1_000_000, _EPISODE) for method in ("siamese", "matching")
}
WATCHED = 200  # episodes of the evaluation at the end of a run on the page
WHO = {"recorded": "shipped", "random": "untrained"}
OWN = {"own": "your run"}


def network(method: str, drawn: bool = True) -> tuple[str, Network[MetricConfig]]:
    """Return which network answers on this page: shipped, random or the learner's last finished run.

    drawn: whether the control is drawn here that lets the learner choose; otherwise its value counts.
    """
    job = last_finished(method)
    labels = WHO | OWN if job else WHO
    if job and st.session_state.get("_answering") != job.id:
        st.session_state["_answering"], st.session_state["who"] = job.id, OWN["own"]
    ask = partial(controls.choice, "who", "Answers of") if drawn else partial(controls.linked_choice, "who")
    name = ask(labels, "recorded")
    if name == "own" and job and isinstance(job.config, MetricConfig):
        return name, Network(job.config, theta_of(job))
    shipped = metric.recorded(method)
    return name, Network(shipped.config, shipped.start if name == "random" else shipped.snapshot.theta)


def as_chosen(scene: str, name: str, episode: int | None = None) -> None:
    """Say which network, and which episode if there is one, this part takes over from the part `scene`."""
    who = t((WHO | OWN)[name])
    if episode is None:
        st.caption(t("Answers of: {who}, as chosen in *{scene}*.", who=who, scene=t(scene)))
    else:
        text = "Answers of: {who}, in episode {number}, as chosen in *{scene}*."
        st.caption(t(text, who=who, number=episode, scene=t(scene)))


def answer(key: str, episode: Episode, network: Network[MetricConfig]) -> Compared | None:
    """Return how `network` answers the episode, or None with a note on the page while no worker can answer.

    The answer that the demo of the page `key` opens with is recorded.
    """
    if key in ("matching", "siamese") and episode == metric.first_episode(key, episode.data):
        shipped = metric.recorded(key)
        if network.training == shipped.config and network.theta is shipped.snapshot.theta:
            first = metric.first_paint(key, episode.data)
            if first:
                return first
    answers = remembered(key, metric.request(episode, network.training, network.theta))
    return None if answers is None else answers[0]


def verified(data: str, network: Network[MetricConfig]) -> Verified | None:
    """Return how well a Siamese `network` tells pairs of unseen characters of `data` apart, or None with a note on
    the page while no worker can answer. That of the shipped run is recorded.
    """
    shipped = metric.recorded("siamese")
    if network.theta is shipped.snapshot.theta:
        recorded = metric.verified("siamese", data)
        if recorded:
            return recorded
    assert isinstance(network.training, SiameseConfig)
    answers = remembered("verified", metric.verify_request(data, network.training, network.theta))
    return None if answers is None else answers[0]


def new_number(name: str) -> None:
    """Put a new random number into the control called `name`, so that another sequence is drawn."""
    st.session_state[name] = _random_number()


def _random_number() -> int:
    return int(np.random.default_rng().integers(1, 1_000_000))


def in_its_chapter(draw: Callable[[], None]) -> None:
    """Draw what depends on nothing outside its chapter, so that it alone runs again when it is used. On one page with
    all chapters, all of it runs again.
    """
    (draw if together() else st.fragment(draw))()


def new_episode(method: str) -> None:
    """Draw another episode: put a random number where the episode's number is, which may not be drawn now."""
    key, number = EPISODES[method].name, _random_number()
    st.session_state[key] = number
    if st.session_state.get(KEY) == LABELS["see"]:
        in_link.put(key, str(number))


def map_of(network: Network[MetricConfig], compared: Compared) -> None:
    """Draw the embedding map of an episode."""
    mapped = in_map(network.training, compared)
    show(figures.embedding_map(mapped, t("The episode in the space of embeddings")), "map")


def in_map(training: TrainingConfig, compared: Compared) -> Compared:
    """Normalize the embeddings where they are compared by cosine, which ignores their lengths."""
    return metric.directions(compared) if training.flat().get("distance") == "cosine" else compared


def chosen(name: str, count: int, default: int = 0) -> int:
    """Return the index below `count` that the learner picked. The link holds it from 1; without it, it is `default`."""
    default = min(default, count - 1)
    number = controls.index_in(in_link.text(name) or str(default + 1), count + 1)
    if number:
        return number - 1
    in_link.put(name, None)
    return default


def choose(name: str, key: str, count: int) -> None:
    """Store in the link which of `count` things was clicked in the component `key`."""
    index = clicked(key, count)
    if index is not None:
        in_link.put(name, str(index + 1))


def _moving(training: TrainingConfig, events: Sequence[Event]) -> dict[str, Shown]:
    """Return the figures that move while a run trains: the map of an episode, and hits against false alarms."""
    shown = {}
    compared = next((event for event in reversed(events) if isinstance(event, Compared)), None)
    if compared:
        title = t("One unseen episode after {updates}", updates=updates_in_words(compared.iteration))
        shown["map_live"] = figures.embedding_map(in_map(training, compared), title)
    verified = [event for event in events if isinstance(event, Verified)]
    if verified:
        shown["roc_live"] = figures.verification({"first": verified[0], "now": verified[-1]}, 0.5)
    return shown


def panel(method: str, data: str) -> Panel:
    """Return the run panel of the page."""
    base = demo_for(method, data).updated(test_tasks=WATCHED)
    shipped = metric.recorded(method)
    return Panel(
        method, base, (*FIELDS, *LENGTH), shipped, figures.learning,
        lambda steps, _: about_learning(steps, steps is shipped.steps), _report_every, CHOICES[method], _moving,
        "shipped network",
    )  # fmt: skip


def _report_every(config: TrainingConfig) -> int:
    """Report less often where an update is cheap, so that most of the time goes into training."""
    return max(5, min(50, 1000 // (config.meta_batch * config.episodes.way)))


def walk(method: str, data: str, marks: dict[str, tuple[str, ...]]) -> Walk:
    """Return the walk through one outer update on two episodes.

    marks: the functions of the method's own file to show beside the comparison, with parts of the lines to highlight.
    """
    recorded = metric.recorded(method)
    training = recorded.config.updated(
        data=data, meta_batch=2, way=5, queries=1 if method == "siamese" else 2, within=0.0, trace=True
    )
    file = f"core/methods/{method}/algorithm.py"
    draw = partial(figures.traced, pairs=method == "siamese")
    return Walk(method, ["train"], training, recorded.snapshot, draw, {"embeddings compared": (file, marks)})


def mistakes(method: str, data: str, draw: Callable[[Episode, Compared, int], None]) -> None:
    """Show recorded mistakes to pick from, each drawn by `draw`."""
    recorded = metric.mistakes(method, data)
    if not recorded:
        unrecorded("metric")
        return
    words, choosing = st.columns([3, 2], vertical_alignment="center")
    words.markdown(about_mistakes(recorded))
    which = option_of(
        int, "mistake", 1, 1, len(recorded), "number 1 is the mistake in which the right class is furthest behind"
    )
    with choosing:
        number = controls.slider(which, "Mistake", 1) if len(recorded) > 1 else 1
    episode, query = metric.mistaken(data, recorded[number - 1])
    shipped = metric.recorded(method)
    if network(method, drawn=False)[0] != "recorded":
        st.caption(t("These are mistakes of the shipped network, whichever answers in other parts."))
    compared = answer(f"mistake {method}", episode, Network(shipped.config, shipped.snapshot.theta))
    if compared:
        draw(episode, compared, query)


def score_lines(method: str, *also: str) -> None:
    """List the commands that make the recorded runs."""
    with st.expander(t("The shipped networks, and the commands that make them")):
        for name in (method, *also):
            copyable(f"command_{name}", metric.recorded(name).about.command)


def part(lesson: str, title: str, anchor: str, draw: Callable[[], None] = lambda: None) -> None:
    """Draw a section's header and text, and below them what `draw` draws."""
    st.header(t(title), anchor=anchor)
    st.markdown(section(lesson, anchor))
    draw()
