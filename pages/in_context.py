"""Learning in context: a network that reads points, beside MAML's steps; one layer beside one gradient step."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.events import Event, Fitted, PointsRead, Snapshot
from core.methods.linear_attention.config import LinearAttentionConfig
from core.registry import demo_for
from core.storage.checkpoints import CheckpointError
from core.training.config import TrainingConfig
from lessons.demos import context, sinusoid
from lessons.engine.content import section
from lessons.engine.language import named, plural, t
from lessons.figures import context as figures
from lessons.figures.theme import Shown
from lessons.notices.context import (
    about_attention,
    about_by_points,
    about_curve,
    about_few,
    about_layer,
    about_read,
    mean_shares,
)
from pages.sections import lesson
from pages.sections.chapters import Part, Scene, chapters, together
from pages.sections.metric import part
from pages.sections.sinusoid import (
    NOISE,
    following,
    keep_points,
    new_task,
    points_of,
    reset_points,
    task_seed,
)
from pages.sections.training import LENGTH, Field, Panel, show_panel
from pages.sections.watch import watch
from pages.session.questions import ask, remembered
from pages.widgets import controls
from pages.widgets.components import chosen_source, copyable, fit_chart
from pages.widgets.controls import option_of
from pages.widgets.figure import show, unreadable, unrecorded

LESSON = "in_context"
MOST_READ = 20
SEEN, QUERY = "seen", option_of(float, "query", 0.0, -5.0, 5.0, "where the network is asked")
POINTS = option_of(int, "k", context.OPENS_WITH, 1, 20, "points drawn of a function")
WHO = {"in-context": "the transformer", "cnp": "the neural process"}
FIELDS = (
    Field("layers", "Blocks", 1, low=1, high=4),
    Field("width", "Width of a token", 16, low=16, high=128),
    Field("meta_batch", "Functions per update", 16, low=16, high=256),
    Field("outer_rate", "Outer rate (Adam)", 0.001, "%.4f"),
)
LAYER_FIELDS = (
    Field("meta_batch", "Functions per update", 32, low=32, high=512),
    Field("outer_rate", "Outer rate (Adam)", 0.001, "%.4f"),
)
SOURCES = {  # file, function, and parts of the lines to highlight
    "the whole network": ("core/methods/in_context/model.py", "answer", ("attend(",)),
    "attention": ("core/methods/in_context/model.py", "attend", ("softmax",)),
    "a block": ("core/methods/in_context/model.py", "_block", ("tokens +",)),
    "the neural process": ("core/methods/cnp/model.py", "__call__", ("cumsum", "perceptron")),
    "linear attention": ("core/methods/linear_attention/model.py", "__call__", ("attention",)),
    "one gradient step": ("core/methods/linear_attention/model.py", "gradient_step", ("w = w",)),
    "the step as a layer": ("core/methods/linear_attention/model.py", "construction", ("value", "only_x")),
}


@st.fragment
def _reading(key: str, full: bool, at: int | None = None, narrow: bool = False) -> None:
    """Let the shipped networks read points; `full`: with all controls, else with those of the first look, or only after
    `at` points. narrow: the picture has half of the page, and its controls stand below it.
    """
    seed = task_seed()
    drawn = sinusoid.task_of(seed)
    left, right = (st.container(), st.container()) if narrow else st.columns([3, 2], gap="medium")
    with left:
        picture, below = st.container(key=f"room_{key}"), st.container(key=f"last_read_{key}")
    with right:
        with st.container():
            who = controls.choice("who", "Who reads", WHO, "in-context") if full else "in-context"
            if full:
                lesson.presets(LESSON)
            task, shots, noise = _function(drawn) if full else _linked(drawn)
            points, own = points_of(seed, task, shots, noise)
            with st.container(key=f"twos_read_{key}"):
                seen = _points_read(len(points), 0 if full else 1) if at is None else at
                query = QUERY.default
                if who == "in-context" and at is None:
                    query = float(controls.slider(QUERY, "Ask at x", 0.1))
            if at is None:
                _task_buttons(own)
        beside = st.container()
    with picture:
        read, maml = _answers(who, points, query, task, seen)
        _draw(key, task, points, seen, query, who, read, maml, full)
    if read is None or maml is None:
        return
    steps = {number: maml.curves[number if seen else 0] for number in (1, 10)}
    with below if full else beside:
        if not narrow:
            st.info(about_read(read, steps, points[:seen], task, who), icon=":material/visibility:")
        if who == "in-context":
            st.caption(about_attention(read, query, points[:seen], task))
        if full:
            own_error, ten = (context.error_of(curve, task) for curve in (read.curves[seen], steps[10]))
            with beside:
                lesson.goal(LESSON, "outside", amplitude=task.amplitude, phase=task.phase, own=own_error, ten=ten)


def _task_buttons(own: bool) -> None:
    with st.container(horizontal=True):
        st.button(t("New task"), icon=":material/casino:", on_click=new_task, type="primary")
        if own:
            st.button(t("Put the points back"), icon=":material/undo:", on_click=reset_points)


def _points_read(points: int, least: int) -> int:
    """Return how many of the points are read: at most those that there are. least: the first look leaves out what the
    prediction asks for, the curve before any point.
    """
    option = option_of(int, SEEN, 5, least, MOST_READ, "how many of the points have been read")
    return min(int(controls.slider(option, "Points read", 1)), points)


def _linked(drawn: sinusoid.Task) -> tuple[sinusoid.Task, int, float]:
    """Return what the controls of Play stand at, where they are not drawn."""
    amplitude, phase = map(controls.linked, following(drawn))
    return sinusoid.Task(amplitude, phase), controls.linked(POINTS), controls.linked(NOISE)


def _function(drawn: sinusoid.Task) -> tuple[sinusoid.Task, int, float]:
    amplitude_option, phase_option = following(drawn)
    first, second, more = st.columns(3, vertical_alignment="bottom")
    with first:
        amplitude = controls.slider(amplitude_option, "Amplitude", 0.1)
    with second:
        phase = controls.slider(phase_option, "Phase", 0.01)
    with more, st.popover(t("More"), icon=":material/tune:"):
        shots = int(controls.slider(POINTS, "Points", 1))
        noise = controls.slider(NOISE, "Noise", 0.05)
    return sinusoid.Task(amplitude, phase), shots, noise


def _answers(
    who: str, points: list[tuple[float, float]], query: float, task: sinusoid.Task, seen: int
) -> tuple[PointsRead | None, Fitted | None]:
    """Return what the network and MAML make of the points; the recorded answer if the page opens with it."""
    opens = points == context.first_points() and query == QUERY.default
    read = context.first_paint(who) if opens else None
    if read is None:
        answers = remembered(f"read {who}", context.read_request(who, points, query))
        read = answers[0] if answers else None
    fits = ask(context.maml_request(task, points[: max(seen, 1)]))
    return read, fits[0] if fits else None


def _draw(
    key: str, task: sinusoid.Task, points: list[tuple[float, float]], seen: int, query: float, who: str,
    read: PointsRead | None, maml: Fitted | None, full: bool,
) -> None:  # fmt: skip
    """Draw the points, the curves after those that were read, and what the query looks at."""
    empty = np.empty(0)
    steps = (1, 10) if full else (1,)
    curves = {
        f"maml {step}": empty if maml is None else maml.curves[step] for step in steps if seen
    }  # no point, no step
    curves[who] = empty if read is None else read.curves[seen]
    more: dict[str, Any] = {"read": seen}
    if read is not None and read.attention.size:
        answer = float(np.interp(query, read.grid, read.curves[seen]))
        shares = mean_shares(read, seen)[1:].round(4).tolist()
        more["query"] = {"x": query, "y": round(answer, 3), "colour": figures.LINES[who].colour, "shares": shares}
    if read is not None and len(read.spread):
        low, high = (read.curves[seen] + sign * 2 * read.spread[seen] for sign in (-1, 1))
        more["band"] = {"low": low.round(3).tolist(), "high": high.round(3).tolist(), "colour": figures.BAND}
    st.markdown(f"**{_title(seen, len(points), who)}**")
    fit_chart(
        key, sinusoid.GRID, task(sinusoid.GRID), curves, points,
        t(
            "A sinusoid of amplitude {amplitude:g} and phase {phase:g}, and the curves of {parts}. Read: {seen} of "
            "{count}.",
            amplitude=task.amplitude, phase=task.phase, count=len(points), seen=seen,
            parts=named(figures.LINES[name].label for name in curves),
        ),
        partial(_keep, key, len(points)), lines=figures.LINES, plain=True,
        parts={who: "answer", "points": "token"}, **more,
    )  # fmt: skip


def _keep(key: str, before: int) -> None:
    """Keep the points that the chart sent; one that was added is read at once."""
    keep_points(key, "points")
    sent = (st.session_state.get(key) or {}).get("points") or []
    if isinstance(sent, list) and len(sent) > before:
        st.session_state[SEEN] = min(len(sent), MOST_READ)


def _title(seen: int, points: int, who: str) -> str:
    return plural(
        seen, "{who} has read {count} point of {all}", "{who} has read {count} points of {all}",
        who=t(WHO[who]).capitalize(), all=points,
    )  # fmt: skip


def _see() -> None:
    _reading("see_points", full=together())


def _answered() -> None:
    """Play what the prediction asks about: the curve before any point."""
    _reading("predict_points", full=False, at=0)


def _try() -> None:
    part(LESSON, "Try: points of your own", "try")
    if not together():
        _reading("points_chart", full=True)


def _panel() -> Panel:
    base = demo_for("in-context", "sinusoid")
    return Panel(
        LESSON, base, (*FIELDS, *LENGTH), context.network("in-context"), figures.learning, about_curve,
        lambda config: 10, used=False,
    )  # fmt: skip


def _train() -> None:
    part(LESSON, "Train it yourself", "train", lambda: show_panel(_panel()))


def _score() -> None:
    errors = context.by_points()
    if not errors:
        unrecorded("context")
        return
    show(figures.by_points(errors), "by_points")
    st.info(about_by_points(errors), icon=":material/visibility:")
    with st.expander(t("The commands that make these runs")):
        for name in context.READERS:
            copyable(f"command_{name}", context.network(name).about.command)


def _layer() -> None:
    st.header(t("One layer is one gradient step"), anchor="layer")
    words, picture = st.columns([2, 3], gap="medium")
    with words:
        st.markdown(section(LESSON, "layer"))
    with picture:
        shipped = context.layer()
        learned = context.effect(shipped.snapshot.theta, shipped.config)
        title = "What the shipped layer multiplies query and key by, beside the gradient step"
        show(figures.effect(learned, context.beside_one_step().step_rate, title), "effect_shipped")
    show_panel(_layer_panel())


def _layer_panel() -> Panel:
    shipped, step = context.layer(), context.beside_one_step()
    return Panel(
        "linear_attention", demo_for("linear-attention", "linear").updated(snapshot_every=25), (*LAYER_FIELDS, *LENGTH),
        shipped, lambda runs, iterations: figures.layer(runs, iterations, step.step_loss),
        lambda steps, _: about_layer(steps[-1].after, step.step_loss), lambda config: 25, (), _learned,
        prefix="layer_", used=False,
    )  # fmt: skip


def _learned(config: TrainingConfig, events: Sequence[Event]) -> dict[str, Shown]:
    """Return the picture of what a layer has learned so far."""
    latest = next((event for event in reversed(events) if isinstance(event, Snapshot)), None)
    if latest is None or not isinstance(config, LinearAttentionConfig):
        return {}
    learned = context.effect(latest.theta, config)
    return {"effect": figures.effect(learned, context.beside_one_step().step_rate, "What this run multiplies by")}


def _few() -> None:
    part(LESSON, "How many functions does it take?", "few")
    errors = context.tasks_needed()
    if not errors:
        unrecorded("context")
        return
    show(figures.few(errors), "few")
    st.info(about_few(errors), icon=":material/visibility:")


def _code() -> None:
    chosen_source(SOURCES)


def _recorded(_: DeltaGenerator) -> bool:
    """Return whether the shipped networks can be read, and say on the page if not."""
    try:
        for needed in (*map(context.scored, context.READERS), context.beside_one_step(), sinusoid.recorded("maml")):
            assert needed
    except CheckpointError as error:
        unreadable(error)
        return False
    return True


parts: dict[str, Part | list[Scene]] = {
    "see": _see,
    "predict": _answered,
    "play": _try,
    "beside": lambda: _reading("beside_points", full=False, narrow=True),
    "learn": [
        Scene("watch", "Moments", lambda: watch(LESSON, context.network("in-context"))),
        Scene("train", "Train it yourself", _train),
        Scene("score", "On 1000 functions", lambda: part(LESSON, "The error by the number of points", "score", _score)),
    ],
    "why": [Scene("layer", "One layer, one step", _layer), Scene("few", "Few functions", _few)],
    "code": lambda: part(LESSON, "The code of a network that reads", "code", _code),
}
chapters(LESSON, parts, {"try": "play"}, _recorded)
