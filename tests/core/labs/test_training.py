"""What a learner wrote trains in place of ours: the right function draws our curve, a wrong one its own."""

import math
import time

import pytest

from core.labs.verdict import Ended, Point
from core.labs.workbench import Workbench
from tests.core.labs.learners import FUNCTIONS as LABS
from tests.core.labs.learners import learner_of


def trained(bench: Workbench, name: str, source: str) -> tuple[list[Point], Ended]:
    *points, ended = bench.train(source, LABS[name])
    return points, ended


def near(point: Point, tolerance: float) -> bool:
    return point.own is not None and math.isclose(point.own, point.reference, rel_tol=tolerance)


def assert_like_the_reference(bench: Workbench, name: str, source: str, tolerance: float = 0.01) -> None:
    """Rounded in another way, two runs part after a hundred updates: the first third of the curves is compared."""
    started = time.monotonic()
    points, ended = trained(bench, name, source)
    assert ended.finished and not ended.mistake, ended
    assert len(points) > 10
    assert [step.after for step in ended.run.steps] == [point.own for point in points]
    assert len(ended.run.snapshot.theta) == ended.run.config.parameters and ended.run.start[0] != 0
    assert all(near(one, tolerance) for one in points[: len(points) // 3]) and near(points[-1], 0.25)
    assert points[-1].own < 0.95 * points[0].own, "something is learned"
    assert time.monotonic() - started < 60


@pytest.mark.parametrize("name", ["inner-step", "class-means"])
def test_a_right_function_draws_the_reference_s_curve(bench, name):
    assert_like_the_reference(bench, name, LABS[name].solution)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*LABS])
def test_a_right_function_draws_the_reference_s_curve_in_every_lab(bench, name):
    assert_like_the_reference(bench, name, LABS[name].solution)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*LABS])
def test_another_right_function_trains_as_well(bench, name):
    assert_like_the_reference(bench, name, learner_of(LABS[name]).source, 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*LABS])
def test_what_fails_trains_as_well_and_shows_another_curve(bench, name):
    for mistake in (LABS[name].mistakes[0], LABS[name].mistakes[-2]):
        points, ended = trained(bench, name, learner_of(LABS[name]).with_mistake(mistake.name))
        assert ended.finished or ended.mistake in ("diverged", "not-for-the-trainer", "raises-elsewhere"), ended
        differs = not all(near(one, 1e-4) for one in points)
        assert differs or ended.mistake or mistake.name == "changes-theta", (name, mistake.name)


def test_a_mistake_shows_in_the_curve(bench):
    points, ended = trained(bench, "inner-step", learner_of(LABS["inner-step"]).with_mistake("detached-from-theta"))
    assert ended.finished and points[-1].own == points[0].own > 2 * points[-1].reference
    points, ended = trained(bench, "meta-gradient", learner_of(LABS["meta-gradient"]).with_mistake("wrong-sign"))
    assert ended.mistake == "diverged" or points[-1].own > 2 * points[-1].reference


@pytest.mark.parametrize(
    ("body", "mistake"),
    [
        ("return theta[0]", "not-for-the-trainer"), ("return None", "not-for-the-trainer"), ("1 / 0", "raises"),
        ("import os; os._exit(1)", "ended-itself"), ("return theta * float('nan')", "diverged"),
        ("while True: print('x' * 9999)", "too-much-output"),
    ],
)  # fmt: skip
def test_a_training_that_breaks_off_says_why(bench, body, mistake):
    source = LABS["inner-step"].skeleton.replace('raise NotImplementedError("write it here")', body)
    *_, ended = trained(bench, "inner-step", source)
    assert not ended.finished and ended.mistake == mistake and ended.said, ended


def test_a_training_can_be_stopped_and_the_judge_goes_on(bench):
    process = bench._process
    events = bench.train(LABS["ntm-write"].solution, LABS["ntm-write"])
    next(events)
    started = time.monotonic()
    events.close()
    assert bench.check(LABS["ntm-write"].solution).passed
    assert time.monotonic() - started < 5 and bench._process is process
