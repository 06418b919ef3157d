"""The article's programs: each fault does what the lesson says, and without faults they are MAML and Reptile."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from core.demos.questions import RunProgram
from core.dispatch import run
from core.events import OuterStep, ProgramPass
from core.events.evaluations import Evaluation
from core.methods.maml import algorithm as maml
from core.methods.maml.config import MamlConfig
from core.methods.reading import algorithm as published
from core.methods.reading.config import ReadingConfig
from core.methods.reptile.config import ReptileConfig
from core.tasks.sinusoid import draw
from core.training.problem import sinusoid_problem
from lessons.demos.sinusoid import recorded
from tests.core.conftest import doubled
from tests.core.naive import result

TASKS = ReadingConfig().task


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
    config = ReadingConfig(gradient_link="overwritten", inner_steps=3)
    _, losses = published.maml(problem, theta, one, config)
    phi, expected = theta[None], []
    for _ in range(4):
        loss, gradient, _ = problem.derivatives(phi, one.support_x, one.support_y)
        expected.append(loss[0])
        phi = theta[None] - config.inner_rate * gradient  # from theta, whatever came before
    assert_close(losses, torch.stack(expected))
    _, on = published.maml(problem, theta, one, config.updated(adds_up=True))
    assert_close(losses[:2], on[:2])
    assert (losses[2:] != on[2:]).all()


class Model:
    """A model as the source article uses it; `set_params` is what the article does not print."""

    def __init__(self, theta, set_params):
        self.held = [theta.clone().requires_grad_()]
        self.optimized, self.set_params = self.held, lambda new: set_params(self, new)

    def parameters(self):
        return self.held


def copy_numbers(model, new):
    for p, q in zip(model.held, new, strict=True):
        p.data.copy_(q)


def keep_graph(model, new):
    model.held = new


def make_parameters(model, new):
    model.held = [q.detach().requires_grad_() for q in new]


def article(problem, model, batch, config):
    """The loop of the source article's `maml_train`, but for query points in the outer loss."""
    for task in range(batch.tasks):
        part = batch.part(slice(task, task + 1))
        model.held = model.optimized
        params = list(model.parameters())
        for _ in range(config.inner_steps):
            loss = problem.loss(model.held[0][None], part.support_x, part.support_y).sum()
            grads = torch.autograd.grad(loss, params, create_graph=True)
            model.set_params([p - config.inner_rate * g for p, g in zip(params, grads, strict=True)])
        loss = problem.loss(model.held[0][None], part.query_x, part.query_y).sum()
        (gradient,) = torch.autograd.grad(loss, model.optimized)
        model.optimized[0].data.sub_(config.outer_rate * gradient)
    return model.optimized[0].detach()


def test_the_first_preset_is_the_articles_loop_where_set_params_copies_numbers(problem, theta, batch):
    config = ReadingConfig(inner_steps=3, adds_up=True, gradient_link="overwritten")
    moved, _ = published.maml(problem, theta, batch, config)
    assert_close(moved, article(problem, Model(theta, copy_numbers), batch, config))
    assert not torch.equal(moved, theta)


def test_the_articles_loop_overflows_where_set_params_keeps_the_graph(problem):
    for seed in range(8):
        rng = torch.Generator().manual_seed(seed)
        model = Model(torch.as_tensor(recorded("maml").start, dtype=torch.float64), keep_graph)
        passes = (article(problem, model, doubled(draw(TASKS, 5, rng)), ReadingConfig()) for _ in range(12))
        assert any(not theta.isfinite().all() for theta in passes)


def test_the_articles_loop_stops_where_parameters_are_made_anew(problem, theta, batch):
    one_step = article(problem, Model(theta, copy_numbers), batch, ReadingConfig(inner_steps=1))
    assert not torch.equal(one_step, theta)
    with pytest.raises(RuntimeError, match="not have been used in the graph"):
        article(problem, Model(theta, make_parameters), batch, ReadingConfig(inner_steps=2))


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
