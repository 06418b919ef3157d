"""What the page says of the plane of two parameters, against derivatives that are worked out here by hand."""

import math
from dataclasses import dataclass, field, replace
from functools import cache, partial

import numpy as np
import pytest

from core.demos.questions import Plane
from core.dispatch import answer
from core.events import Arrows, PlaneAnswer
from lessons.demos.plane import OUTER_RATE
from lessons.engine.course import lesson
from lessons.figures import plane as figures
from lessons.notices.plane import about_plane
from pages.sections.parameter_space import _tasks
from tests.claims.registry import STATES, Claims, listening

X = np.linspace(-5, 5, 101)
CLAIMS = Claims()


@dataclass(frozen=True)
class State:
    question: Plane
    answer: PlaneAnswer = field(repr=False)

    @property
    def arrows(self) -> dict[str, Arrows]:
        return {arrows.name: arrows for arrows in self.answer.arrows}

    def step(self, name: str, theta: np.ndarray | None = None) -> np.ndarray:
        """The outer step of a method in the arrows of the figure: gradients times the outer rate, or phi - theta."""
        rate = 1.0 if name == "reptile" else OUTER_RATE
        return rate * self.arrows[name].contributions.astype(float).mean(0)

    def degrees(self, first: str, second: str) -> float:
        a, b = self.step(first), self.step(second)
        return math.degrees(math.acos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1)))

    def cancels(self, name: str) -> bool:
        each = np.linalg.norm(self.arrows[name].contributions, axis=1).mean()
        return bool(np.linalg.norm(self.arrows[name].contributions.mean(0)) < 0.0334 * each) or each < 1e-5

    def outside(self) -> int:
        inside = [
            all(-1e-5 <= a <= 5 + 1e-5 and -1e-5 <= b <= math.pi + 1e-5 for a, b in path)
            for path in self.arrows["maml"].path.transpose(1, 0, 2)
        ]
        return inside.count(False)


def gradients(state: State, places: np.ndarray) -> np.ndarray:
    """The gradient of each task's loss at `places` [tasks, 2], from the formula of the model."""
    found = []
    tasks = zip(state.question.amplitudes, state.question.phases, strict=True)
    for (a, b), (amplitude, phase) in zip(places.astype(float), tasks, strict=True):
        error = a * np.sin(X - b) - amplitude * np.sin(X - phase)
        found.append([2 * (error * np.sin(X - b)).mean(), -2 * (error * a * np.cos(X - b)).mean()])
    return np.array(found)


@cache
def at(question: Plane) -> State:
    (shown,) = answer(question)
    return State(question, shown)


@cache
def states() -> list[State]:
    """Random states, and the edges: no step, no rate, a flat model, places where the outer gradient is nearly zero."""
    source, asked = np.random.default_rng(4), []
    for number in range(STATES + 60):
        amplitudes, phases = _tasks(0 if number % 2 else int(source.integers(1, 999)))
        theta = round(source.uniform(0, 5), 2), round(source.uniform(0, 3.14), 2)
        rate, steps = round(source.uniform(0, 1) ** 2, 2), int(source.integers(0, 11))
        if number < 12:
            rate, steps = (0.0, 0.01, 0.15, 1.0)[number % 4], (0, 1, 10)[number % 3]
        asked.append(Plane(amplitudes, phases, *theta, rate, steps))
    asked += [Plane(amplitude=0.0, phase=2.0), Plane(amplitude=5.0, phase=3.14), Plane(amplitude=0.0, inner_rate=1.0)]
    for name in ("maml", "fomaml", "reptile"):
        for rate in (0.02, 0.15):
            asked += _towards_rest(Plane(inner_rate=rate), name)
    return [at(question) for question in asked]


def _towards_rest(question: Plane, name: str) -> list[Plane]:
    """Follow a method's outer steps until they are next to nothing; return the last few places."""
    theta, places = np.array([question.amplitude, question.phase]), []
    for _ in range(80):
        place = replace(question, amplitude=float(theta[0]), phase=float(theta[1]))
        places.append(place)
        theta = np.clip(theta + at(place).step(name), 0, [5, 3.14])
    return places[-4:]


