"""Memory-augmented network: a sequence named picture by picture, what it reads, its memory, live training."""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st

from core.events import Event
from core.events.memory import ByPosition, Recalled
from core.methods.mann.config import MannConfig
from core.registry import demo_for
from core.training.config import TrainingConfig
from lessons.demos import memory
from lessons.demos.shipped import why_not
from lessons.engine.content import section
from lessons.engine.language import t
from lessons.figures import mann as figures
from lessons.figures.curves import updates_in_words
from lessons.figures.theme import Shown
from lessons.figures.timeline import FEW
from lessons.notices.mann import (
    about_binding,
    about_instances,
    about_points,
    about_reading,
    about_rule_scores,
    about_rules,
    about_sequence,
    about_usage,
    about_votes,
)
from lessons.notices.steps import about_second
from pages.sections import lesson, timeline
from pages.sections import memory as shared
from pages.sections.chapters import Part, Scene, chapters, together
from pages.sections.data import Choosing
from pages.sections.metric import in_its_chapter, part
from pages.sections.network import Network
from pages.sections.training import LENGTH, Choice, Field, Panel, is_on, show_panel
from pages.sections.watch import watch
from pages.session.questions import remembered
from pages.widgets import controls
from pages.widgets.components import chosen_source, copyable
from pages.widgets.controls import option_of
from pages.widgets.figure import show

LESSON = "mann"
WATCHED_STEP = 31  # of the sequence, in the picture of a moment of training
WHO = {
    "mann": "with memory", "small": "8 rows", "in turn": "8 rows, in turn", "one vector": "one vector a row",
    "lstm": "plain LSTM", "random": "untrained",
}  # fmt: skip
LABELS = {"drawn": "new for each sequence", "kept": "kept"}
RULES_NUMBER = option_of(int, "rules", 1, 0, 1_000_000, "the number of the sequence that two small memories read")
PICTURES = ("mann", "small", "in turn", "one vector", "lstm")  # the shipped networks that name pictures
FIELDS = (
    Field("heads", "Heads", 1, low=1, high=4),
    Field("meta_batch", "Sequences per update", 4, low=1, high=64),
    Field("outer_rate", "Outer rate (Adam)", 0.001, "%.4f"),
)
CHOICES = (
    Choice("memory", "Memory", {"True": "on", "False": "off (plain LSTM)"}, is_on),
    Choice("shuffle", "Labels", {"True": "new for each sequence", "False": "kept"}, is_on),
    Choice("value_columns", "A row holds", {"10": "key and value", "0": "one vector"}, int),
)
SOURCES = {  # file, function, and parts of the lines to highlight
    "a whole step": (
        "core/methods/mann/model.py",
        "step",
        ("(state.", "reads = ", "usage = "),
    ),
    "the least used row": ("core/methods/mann/model.py", "least_used", ("topk",)),
    "where it writes": ("core/methods/mann/model.py", "write_weighting", ("return",)),
    "what it writes": ("core/methods/mann/model.py", "written", ("remaining",)),
    "where it reads": ("core/methods/mann/model.py", "read_weighting", ("return",)),
    "usage": ("core/methods/mann/model.py", "used", ("return",)),
    "a sequence": ("core/tasks/labelled_sequences.py", "pictures", ("argsort", "picture_inputs(")),
}


def _see(data: str) -> None:
    """Show the shipped network on a sequence; on one page with all chapters, the whole demo."""
    (_sequence if together() else st.fragment(_shipped))(data)


def _shipped(data: str) -> None:
    """Show the shipped network; it says at each step what it needs no notice for."""
    step, number, wipe = timeline.held_values()
    recalled = _answers("mann", _network("mann"), data, number, wipe, True, "see")
    if recalled is not None:
        timeline.stage("see_sequence", recalled, step, wipe, number)


def _beside(data: str) -> None:
    step, number, wipe = timeline.held_values()
    recalled = _answers("mann", _network("mann"), data, number, wipe, True, "see")
    if recalled is not None:
        timeline.stage("beside_sequence", recalled, step, wipe)


def _answered(data: str) -> None:
    """Play what the prediction asks about: the second picture of a character."""
    recalled = _answers("mann", _network("mann"), data, 1, 0, True, "predict")
    if recalled is None:
        return
    second = int((recalled.instance == 1).argmax())
    timeline.stage("predict_sequence", recalled, second + 1)
    st.info(about_second(recalled), icon=":material/visibility:")


def _try(data: str) -> None:
    st.header(t("Try: one label is enough"), anchor="try")
    words, ready = st.columns([3, 2], vertical_alignment="center")
    words.markdown(section(LESSON, "try"))
    with ready:
        lesson.presets(LESSON)
    if not together():
        st.fragment(_sequence)(data)


