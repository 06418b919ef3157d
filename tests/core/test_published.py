"""The article's programs: each fault does what the lesson says, and without faults they are MAML and Reptile."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from core.demos.questions import RunProgram
from core.dispatch import run
from core.events import Evaluation, OuterStep, ProgramPass
from core.methods.maml import algorithm as maml
from core.methods.maml.config import MamlConfig
from core.methods.reading import algorithm as published
from core.methods.reading.config import ReadingConfig
from core.methods.reptile.config import ReptileConfig
from core.tasks.sinusoid import draw
from core.training.problem import sinusoid_problem
from tests.core.conftest import doubled
from tests.core.naive import result


def test_repaired_on_one_task_it_is_maml(problem, theta):
    batch = doubled(draw(ReadingConfig(family="maml").task, 1, torch.Generator().manual_seed(1)))
    config = ReadingConfig(family="maml", inner_steps=3).repaired
    moved, _ = published.maml(problem, theta, batch, config)
    _, gradient = result(maml.meta_gradient(problem, theta, batch, MamlConfig(inner_steps=3)))
    assert_close(moved, theta - config.outer_rate * gradient)


def test_repaired_it_is_reptile_on_the_support(problem, theta, batch):
    config = ReadingConfig(family="reptile", inner_steps=3).repaired
    moved, _ = published.reptile(problem, theta, batch, config)
    phi = theta.repeat(batch.tasks, 1)
    for _ in range(3):
        _, gradient, _ = problem.derivatives(phi, batch.support_x, batch.support_y)
        phi = phi - config.inner_rate * gradient
    assert_close(moved, theta + config.epsilon * (phi - theta).mean(0))
    assert config.epsilon == ReptileConfig().epsilon


def test_a_cut_graph_leaves_theta_where_it_was(problem, theta, batch):
    for adds_up in (True, False):
        moved, _ = published.maml(problem, theta, batch, ReadingConfig(adds_up=adds_up, gradient_link="cut"))
        assert torch.equal(moved, theta)


def test_steps_from_theta_again_forget_the_steps_before(problem, theta, batch):
    one = batch.part(slice(0, 1))
    config = ReadingConfig(gradient_link="kept", inner_steps=3)
    _, told = published.maml(problem, theta, one, config)
    phi, expected = theta[None], []
    for _ in range(4):
        loss, gradient, _ = problem.derivatives(phi, one.support_x, one.support_y)
        expected.append(loss[0])
        phi = theta[None] - config.inner_rate * gradient  # from theta, whatever came before
    assert_close(told, torch.stack(expected))
    _, on = published.maml(problem, theta, one, config.updated(adds_up=True))
    assert_close(told[:2], on[:2])
    assert (told[2:] != on[2:]).all()


def test_written_over_theta_is_phi(problem, theta, batch):
    one = batch.part(slice(0, 1))
    config = ReadingConfig(adds_up=True, gradient_link="overwritten", outer_rate=0.0, inner_steps=2)
    moved, _ = published.maml(problem, theta, one, config)
    phi = theta[None]
    for _ in range(2):
        phi = phi - config.inner_rate * problem.derivatives(phi, one.support_x, one.support_y)[1]
    assert_close(moved, phi[0])


def test_without_a_copy_the_arrows_are_zero_and_a_sum_goes_too_far(problem, theta, batch):
    config = ReadingConfig(family="reptile", inner_steps=2)
    trained, _ = published.reptile(problem, theta, batch, config.updated(epsilon=0.0))
    again, _ = published.reptile(problem, theta, batch, config)
    assert torch.equal(trained, again) and not torch.equal(trained, theta)
    total, _ = published.reptile(problem, theta, batch, config.updated(copies=True))
    mean, _ = published.reptile(problem, theta, batch, config.repaired)
    assert_close(total - theta, batch.tasks * (mean - theta))


@pytest.mark.parametrize("family", ["maml", "reptile"])
def test_it_runs_like_any_other_and_can_be_looked_at(family):
    events = list(run(ReadingConfig(family=family, iterations=2, report_every=1, test_tasks=4)))
    assert [one.iteration for one in events if isinstance(one, OuterStep)] == [0, 1, 2]
    assert isinstance(events[-1], Evaluation)
    theta = sinusoid_problem().model.init(torch.Generator().manual_seed(0)).numpy()
    as_is, right = run(RunProgram(ReadingConfig(family=family), theta, number=3))
    assert isinstance(as_is, ProgramPass) and as_is.losses.shape == (6,) and np.linalg.norm(right.move) > 0
