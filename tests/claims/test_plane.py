"""What the page says of the plane of two parameters, against derivatives that are worked out here by hand."""

import json
import math
from dataclasses import dataclass, field, replace
from functools import cache, partial

import numpy as np
import pytest

from core.demos.questions import Plane
from core.dispatch import answer
from core.events import Arrows, PlaneAnswer
from lessons.demos.plane import OUTER_RATE, tasks_of
from lessons.engine.course import lesson
from lessons.figures import plane as figures
from lessons.notices.plane import about_landscape, about_plane
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
        """Whether the mean of a method's arrows is below 0.03 of their length, which is less than a thirtieth."""
        each = np.linalg.norm(self.arrows[name].contributions, axis=1).mean()
        return bool(np.linalg.norm(self.arrows[name].contributions.mean(0)) < 0.03 * each) or each < 1e-5

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
        amplitudes, phases = zip(*tasks_of(0 if number % 2 else int(source.integers(1, 999))), strict=True)
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
    theta, places, question = np.array([question.amplitude, question.phase]), [], replace(question, outer_steps=0)
    for _ in range(80):
        place = replace(question, amplitude=float(theta[0]), phase=float(theta[1]))
        places.append(place)
        theta = np.clip(theta + at(place).step(name), 0, [5, 3.14])
    return [replace(place, outer_steps=Plane.outer_steps) for place in places[-4:]]


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


def mean_loss(place: np.ndarray, question: Plane, steps: int) -> float:
    """The tasks' mean loss at `place`, or after inner steps from there, from the formula of the model."""
    losses = []
    for amplitude, phase in zip(question.amplitudes, question.phases, strict=True):
        a, b = place.astype(float)
        for _ in range(steps):
            error = a * np.sin(X - b) - amplitude * np.sin(X - phase)
            slope = 2 * (error * np.sin(X - b)).mean(), -2 * (error * a * np.cos(X - b)).mean()
            a, b = a - question.inner_rate * slope[0], b - question.inner_rate * slope[1]
        losses.append(((a * np.sin(X - b) - amplitude * np.sin(X - phase)) ** 2).mean())
    return float(np.mean(losses))


def walked(state: State, name: str) -> tuple[int, float, float]:
    """How many outer steps are spoken of, and the mean loss where they end: there, and after the inner steps."""
    walks, question = {walk.name: walk for walk in state.answer.walks}, state.question
    count = min(len(walks["maml"].places), len(walks["joint"].places)) - 1
    end = walks[name].places[count]
    return count, mean_loss(end, question, 0), mean_loss(end, question, question.inner_steps)


def chaotic(state: State, name: str) -> bool:
    """Whether the inner steps are so large that single precision no longer tells where they end."""
    walk = next(walk for walk in state.answer.walks if walk.name == name)
    question, steps = state.question, state.question.inner_steps
    return any(
        abs(mean_loss(place + by, question, steps) - mean_loss(place, question, steps)) > 1e-3
        for place in walk.places
        for by in (1e-5, -1e-5)
    )


def near(said: float, computed: float) -> bool:
    return abs(said - computed) < 0.006 + 0.01 * abs(computed)  # single precision, over many steps


@CLAIMS.says("**The landscape** The mean loss is {before:.2f} at θ and {after:.2f} after the inner steps.")
def _(state, values):
    theta, steps = np.array([state.question.amplitude, state.question.phase]), state.question.inner_steps
    at_theta = near(values["before"], mean_loss(theta, state.question, 0))
    return at_theta and (near(values["after"], mean_loss(theta, state.question, steps)) or chaotic(state, "joint"))


@CLAIMS.says(
    "From here MAML goes down the loss after the steps: {count} more outer step takes it to {last:.2f}, "
    "with {at:.2f} at θ.",
    "From here MAML goes down the loss after the steps: {count} more outer steps take it to {last:.2f}, "
    "with {at:.2f} at θ.",
)
def _(state, values):
    count, before, after = walked(state, "maml")
    theta = np.array([state.question.amplitude, state.question.phase])
    falls = after < mean_loss(theta, state.question, state.question.inner_steps) + 1e-4
    sure = near(values["last"], after) and falls
    return values["count"] == count and near(values["at"], before) and (sure or chaotic(state, "maml"))