def _asked(data: str, drawn: bool) -> tuple[Network[MannConfig], Recalled | None]:
    """Return the network that the learner asks and its answers. drawn: by controls that are drawn here; otherwise by
    what they stand at.
    """
    runs = {name: memory.network(name) for name in PICTURES}
    _, number, wipe = timeline.held_values()
    with st.container(horizontal=True, vertical_alignment="bottom", key="asked_line" if drawn else None):
        name, network = shared.network(LESSON, WHO, runs, MannConfig, drawn=drawn)
        if drawn:
            labels = controls.choice("labels", "Labels of a character", LABELS, "drawn", section(LESSON, "labels"))
        else:
            labels = controls.linked_choice("labels", LABELS, "drawn")
    return network, _answers(name, network, data, number, wipe, labels == "drawn")


def _sequence(data: str) -> None:
    """Let the learner choose network, labels and sequence, and show what it answers."""
    _, recalled = _asked(data, drawn=True)
    if recalled is None:
        return
    step, number, wipe = timeline.held_values()
    step = min(step, len(recalled.y))
    timeline.stage("play_sequence", recalled, step, wipe, number)
    notice, goal = st.columns([6, 7], gap="small")
    with notice:
        st.info(about_sequence(recalled, step - 1, wipe), icon=":material/visibility:")
    with goal:
        trained = controls.linked_choice("who", WHO | shared.OWN, "mann") != "random"
        lesson.goal(LESSON, "forget", **_forgotten(recalled, step - 1, wipe, trained))


def _step(data: str) -> None:
    st.header(t("One step, opened"), anchor="step")
    in_its_chapter(lambda: _opened(data))


def _opened(data: str) -> None:
    """Say of the chosen step where it looked, what spoke for its answer, and where it wrote."""
    network, recalled = _asked(data, drawn=False)
    if not together():
        name = controls.linked_choice("who", WHO | shared.OWN, "mann")
        kept = controls.linked_choice("labels", LABELS, "drawn") == "kept"
        chosen = {
            "who": "" if name == "mann" else t("who answers: {who}", who=t((WHO | shared.OWN)[name])),
            "labels": t("labels of a character: kept") if kept else "",
        }
        shared.taken_over("The sequence", chosen)
    if recalled is None:
        return
    step, number, wipe = timeline.held_values()
    step = min(step, len(recalled.y))
    if not together():
        timeline.stage("step_sequence", recalled, step, wipe, number)
    at = step - 1
    writes = recalled.writing.shape[1] > 0
    columns = st.container(key="cards_opened").columns(3 if writes else 2, gap="medium")
    with columns[0]:
        st.subheader(t("Step {at}: where it looked", at=step), anchor="links")
        st.info(about_reading(recalled, at), icon=":material/visibility:")
        with st.expander(t("How it works")):
            st.markdown(section(LESSON, "links"))
    with columns[1]:
        st.subheader(t("Step {at}: the votes", at=step), anchor="votes")
        st.info(about_votes(recalled, at), icon=":material/visibility:")
        with st.expander(t("How it works")):
            st.markdown(section(LESSON, "votes"))
    if writes:
        with columns[2]:
            st.subheader(t("Step {at}: where it wrote", at=step), anchor="usage")
            st.info(about_usage(recalled, at, network.training.rule, wipe), icon=":material/visibility:")
            with st.expander(t("How it works")):
                st.markdown(section(LESSON, "usage"))
                if recalled.usage.shape[1] > FEW:
                    show(figures.usage(recalled, at, wipe), "usage")


def _code() -> None:
    chosen_source(SOURCES)


def _forgotten(recalled: Recalled, step: int, wipe: int, trained: bool) -> dict[str, float]:
    """Return the facts of the goal: whether a step's answer is wrong, how often the label of its picture had come, and
    how many rows hold that label.
    """
    if not trained or not recalled.writing.shape[1]:  # it knows nothing that it could forget; a plain LSTM has no rows
        return dict.fromkeys(("wrong", "before", "rows"), math.nan)
    truth = int(recalled.y[step])
    return {
        "wrong": float(recalled.p[step].argmax() != truth),
        "before": float((recalled.y[:step] == truth).sum()),
        "rows": float((memory.labels_in_rows(recalled, wipe)[step] == truth).sum()),
    }


