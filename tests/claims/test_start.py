"""What the start page says of the learner's own points, on many sets of points."""

from dataclasses import dataclass, field
from functools import cache, partial

import numpy as np

from core.demos.adapt import GRID
from core.dispatch import answer
from core.events import Fitted
from lessons.demos import sinusoid
from lessons.notices.start import about_own_points
from tests.claims.registry import STATES, Claims

START = Claims()


@dataclass(frozen=True)
class State:
    """Points of a learner, and both networks' curves at them: [points] each."""

    points: list = field(repr=False)
    fits: dict[str, Fitted] = field(repr=False)

    def error(self, name: str, step: int) -> float:
        """The mean squared error on the points, from the curve on screen."""
        fit = self.fits[name]
        x, y = np.array(self.points).T
        return float(np.mean((np.interp(x, fit.grid, fit.curves[step]) - y) ** 2))


@cache
def states() -> list[State]:
    source, made = np.random.default_rng(5), []
    thetas = {name: sinusoid.inits("maml")[name] for name in ("joint", "maml")}
    for number in range(2 * STATES):
        task, shots = sinusoid.task_of(number), int(source.choice([1, 2, 3, 5, 8, 20]))
        points = sinusoid.support_of(number, task, shots, float(source.choice([0, 0, 1])))
        if number % 3 == 0:  # anything that a learner may draw
            points = [tuple(map(float, pair)) for pair in source.uniform((-5, -7), (5, 7), (shots, 2)).round(2)]
        fits = answer(sinusoid.fit_request(sinusoid.Task(1.0, 0.0), points, thetas, sinusoid.DEFAULT_RATE))
        made.append(State(points, {fit.name: fit for fit in fits}))
    return made


def near(value: float, expected: float) -> bool:
    return abs(value - expected) <= 0.05 + 0.08 * abs(expected)  # the curve is drawn at the points of a grid


@START.says(
    "**Notice** Mean squared error on your point after one step: {learned:.2f} for the network that has learned to "
    "learn ({before:.2f} before it), {other:.2f} for the other. ",
    "**Notice** Mean squared error on your {count} points after one step: {learned:.2f} for the network that has "
    "learned to learn ({before:.2f} before it), {other:.2f} for the other. ",
)
def _(state, values):
    return (
        near(values["learned"], state.error("maml", 1))
        and near(values["before"], state.error("maml", 0))
        and near(values["other"], state.error("joint", 1))
        and values.get("count", 1) == len(state.points)
    )


@START.says("So few points lie on many waves. Next: add points, one in each bend of a wave.")
def _(state, values):
    return len(state.points) < 3


@START.says("One step was enough for one of them. Next: move a point away from the wave.")
def _(state, values):
    return state.error("maml", 1) < 0.6 and state.error("joint", 1) > 2 * state.error("maml", 1)


@START.says("The one that has learned to learn is ahead. Next: draw a plain wave, with a point in each bend.")
def _(state, values):
    return state.error("maml", 1) < state.error("joint", 1) + 0.1


@START.says(
    "Here it is not ahead: it has learned to learn *waves* with one swing in 6.3 units of x, and no other curves. "
    "Next: clear, and draw such a wave."
)
def _(state, values):
    return state.error("maml", 1) > state.error("joint", 1) - 0.1


@START.says(
    "**Notice** Both curves are what the networks draw without a point: an average of what they were trained on. Next: "
    "click into the picture, or let some points be drawn."
)
def _(state, values):
    return not state.points


def test_what_is_said_of_the_learners_points_is_true():
    for state in states():
        START.audit(partial(about_own_points, state.fits, len(state.points)), state)
    START.audit(partial(about_own_points, states()[0].fits, 0), State([], states()[0].fits))
    assert START.heard == set(START.checks)


def test_points_of_a_wave_show_what_the_page_is_there_to_show():
    """Five points of a wave, as the button draws them: the learned start is ahead nearly always, mostly by far."""
    thetas = {name: sinusoid.inits("maml")[name] for name in ("joint", "maml")}
    ahead = 0
    for seed in range(1, 101):
        points = sinusoid.support_of(seed, sinusoid.task_of(seed), 5, 0.0)
        request = sinusoid.fit_request(sinusoid.Task(1.0, 0.0), points, thetas, sinusoid.DEFAULT_RATE)
        joint, maml = answer(request)
        ahead += maml.support_loss[1] < joint.support_loss[1]
    assert ahead >= 85


def test_curves_are_drawn_where_they_were_computed():
    assert np.allclose(sinusoid.GRID, GRID.numpy(), atol=1e-6)