@CLAIMS.says(
    "Here {count} outer step of MAML does not lower the loss after the steps: it ends at {last:.2f}.",
    "Here {count} outer steps of MAML do not lower the loss after the steps: it ends at {last:.2f}.",
)
def _(state, values):
    count, _, after = walked(state, "maml")
    theta = np.array([state.question.amplitude, state.question.phase])
    stays = after > mean_loss(theta, state.question, state.question.inner_steps) - 1e-4
    return values["count"] == count and (chaotic(state, "maml") or (near(values["last"], after) and stays))


@CLAIMS.says(
    "From here joint training goes down the loss at θ: as many outer steps end at {at:.2f} there, and at {last:.2f} "
    "after the inner steps."
)
def _(state, values):
    _, before, after = walked(state, "joint")
    return near(values["at"], before) and (near(values["last"], after) or chaotic(state, "joint"))


CLAIMS.names("**Notice** ", " and ", "MAML", "first-order", "Reptile")


def test_the_notice_is_true_in_every_state():
    for state in states():
        question = state.question
        speak = partial(about_plane, state.answer.arrows, question.inner_steps, question.inner_rate)
        text = CLAIMS.audit(speak, state)
        moves = question.inner_steps and question.inner_rate
        assert ("the picture" in text) == bool(moves and state.outside()), question
    unheard = {
        text for text in set(CLAIMS.checks) - CLAIMS.heard if "outer step" not in text and "landscape" not in text
    }
    assert unheard <= {
        "**Notice** The inner steps grow without end: there are no arrows to compare. Try a smaller inner rate."
    }


def test_what_is_said_of_the_landscape_is_true_in_every_state():
    said = [CLAIMS.audit(partial(about_landscape, state.answer.walks), state) for state in states()]
    assert sum(map(bool, said)) > STATES and not all(said), "where steps diverge nothing is said"
    one_step = replace(Plane(), outer_steps=1)
    assert "1 more outer step takes it" in CLAIMS.audit(
        partial(about_landscape, at(one_step).answer.walks), at(one_step)
    )
    assert not about_landscape(at(replace(Plane(), outer_steps=0)).answer.walks)


def test_steps_that_grow_without_end_are_said():
    path = np.full((3, 3, 2), np.nan)
    endless = tuple(Arrows(name, path, path[0]) for name in ("maml", "fomaml", "reptile"))
    state = State(Plane(), replace(states()[0].answer, arrows=endless))
    CLAIMS.audit(lambda: about_plane(endless, 3, 1.0), state)


@pytest.mark.parametrize("method", ["maml", "fomaml", "reptile"])
def test_a_thick_arrow_is_the_mean_of_the_thin_ones_and_all_are_to_scale(method):
    for state in states()[::4]:
        if method not in state.arrows or not np.isfinite(state.arrows[method].contributions).all():
            continue
        tasks = list(zip(state.question.amplitudes, state.question.phases, strict=True))
        shown = figures.stage(state.answer, tasks, None)["answer"]
        thin, thick = np.array(shown["arrows"][method]["tasks"]), np.array(shown["arrows"][method]["mean"])
        assert np.allclose(thick, thin.mean(0), atol=1e-3 * max(1, np.abs(thin).max()))
        if method == "reptile":
            path = np.array(shown["path"])
            assert np.allclose(thin, path[-1] - path[0], atol=1e-3 * max(1, np.abs(path).max()))


def test_the_stage_shows_the_surface_that_is_asked_for():
    state = at(Plane())
    tasks = list(zip(state.question.amplitudes, state.question.phases, strict=True))
    for view in (None, 0, 2):
        losses = figures.stage(state.answer, tasks, view)["losses"]
        assert losses["size"] == [41, 41]
        for name, surface in (("at", state.answer.surface), ("after", state.answer.after)):
            chosen = surface.losses.mean(0) if view is None else surface.losses[view]
            assert np.allclose(np.reshape(losses[name], (41, 41)), chosen.T, rtol=1e-3, atol=1e-3)


def test_stars_are_where_the_loss_is_zero():
    state = at(Plane())
    for i, star in enumerate(zip(state.question.amplitudes, state.question.phases, strict=True)):
        assert np.allclose(gradients(state, np.tile(star, (3, 1)))[i], 0, atol=1e-6)


def test_nothing_that_diverges_breaks_the_stage():
    state = at(Plane(inner_rate=2.0, inner_steps=20, amplitude=5.0))
    shown = figures.stage(state.answer, tasks_of(0), None)
    assert "NaN" not in json.dumps(shown) and "Infinity" not in json.dumps(shown)


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