def _answers(
    name: str, network: Network[MannConfig], data: str, number: int, wipe: int, shuffle: bool, key: str = "sequence"
) -> Recalled | None:
    """Return the answered sequence: the recorded one if the page opens with it, else a helper process answers."""
    if name in PICTURES and (number, wipe, shuffle) == (1, 0, True):
        first = memory.first_sequence(name, data)
        if first:
            return first
    answers = remembered(key, memory.watch(network.training, network.theta, data, number, wipe, shuffle))
    return answers[0] if answers else None


def _instances() -> None:
    scores = memory.by_instance()
    way = memory.network("mann").config.episodes.way
    title = t("Right answers on 1000 sequences of unseen Omniglot characters")
    show(figures.by_instance(scores, way, title), "instances")
    st.info(about_instances(scores), icon=":material/visibility:")
    with st.expander(t("The recorded runs, and the commands that make them")):
        for name in memory.NETWORKS:
            copyable(f"command_{name}", memory.network(name).about.command)


@st.fragment
def _rules(data: str) -> None:
    """Show two small memories on one sequence: which rows are overwritten, by either rule."""
    number = int(controls.number(RULES_NUMBER, "Sequence", 1, width=180))
    answers = {
        name: _answers(name, _network(name), data, number, 0, True, f"rules {name}") for name in ("small", "in turn")
    }
    least, turn = answers["small"], answers["in turn"]
    if least is None or turn is None:
        return
    left, right = st.columns(2, gap="medium")
    with left:
        show(
            figures.rows(least, -1, 0, "The least used row is overwritten: the label in each row"),
            "rows_least",
            low=True,
        )
        st.info(about_rules(least, turn), icon=":material/visibility:")
    with right:
        show(figures.rows(turn, -1, 0, "Rows are overwritten in turn: the label in each row"), "rows_turn", low=True)
        st.info(about_rule_scores(*(memory.scored(name) for name in answers)), icon=":material/visibility:")


def _network(name: str) -> Network[MannConfig]:
    shipped = memory.network(name)
    return Network(shipped.config, shipped.snapshot.theta)


def _sinusoid() -> None:
    errors = memory.by_point()
    show(figures.by_point(errors), "points")
    st.info(about_points(errors), icon=":material/visibility:")


def _moving(config: TrainingConfig, events: Sequence[Event]) -> dict[str, Shown]:
    """Return the share of right answers by instance of the live run, beside those of the recorded networks."""
    latest = next((event for event in reversed(events) if isinstance(event, ByPosition)), None)
    if latest is None:
        return {}
    scores = {"own": np.asarray(latest.values).tolist()} | memory.by_instance()
    title = t("By instance after {updates}, beside the recorded runs", updates=updates_in_words(latest.iteration))
    return {"instances_live": figures.by_instance(scores, config.episodes.way, title, paper=False)}


def _panel(data: str) -> Panel:
    base = demo_for("mann", data)
    return Panel(
        LESSON, base, (*FIELDS, *LENGTH), memory.network("mann"), figures.learning, about_binding, lambda config: 20,
        CHOICES, _moving,
    )  # fmt: skip


def _page() -> None:
    data = Choosing(lambda: why_not(memory.network, *memory.NETWORKS), quiet=("see", "predict"))
    timeline.held_values()
    parts: dict[str, Part | list[Scene]] = {
        "see": lambda: _see(data.chosen),
        "predict": lambda: _answered(data.chosen),
        "play": [
            Scene("try", "The sequence", lambda: _try(data.chosen)),
            Scene("step", "One step, opened", lambda: _step(data.chosen)),
            Scene("rules", "Fewer rows", lambda: _fewer(data.chosen)),
            Scene("sinusoid", "A sinusoid", lambda: part(LESSON, "A sinusoid, point by point", "sinusoid", _sinusoid)),
        ],
        "beside": lambda: _beside(data.chosen),
        "learn": [
            Scene("watch", "Moments", lambda: _watch(data.chosen)),
            Scene("train", "Train it yourself", lambda: _train(data.chosen)),
            Scene("instances", "Picture by picture", _by_instance),
        ],
        "code": lambda: part(LESSON, "The code of a step", "code", _code),
    }
    anchors = {"links": "step", "votes": "step", "usage": "step", "code": "code"}
    chapters(LESSON, parts, anchors, data)


def _fewer(data: str) -> None:
    part(LESSON, "Fewer rows than steps: what is overwritten?", "rules", partial(_rules, data))


def _watch(data: str) -> None:
    watch(
        LESSON, memory.network("mann"), data, lambda recalled: timeline.stage("moment_timeline", recalled, WATCHED_STEP)
    )


def _train(data: str) -> None:
    part(LESSON, "Train it yourself", "train", lambda: show_panel(_panel(data)))


def _by_instance() -> None:
    part(LESSON, "Picture by picture: how much one label helps", "instances", _instances)


_page()
