"""The stepper: one outer iteration of the real algorithm, event by event, beside its source."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from core.demos import source
from core.demos.questions import Trace
from core.events import Snapshot, Traced
from core.methods.maml.config import MamlConfig
from core.methods.reptile.config import ReptileConfig
from core.training.config import AdaptationConfig, TrainingConfig
from lessons.demos import sinusoid
from lessons.engine.content import section
from lessons.engine.language import t
from lessons.figures.theme import Shown
from lessons.figures.traced import about_numbers, describe, picture
from pages.session.questions import remembered
from pages.widgets import controls
from pages.widgets.components import source_panel
from pages.widgets.controls import option_of
from pages.widgets.figure import show

INNER = option_of(int, "trace_steps", 2, 1, 5, "inner steps of the traced iteration")
SEED = option_of(int, "trace_seed", 0, 0, 10_000, "which tasks are drawn")
STARTS = {"random": "random init", "learned": "learned init"}
FUNCTIONS = {"maml": ["meta_gradient", "train"], "reptile": ["outer_direction", "train"]}
INNER_STEP = ("core/training/adaptation.py", {"inner_step": ("phi = phi - inner_rate * gradient",)})
PLAY_EVERY = 1.1


@dataclass(frozen=True)
class Walk:
    """The walk of the stepper: one outer iteration of `training`, from scratch or from `learned`.

    lesson: its texts explain the events; functions: the source to show beside an event, in the
    file that yielded it; draw: from a trace and an index to the picture of that event; elsewhere: by
    the event's name, the file and functions to show instead, and parts of the lines to highlight.
    """

    lesson: str
    functions: list[str]
    training: TrainingConfig
    learned: Snapshot
    draw: Callable[[Sequence[Traced], int], Shown]
    elsewhere: dict[str, tuple[str, dict[str, tuple[str, ...]]]] = field(default_factory=dict)


def sinusoid_walk(method: str) -> Walk:
    """Return the walk of `method` on three sinusoids."""
    training = (MamlConfig if method == "maml" else ReptileConfig)(meta_batch=3)
    learned = sinusoid.recorded(method).snapshot
    return Walk(method, FUNCTIONS[method], training, learned, partial(picture, query_used=method == "maml"))


def stepper(walk: Walk) -> None:
    """Draw the controls, and the walk in a fragment of its own that can play by itself."""
    start_column, seed_column, steps_column = st.columns(3)
    with start_column:
        start = controls.choice("start", "Theta starts as", STARTS, "random")
    with seed_column:
        seed = controls.number(SEED, "Tasks (seed)", 1)
    training = walk.training.updated(seed=seed)
    if isinstance(training, AdaptationConfig):
        with steps_column:
            training = training.updated(inner_steps=controls.slider(INNER, "Inner steps", 1))
    request = Trace(training, walk.learned if start == "learned" else None)
    playing = st.session_state.get("_playing", False)
    st.fragment(run_every=PLAY_EVERY if playing else None)(lambda: _show(walk, request))()


def _show(walk: Walk, request: Trace) -> None:
    events = remembered(f"trace {walk.lesson}", request)
    if events is None:
        return
    trace = list(events)
    last = len(trace) - 1
    if st.session_state.get("_playing") and "event" in st.session_state:
        _tick(last + 1)
    elif st.session_state.get("event", 1) > last + 1:
        st.session_state["event"] = last + 1
    slider_column, buttons_column = st.columns([1, 2], vertical_alignment="bottom")
    with slider_column:
        index = controls.slider(option_of(int, "event", 1, 1, last + 1), "Event", 1) - 1
    with buttons_column:
        _buttons(index, last)
    left, right, event = *st.columns(2, gap="medium"), trace[index]
    name = describe(event).rstrip("0123456789 ")
    with left:
        shown = walk.draw(trace, index)
        show(shown, "traced")
    with right:
        if name in walk.elsewhere:
            _marked_source("source", *walk.elsewhere[name])
        else:
            if name == "inner step":
                _marked_source("formula", *INNER_STEP)  # the loop below calls it
            first, last = source.cause_of(event.file, event.line)
            source_panel("source", event.file, walk.functions, range(first, last + 1))
    numbers = about_numbers(event)
    st.info(section(walk.lesson, name) + (f"\n\n{numbers}" if numbers else ""), icon=":material/visibility:")


def _marked_source(key: str, file: str, marks: Mapping[str, Sequence[str]]) -> None:
    marked = [line for function, parts in marks.items() for line in source.lines_with(file, function, *parts)]
    source_panel(key, file, list(marks), marked)


def _buttons(index: int, last: int) -> None:
    playing = st.session_state.get("_playing", False)
    moves = (
        ("First", ":material/first_page:", 0, "Shift+J", index == 0),
        ("Back", ":material/chevron_left:", index - 1, "J", index == 0),
        ("Forward", ":material/chevron_right:", index + 1, "L", index == last),
        ("Last", ":material/last_page:", last, "Shift+L", index == last),
    )
    with st.container(horizontal=True, gap="xsmall"):
        for name, icon, to, shortcut, off in moves[:2]:
            st.button(t(name), icon=icon, on_click=_go, args=(to,), shortcut=shortcut, disabled=off, key=f"_{name}")
        st.button(
            t("Pause") if playing else t("Play"), icon=":material/pause:" if playing else ":material/play_arrow:",
            on_click=_play, args=(index == last,), shortcut="K", key="_play",
        )  # fmt: skip
        for name, icon, to, shortcut, off in moves[2:]:
            st.button(t(name), icon=icon, on_click=_go, args=(to,), shortcut=shortcut, disabled=off, key=f"_{name}")
    if st.session_state.pop("_play_changed", False):
        st.rerun()  # only a rerun of the whole page changes the timer


def _go(to: int) -> None:
    st.session_state["event"] = to + 1
    if st.session_state.get("_playing"):
        st.session_state["_playing"], st.session_state["_play_changed"] = False, True


def _play(from_start: bool) -> None:
    st.session_state["_playing"] = not st.session_state.get("_playing", False)
    st.session_state["_play_changed"] = True
    st.session_state["_fresh"] = True
    if st.session_state["_playing"] and from_start:
        st.session_state["event"] = 1


def _tick(count: int) -> None:
    """Advance by one event while playing; the first run after Play shows where it starts."""
    if st.session_state.pop("_fresh", False) or st.session_state.get("_play_changed"):
        return
    if st.session_state["event"] >= count:
        st.session_state["_playing"], st.session_state["_play_changed"] = False, True
    else:
        st.session_state["event"] += 1
