"""What really adapts: layers that move or are held, learned rates, and a pull back to the start."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.demos.answers import LayersMoved
from core.registry import demo_for
from core.storage.checkpoints import CheckpointError
from lessons.demos import layers, sinusoid
from lessons.demos.sinusoid import Task
from lessons.engine.language import named, plural, t
from lessons.figures import curves
from lessons.figures import layers as figures
from lessons.figures.curves import inner_steps_in_words
from lessons.notices.layers import (
    about_by_step,
    about_characters,
    about_curve,
    about_held,
    about_moved,
    about_rates,
)
from pages.sections import lesson
from pages.sections.chapters import Part, Scene, chapters, together
from pages.sections.metric import part
from pages.sections.sinusoid import NOISE, SHOTS, following, keep_points, new_task, points_of, reset_points, task_seed
from pages.sections.training import LENGTH, SHARED, Field, Panel, show_panel, work_of
from pages.sections.watch import watch
from pages.session.questions import ask
from pages.widgets import controls
from pages.widgets.components import chosen_source, copyable, fit_chart
from pages.widgets.controls import option_of
from pages.widgets.figure import show, unreadable, unrecorded

LESSON = "what_adapts"
STEPS = option_of(int, "steps", 5, 0, layers.MOST_STEPS, "gradient steps on the points")
PULL = option_of(float, "pull", 2.0, 0.5, 50.0, "how strongly φ is drawn back to θ; it was trained with 2")
MOVING = {
    "all": "all", "first": "first", "second": "second", "last": "last",
    "body": "not the last", "upper": "not the first",
}  # fmt: skip
OUTER_RATE = Field("outer_rate", "Outer rate (Adam)", 0.001, "%.4f")
MORE_FIELDS = {"imaml": (Field("pull", "Pull λ", 0.5), Field("solver_steps", "Steps of conjugate gradients", 1))}
SOURCES = {  # file, function, and parts of the lines to highlight
    "ANIL": ("core/methods/anil/algorithm.py", "meta_gradient", ("rates = ", "hessian_times(rates")),
    "Meta-SGD": ("core/methods/meta_sgd/algorithm.py", "meta_gradient", ("of_rates",)),
    "iMAML": ("core/methods/imaml/algorithm.py", "meta_gradient", ("v + hessian_times", "conjugate_gradients")),
    "conjugate gradients": ("core/methods/imaml/algorithm.py", "conjugate_gradients", ("length = ", "direction = ")),
    "an inner step": ("core/training/adaptation.py", "inner_step", ("phi = phi -", "descent.pull")),
    "MAML, to compare": ("core/methods/maml/algorithm.py", "meta_gradient", ("hessian_times",)),
}


@st.fragment
def _stage(key: str, full: bool, fixed: tuple[str, int] | None = None) -> None:
    """Let a shipped network take steps; `full`: with all controls; `fixed`: what moves, and the steps, for a prediction
    that is played.
    """
    seed = task_seed()
    drawn = sinusoid.task_of(seed)
    name, which, task, shots, noise = _choices(drawn) if full else ("maml", "all", *_linked(drawn))
    left, right = st.columns([3, 2], gap="medium")
    points, custom = points_of(seed, task, shots, noise)
    with left:
        picture, below = st.container(), st.container()
    with right:
        with st.container(key=f"twos_moved_{key}"):
            changes = {"pull": float(controls.slider(PULL, "Pull λ", 0.5))} if name == "imaml" else {}
            if fixed:
                which, steps = fixed
            else:
                steps = int(controls.slider(STEPS, "Inner steps", 1))
            st.button(t("New task"), icon=":material/casino:", on_click=new_task, type="primary", key=f"new_{key}")
            if custom:
                st.button(t("Put the points back"), icon=":material/undo:", on_click=reset_points, key=f"back_{key}")
        bars = st.container()
    free = _moved(name, task, points, "all", changes)
    now = free if which == "all" else _moved(name, task, points, which, changes)
    with picture:
        _draw(key, task, points, now, free if which != "all" else None, steps)
    if now is None or free is None:
        return
    moves = layers.MOVES[which]
    with bars:
        furthest = max(layers.WIDEST[name], *(float(layers.relative(answer, steps).max()) for answer in (now, free)))
        show(figures.moved(now, steps, moves, min(furthest, layers.MOST_SHOWN)), f"moved_{key}")
    noticed, *aimed = st.columns([4, 3, 3], gap="small") if full else [below]
    with noticed:
        st.info(about_moved(now, free, steps, moves, name, task, points), icon=":material/visibility:")
    if full:
        usual = _moved(name, task, points, which, {}) if changes else now
        _goals(aimed, now, free, usual or now, steps, changes)


def _goals(
    places: Sequence[DeltaGenerator], now: LayersMoved, free: LayersMoved, usual: LayersMoved, steps: int,
    changes: dict[str, float],
) -> None:  # fmt: skip
    """Check the goals, each in a place of its own. usual: the same as `now` with the shipped settings, which `changes`
    differ from.
    """
    own, everything, with_usual = (float(answer.query_loss[steps]) for answer in (now, free, usual))
    with places[0]:
        movable, moving = (int((answer.distances[steps] > 0).sum()) for answer in (free, now))
        best = float(np.nanmin(free.query_loss[: steps + 1]))
        lesson.goal(LESSON, "one", movable=movable, moving=moving, own=own, all=everything, best=best)
    with places[1]:
        lesson.goal(LESSON, "rope", pull=changes.get("pull", float("nan")), usual=with_usual, own=own)


def _choices(drawn: Task) -> tuple[str, str, Task, int, float]:
    """Draw the controls of Play above the picture: the network, what moves, and the task."""
    amplitude_option, phase_option = following(drawn)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = controls.choice("network", "Network", layers.NAMES, "maml", width="content")
        which = controls.choice("moves", "What may move", MOVING, "all", width="content")
        more = st.popover(t("More"), icon=":material/tune:")
    with more:
        amplitude = controls.slider(amplitude_option, "Amplitude", 0.1)
        phase = controls.slider(phase_option, "Phase", 0.01)
        shots = int(controls.slider(SHOTS, "Support points K", 1))
        noise = controls.slider(NOISE, "Noise", 0.05)
    return name, which, Task(amplitude, phase), shots, noise


def _linked(drawn: Task) -> tuple[Task, int, float]:
    """Return the task that the controls of Play stand at, where they are not drawn."""
    amplitude, phase = map(controls.linked, following(drawn))
    return Task(amplitude, phase), controls.linked(SHOTS), controls.linked(NOISE)


def _moved(
    name: str, task: Task, points: list[tuple[float, float]], which: str, changes: dict[str, float]
) -> LayersMoved | None:
    """Return how far each layer goes on the points; the recorded answer if the page opens with it."""
    question = layers.request(name, task, points, layers.MOVES[which], layers.MOST_STEPS, changes)
    recorded = layers.first_paint()
    opens = layers.first_request()
    same = (question.x, question.y, question.amplitude, question.phase) == (
        opens.x,
        opens.y,
        opens.amplitude,
        opens.phase,
    )
    if recorded and name == "maml" and which == "all" and same:
        return recorded
    answers = ask(question)
    return answers[0] if answers else None


def _draw(
    key: str, task: Task, points: list[tuple[float, float]], now: LayersMoved | None, free: LayersMoved | None,
    steps: int,
) -> None:  # fmt: skip
    """Draw the points, and the curve before and after the steps."""
    empty = np.empty(0)
    drawn = {"start": empty if now is None else now.curves[0]}
    if free is not None:
        drawn["all"] = free.curves[steps]
    drawn["now"] = empty if now is None else now.curves[steps]
    st.markdown(f"**{t('The curve before and after {steps}', steps=inner_steps_in_words(steps))}**")
    fit_chart(
        key, sinusoid.GRID, task(sinusoid.GRID), drawn, points,
        plural(
            len(points),
            "A sinusoid of amplitude {amplitude:g} and phase {phase:g}, {count} point, and the curves {parts}.",
            "A sinusoid of amplitude {amplitude:g} and phase {phase:g}, {count} points, and the curves {parts}.",
            amplitude=task.amplitude, phase=task.phase,
            parts=named(figures.LINES[name].label for name in drawn),
        ),
        partial(keep_points, key, "points"), lines=figures.LINES,
        parts={"start": "start", "now": "adapted", "points": "support", "truth": "query"},
    )  # fmt: skip


@st.fragment
def _beside() -> None:
    """Draw what the formulas speak of: θ, its points, and where steps on them lead."""
    seed = task_seed()
    task, shots, noise = _linked(sinusoid.task_of(seed))
    points, _ = points_of(seed, task, shots, noise)
    picture = st.container()
    steps = int(controls.slider(STEPS, "Inner steps", 1))
    with picture:
        _draw("beside_layers", task, points, _moved("maml", task, points, "all", {}), None, steps)


def _see() -> None:
    _stage("see_layers", full=together())


def _answered() -> None:
    """Play what the prediction asks about: five steps of the last layer alone."""
    _stage("predict_layers", full=False, fixed=("last", 5))


def _try() -> None:
    part(LESSON, "Try: hold layers", "try")
    if not together():
        _stage("points_chart", full=True)


def _chosen(again: bool = False) -> str:
    """Return which method learns. again: on one page with the control itself, which it then draws once."""
    names = {name: layers.NAMES[name] for name in layers.NEW}
    choose = controls.linked_choice if again and together() else partial(controls.choice, label="Who learns")
    return choose(key="learner", labels=names, default="anil")


def _watch() -> None:
    name = _chosen()
    watch(f"{LESSON}_{name}", layers.recorded(name))


def _panel(name: str) -> Panel:
    base = demo_for(name, "sinusoid")
    fields = (*SHARED, OUTER_RATE, *MORE_FIELDS.get(name, ()), *LENGTH)
    return Panel(
        f"{LESSON}_{name}", base, fields, layers.recorded(name), curves.learning, about_curve,
        lambda config: max(1, min(25, 1000 // work_of(config))), prefix=f"{name}_", used=False,
    )  # fmt: skip


def _train() -> None:
    part(LESSON, "Train it yourself", "train")
    show_panel(_panel(_chosen(again=True)))


def _score() -> None:
    runs = {name: layers.recorded(name) for name in figures.METHODS}
    show(figures.by_step(runs), "by_step")
    st.info(about_by_step(runs), icon=":material/visibility:")
    with st.expander(t("The commands that make these runs")):
        for name, run in runs.items():
            copyable(f"command_{name}", run.about.command)


def _measured(kind: str, names: dict[str, str], key: str) -> None:
    rows = layers.measured(kind)
    if not rows:
        unrecorded("layers")
        return
    labels = {name: t(label) for name, label in names.items() if name in rows}
    name = controls.choice(key, "Network", labels, "maml")
    accuracy = kind == "omniglot"
    show(figures.held(rows[name], accuracy, labels[name]), f"held_{kind}")
    st.info(about_held(rows[name], accuracy, labels[name], name in layers.HEAD_ALONE), icon=":material/visibility:")


def _characters() -> None:
    _measured("omniglot", layers.PICTURE_NAMES, "on_characters")
    rows = layers.measured("omniglot")
    if rows:
        labels = {name: t(label) for name, label in layers.PICTURE_NAMES.items()}
        st.info(about_characters(rows, labels), icon=":material/lightbulb:")


def _rates() -> None:
    by_layer = layers.rates()
    show(figures.rates(by_layer), "rates")
    st.info(about_rates(by_layer), icon=":material/visibility:")


def _recorded(_: DeltaGenerator) -> bool:
    """Return whether the shipped runs can be read, and say on the page if not."""
    try:
        for name in layers.NAMES:
            layers.recorded(name)
    except CheckpointError as error:
        unreadable(error)
        return False
    return True


def _scene(name: str, label: str, title: str, draw: Callable[[], None]) -> Scene:
    return Scene(name, label, lambda: part(LESSON, title, name, draw))


parts: dict[str, Part | list[Scene]] = {
    "see": _see,
    "predict": _answered,
    "play": _try,
    "learn": [
        Scene("watch", "Moments", _watch),
        Scene("train", "Train it yourself", _train),
        _scene("score", "On 1000 tasks", "The error by inner step", _score),
    ],
    "why": [
        _scene(
            "layers", "Which layer", "Which layer does it?", partial(_measured, "sinusoid", layers.NAMES, "on_curves")
        ),
        _scene("characters", "On characters", "And on characters?", _characters),
        _scene("rates", "A rate for each", "A rate for each number", _rates),
    ],
    "beside": _beside,
    "code": lambda: part(LESSON, "Three outer gradients", "code", lambda: chosen_source(SOURCES)),
}
chapters(LESSON, parts, {"try": "play"}, _recorded)
