"""The plane of two parameters: the loss after the inner steps, and the outer walks, against plain loops."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.demos import plane
from core.demos.questions import Plane
from core.events import PlaneAnswer
from core.models.fast import wave
from core.models.wave import Wave
from core.training.problem import Problem

X = np.linspace(-5, 5, 101)


def answer(question: Plane) -> PlaneAnswer:
    (shown,) = plane.run(question)
    return shown


def loss(phi, task) -> float:
    return float(((phi[0] * np.sin(X - phi[1]) - task[0] * np.sin(X - task[1])) ** 2).mean())


def slope(phi, task) -> np.ndarray:
    error = phi[0] * np.sin(X - phi[1]) - task[0] * np.sin(X - task[1])
    return 2 * np.array([(error * np.sin(X - phi[1])).mean(), -(error * phi[0] * np.cos(X - phi[1])).mean()])


def adapted(theta, task, question: Plane) -> np.ndarray:
    phi = np.array(theta, float)
    for _ in range(question.inner_steps):
        phi = phi - question.inner_rate * slope(phi, task)
    return phi


def tasks(question: Plane) -> list[tuple[float, float]]:
    return list(zip(question.amplitudes, question.phases, strict=True))


def after(theta, question: Plane) -> float:
    return float(np.mean([loss(adapted(theta, task, question), task) for task in tasks(question)]))


def before(theta, question: Plane) -> float:
    return float(np.mean([loss(theta, task) for task in tasks(question)]))


def gradient_of(measure, theta, question: Plane) -> np.ndarray:
    h = 1e-5
    return np.array([
        (measure(theta + h * unit, question) - measure(theta - h * unit, question)) / (2 * h) for unit in np.eye(2)
    ])  # fmt: skip


def test_the_written_out_derivatives_are_those_of_autograd():
    source = torch.Generator().manual_seed(1)
    phi, v = (torch.randn(7, 2, generator=source) for _ in range(2))
    x, y = (torch.randn(7, 11, 1, generator=source) for _ in range(2))
    fast, plain = wave.mse_derivatives(phi, x, y, True), Problem(Wave()).derivatives(phi, x, y, True)
    for a, b in zip((*fast[:2], fast[2](v)), (*plain[:2], plain[2](v)), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


def test_two_points_stand_for_the_whole_grid():
    source = np.random.default_rng(2)
    pair = plane.PAIR.double().numpy()
    for _ in range(50):
        (a, b), (c, d) = source.uniform(0, 5, (2, 2))
        difference = a * np.sin(pair - b) - c * np.sin(pair - d)
        assert (difference**2).mean() == pytest.approx(loss((a, b), (c, d)), rel=1e-5)


@pytest.mark.parametrize("question", [Plane(), Plane(inner_steps=10, inner_rate=0.3), Plane(inner_steps=0)])
def test_the_surfaces_are_the_losses_of_a_loop(question):
    shown = answer(question)
    assert shown.surface.losses.shape == shown.after.losses.shape == (3, 41, 41)
    for i, j in ((0, 0), (10, 30), (40, 5), (17, 22)):
        theta = shown.after.amplitudes[i], shown.after.phases[j]
        for number, task in enumerate(tasks(question)):
            assert shown.surface.losses[number, i, j] == pytest.approx(loss(theta, task), rel=1e-4, abs=1e-5)
            expected = loss(adapted(theta, task, question), task)
            assert shown.after.losses[number, i, j] == pytest.approx(expected, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("theta", [(1.0, 0.7), (3.2, 2.0), (0.4, 2.9)])
def test_mamls_arrow_is_minus_the_gradient_of_the_loss_after_the_steps(theta):
    question = Plane(amplitude=theta[0], phase=theta[1])
    arrow = answer(question).arrows[0].contributions.mean(0)
    assert np.allclose(arrow, -gradient_of(after, np.array(theta), question), rtol=1e-3, atol=1e-3)


def test_the_walks_are_those_of_a_loop():
    question = Plane(outer_steps=12)
    walks = {walk.name: walk for walk in answer(question).walks}

    def first_order(theta):
        return np.mean([-slope(adapted(theta, task, question), task) for task in tasks(question)], 0)

    steps = {
        "maml": lambda theta: -question.outer_rate * gradient_of(after, theta, question),
        "fomaml": lambda theta: question.outer_rate * first_order(theta),
        "reptile": lambda theta: np.mean([adapted(theta, task, question) - theta for task in tasks(question)], 0),
        "joint": lambda theta: -question.outer_rate * gradient_of(before, theta, question),
    }
    assert walks.keys() == steps.keys()
    for name, walk in walks.items():
        theta = np.array([question.amplitude, question.phase])
        assert len(walk.places) == len(walk.before) == len(walk.after) == 13
        for i in range(13):
            assert np.allclose(walk.places[i], theta, atol=2e-3), (name, i)
            assert walk.before[i] == pytest.approx(before(theta, question), rel=5e-3)
            assert walk.after[i] == pytest.approx(after(theta, question), rel=2e-2, abs=1e-3)
            theta = theta + steps[name](theta)


def test_each_walk_goes_down_what_its_method_goes_down():
    walks = {walk.name: walk for walk in answer(Plane()).walks}
    assert (np.diff(walks["maml"].after) < 0).all(), "MAML: the mean loss after the inner steps"
    assert (np.diff(walks["joint"].before) < 0).all(), "joint training: the mean loss at theta"


def test_the_first_step_of_a_walk_is_the_outer_arrow():
    shown = answer(replace(Plane(), amplitude=3.3, phase=2.1, outer_steps=1))
    for arrows, walk in zip(shown.arrows, shown.walks, strict=False):
        rate = Plane.epsilon if arrows.name == "reptile" else Plane.outer_rate
        assert np.allclose(walk.places[1] - walk.places[0], rate * arrows.contributions.mean(0), atol=1e-5)


def test_a_walk_ends_at_numbers_that_are_not_finite():
    shown = answer(Plane(inner_rate=2.0, inner_steps=20, outer_rate=2.0, epsilon=2.0, amplitude=5.0))
    for walk in shown.walks:
        assert 1 <= len(walk.places) == len(walk.before) == len(walk.after) <= 31
        assert np.isfinite(walk.places[1:]).all() and np.isfinite(walk.after[1:]).all()
    assert [walk.name for walk in answer(Plane(inner_steps=0)).walks] == ["maml", "fomaml", "joint"]
    assert [len(walk.places) for walk in answer(Plane(outer_steps=0)).walks] == [1, 1, 1, 1]


def test_the_default_is_answered_within_a_blink():
    seconds = []
    for i in range(15):
        begun = time.thread_time()  # others use the same cores
        answer(Plane(amplitude=1 + i / 100, phases=(0.4 + i / 1000, 1.6, math.e)))
        seconds.append(time.thread_time() - begun)
    assert min(seconds) < 0.06, seconds  # the rest is what others do to the caches