@CLAIMS.says("**Notice** The inner steps grow without end: there are no arrows to compare. Try a smaller inner rate.")
def _(state, values):
    return not np.isfinite(state.arrows["maml"].path).all()


@CLAIMS.says(
    "**Notice** The copies do not move, so there is no inner path. MAML and first-order MAML are then the same: both "
    "go down the mean loss at θ. Reptile has no arrow at all. Next: take a few steps at a rate above 0."
)
def _(state, values):
    down = -OUTER_RATE * gradients(state, state.arrows["maml"].path[0]).mean(0)
    still = np.abs(state.arrows["maml"].path - state.arrows["maml"].path[0]).max() == 0
    resting = "reptile" not in state.arrows or not np.abs(state.step("reptile")).any()
    same = all(np.allclose(state.step(name), down, atol=1e-4) for name in ("maml", "fomaml"))
    return still and resting and same and not (state.question.inner_steps and state.question.inner_rate)


NAMES = {"MAML": "maml", "first-order": "fomaml", "Reptile": "reptile"}


@CLAIMS.says(
    "The tasks' arrows nearly cancel for {names}: their mean is less than a thirtieth as long as they are, so its "
    "direction says nothing. There, the outer loop would hardly move θ. "
)
def _(state, values):
    said = values["names"].split(" and ")
    return {NAMES[name] for name in said} == {name for name in state.arrows if state.cancels(name)}


@CLAIMS.says("MAML and first-order MAML point {hessian:.0f}° apart")
def _(state, values):
    sure = not state.cancels("maml") and not state.cancels("fomaml")
    return sure and abs(values["hessian"] - state.degrees("maml", "fomaml")) < 0.6


@CLAIMS.says(": here the curvature (the Hessian term), which first order leaves out, hardly turns the mean. ")
def _(state, values):
    return state.degrees("maml", "fomaml") < 5.1


@CLAIMS.says("; all of that is the curvature (the Hessian term), which first order leaves out. ")
def _(state, values):
    """First order takes the plain gradients at the same places; so nothing else can differ."""
    ends = state.arrows["maml"].path[-1]
    if np.abs(ends).max() > 1e3:
        return True  # single precision no longer tells
    plain = gradients(state, ends)
    first_order = state.arrows["fomaml"].contributions
    same_places = np.allclose(ends, state.arrows["fomaml"].path[-1])
    near = np.allclose(first_order, -plain, rtol=2e-3, atol=2e-3 * max(1, np.abs(plain).max()))
    return same_places and near and state.degrees("maml", "fomaml") >= 4.9


@CLAIMS.says("Reptile is {reptile:.0f}° from first-order MAML. ")
def _(state, values):
    sure = not state.cancels("reptile") and not state.cancels("fomaml")
    return sure and abs(values["reptile"] - state.degrees("fomaml", "reptile")) < 0.6


@CLAIMS.says(
    "With one inner step Reptile goes down the mean loss *at θ*; first-order MAML takes its gradients *at each φ*. "
)
def _(state, values):
    path = state.arrows["maml"].path
    down = -state.question.inner_rate * gradients(state, path[0]).mean(0)
    return (
        len(path) == 2
        and np.allclose(state.step("reptile"), down, atol=1e-3)
        and np.allclose(state.step("fomaml"), -OUTER_RATE * gradients(state, path[1]).mean(0), atol=5e-3)
    )


@CLAIMS.says(
    "{count} of the {tasks} inner paths leaves the picture. ", "{count} of the {tasks} inner paths leave the picture. "
)
def _(state, values):
    return values["count"] == state.outside() > 0 and values["tasks"] == 3


@CLAIMS.says("Next: bring the inner rate down to 0.01. What becomes of the angles?")
def _(state, values):
    return state.question.inner_rate > 0.01


CLAIMS.names("**Notice** ", " and ", "MAML", "first-order", "Reptile")


