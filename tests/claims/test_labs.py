"""What is said of a lab's training and of a learner's own method, against the points and the arrows."""

import math
from dataclasses import dataclass, field
from functools import cache, partial

import numpy as np

from core.events import Arrows
from core.labs.verdict import Point
from core.registry import WRITTEN
from lessons.demos.plane import OUTER_RATE
from lessons.figures.labs import about_method, about_training
from lessons.notices.plane import about_own
from tests.claims.registry import STATES, Claims

LAB, METHOD, PLANE = Claims(), Claims(), Claims()


@dataclass(frozen=True)
class Curves:
    points: list[Point] = field(repr=False)


def curves(number: int) -> Curves:
    """Two curves that are nearly one, or not; some have points that are no finite number, some have one point."""
    source = np.random.default_rng(number)
    length = int(source.choice([1, 2, 20]))
    reference = 4 * np.exp(-np.arange(length) / 10) + 0.1
    if number % 8 == 5:  # alike at first
        off = reference * np.where(np.arange(length) < source.integers(length + 1), 0.0, 0.1)
        return Curves([Point(20 * i, float((reference + off)[i]), float(reference[i]), 4.0) for i in range(length)])
    off = reference * source.normal(0, (0.0, 0.003, 0.0095, 0.2)[number % 4], length)
    own = [None if number % 7 == 6 and source.random() < 0.3 else float(value) for value in reference + off]
    return Curves([Point(20 * i, own[i], float(reference[i]), 4.0) for i in range(length)])


@LAB.says("Both curves are the same to the eye: your function does what the reference does.")
def _(state, values):
    """The figure is 300 pixels high and begins at 0 or above: a hundredth of a value is 3 pixels at most."""
    highest = max(point.reference for point in state.points)
    return all(
        point.own is not None and 300 * abs(point.own - point.reference) / highest <= 3.001 for point in state.points
    )


@LAB.says(
    "The curves are the same at first and part later. Where the check is passed this is rounding: sums in another "
    "order differ in the last digit, and training makes more and more of it."
)
def _(state, values):
    """The first third is as above; somewhere later the curves are apart."""
    apart = [point.own is None or abs(point.own - point.reference) > 0.01 * point.reference for point in state.points]
    return any(apart) and 3 * apart.index(True) >= len(apart)


@METHOD.says(
    "After {updates} your method leaves a loss of {own:.2f} on unseen tasks, and MAML after as many one of "
    "{reference:.2f}."
)
def _(state, values):
    last = [point for point in state.points if point.own is not None][-1]
    return (values["own"], values["reference"]) == (last.own, last.reference) and (
        values["updates"] == f"{last.iteration} outer update" + "s" * (last.iteration != 1)
    )


METHOD.names("{count} outer update", "{count} outer updates")


def test_what_is_said_of_a_lab_s_training_is_true():
    said = [LAB.audit(partial(about_training, curves(number).points), curves(number)) for number in range(STATES)]
    assert "" in said and LAB.heard == set(LAB.checks)
    assert LAB.audit(partial(about_training, []), Curves([])) == ""


def test_what_is_said_of_a_method_s_training_is_true():
    for number in range(STATES):
        METHOD.audit(partial(about_method, curves(number).points), curves(number))
    assert METHOD.audit(partial(about_method, [Point(0, None, 1.0)]), Curves([])) == ""


@dataclass(frozen=True)
class Drawn:
    maml: Arrows = field(repr=False)
    own: Arrows = field(repr=False)

    def steps(self) -> tuple[np.ndarray, np.ndarray]:
        return OUTER_RATE * self.maml.contributions.mean(0), self.own.contributions.mean(0)


@cache
def drawn(number: int) -> Drawn:
    """Arrows of any direction, some that cancel, some without end."""
    source = np.random.default_rng(number)
    path = source.uniform(0, 3, (4, 3, 2)).astype(np.float32)
    first, second = (source.normal(0, 1, (3, 2)).astype(np.float32) for _ in range(2))
    if number % 5 == 1:
        second -= second.mean(0)
    if number % 5 == 2:
        second[0] = np.inf
    if number % 5 == 3:
        second = first * np.float32(OUTER_RATE)
    return Drawn(Arrows("maml", path, first), Arrows(WRITTEN.name, path, second))


@PLANE.says("**Your method** Its steps grow without end here. Try a smaller inner rate.")
def _(state, values):
    return not np.isfinite(state.own.contributions).all()


@PLANE.says("**Your method** Its outer arrow is {length:.2f} long.")
def _(state, values):
    return math.isclose(values["length"], np.linalg.norm(state.steps()[1]), abs_tol=1e-4)


@PLANE.says("**Your method** Its outer arrow is {length:.2f} long and points {degrees:.0f}° away from MAML's.")
def _(state, values):
    first, second = (step.astype(float) for step in state.steps())
    cosine = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
    degrees = math.degrees(math.acos(np.clip(cosine, -1, 1)))
    return abs(degrees - values["degrees"]) < 0.6 and math.isclose(
        values["length"], np.linalg.norm(second), rel_tol=1e-4
    )


def test_what_is_said_of_a_method_s_arrow_is_true():
    for number in range(STATES):
        PLANE.audit(partial(about_own, drawn(number).own, [drawn(number).maml]), drawn(number))
    assert PLANE.heard == set(PLANE.checks)