def test_the_notice_is_true_in_every_state():
    for state in states():
        question = state.question
        speak = partial(about_plane, state.answer.arrows, question.inner_steps, question.inner_rate)
        text = CLAIMS.audit(speak, state)
        moves = question.inner_steps and question.inner_rate
        assert ("the picture" in text) == bool(moves and state.outside()), question
    assert set(CLAIMS.checks) - CLAIMS.heard <= {
        "**Notice** The inner steps grow without end: there are no arrows to compare. Try a smaller inner rate."
    }


def test_steps_that_grow_without_end_are_said():
    path = np.full((3, 3, 2), np.nan)
    endless = tuple(Arrows(name, path, path[0]) for name in ("maml", "fomaml", "reptile"))
    state = State(Plane(), PlaneAnswer(states()[0].answer.surface, endless))
    CLAIMS.audit(lambda: about_plane(endless, 3, 1.0), state)


def drawn(state: State, method: str) -> dict[str, np.ndarray]:
    """The arrows of the figure by name: from where to where, in units of the plane."""
    tasks = tuple(zip(state.question.amplitudes, state.question.phases, strict=True))
    figure = figures.plane(state.answer.surface, state.answer.arrows, method, None, tasks).figure
    lines = [line for line in figure.data if line.type == "scatter" and line.x is not None and len(line.x) == 5]
    return {line.name: np.array([line.x[1] - line.x[0], line.y[1] - line.y[0]], float) for line in lines}


@pytest.mark.parametrize("method", ["maml", "fomaml", "reptile"])
def test_a_thick_arrow_is_the_mean_of_the_thin_ones_and_all_are_to_scale(method):
    label = {"maml": "MAML", "fomaml": "first-order", "reptile": "Reptile"}
    for state in states()[::4]:
        if method not in state.arrows or not np.isfinite(state.arrows[method].contributions).all():
            continue
        arrows = drawn(state, method)
        thin = [arrows.get(f"task {i}: where it sends θ", np.zeros(2)) for i in (1, 2, 3)]
        if (name := f"{label[method]}: outer arrow") in arrows:
            assert np.allclose(arrows[name], np.mean(thin, 0), atol=1e-4 * max(1, np.abs(thin).max()))
        if method == "reptile":
            path = state.arrows["reptile"].path
            assert np.allclose(np.array(thin), path[-1] - path[0], atol=1e-4 * max(1, np.abs(path).max()))


def test_both_axes_of_the_plane_have_one_scale_and_stars_are_where_the_loss_is_zero():
    state = at(Plane())
    tasks = tuple(zip(state.question.amplitudes, state.question.phases, strict=True))
    figure = figures.plane(state.answer.surface, state.answer.arrows, "maml", None, tasks).figure
    assert figure.layout.yaxis.scaleanchor == "x" and figure.layout.yaxis.scaleratio == 1
    for i, star in enumerate(line for line in figure.data if line.name and "best parameters" in line.name):
        place = np.tile([star.x[0], star.y[0]], (3, 1))
        assert np.allclose(gradients(state, place)[i], 0, atol=1e-6)


def test_the_table_lists_every_arrow_and_its_length():
    state = at(Plane(inner_steps=2))
    table = figures.table(state.answer.arrows)
    assert len(table) == 3 * 4
    assert np.allclose(table["length"], np.hypot(table["amplitude"], table["phase"]))


def test_the_goals_count_paths_that_leave():
    """A large angle with paths outside the plane does not reach the goal, nor a small one with a single step."""
    differ, align = lesson("first_order").goals["differ"], lesson("reptile").goals["align"]
    assert differ.reached({"degrees": 60, "steps": 3, "rate": 0.3, "outside": 0})
    assert not differ.reached({"degrees": 60, "steps": 3, "rate": 0.6, "outside": 1})
    assert not align.reached({"degrees": 1, "steps": 1, "rate": 0.01, "outside": 0})


def test_the_words_below_the_figure_are_those_of_its_arrows():
    with listening() as said:
        figures.scale()
    assert [one.values["rate"] for one in said] == [OUTER_RATE]
