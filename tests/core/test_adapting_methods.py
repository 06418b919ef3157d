"""ANIL, Meta-SGD and iMAML: their gradients against finite differences and autograd, and what they are when reduced."""

import numpy as np
import pytest
import torch

from core.events import Snapshot
from core.events.evaluations import Evaluation
from core.methods.anil import algorithm as anil
from core.methods.anil.config import AnilConfig
from core.methods.imaml import algorithm as imaml
from core.methods.imaml.config import ImamlConfig
from core.methods.maml import algorithm as maml
from core.methods.maml.config import MamlConfig
from core.methods.meta_sgd import algorithm as meta_sgd
from core.methods.meta_sgd.config import MetaSgdConfig
from core.registry import config_for, train
from core.seeding import generator
from core.tasks import sinusoid
from core.tasks.config import Sinusoid
from core.training.adaptation import adapt
from core.training.config import Descent
from core.training.problem import Problem, plane_problem, sinusoid_problem

QUICK = ["iterations=4", "meta_batch=3", "test_tasks=4", "report_every=2"]


@pytest.fixture
def batch():
    drawn = sinusoid.draw(Sinusoid(), 3, generator(1, "test"))
    return type(drawn)(*(value.double() for value in vars(drawn).values()))


@pytest.fixture
def problem():
    return Problem(sinusoid_problem().model)  # by autograd, in double precision


@pytest.fixture
def theta(problem):
    return problem.model.init(generator(0, "init")).double()


def returned(steps):
    """Run a generator to its end and return what it returns."""
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value


def test_anil_with_all_rates_alike_would_be_maml(problem, theta, batch, monkeypatch):
    config = AnilConfig(inner_steps=2, inner_rate=0.01)
    monkeypatch.setattr(AnilConfig, "descent", Descent(np.full(len(theta), 0.01)))
    losses, gradient = anil.meta_gradient(problem, theta, batch, config)
    expected = returned(maml.meta_gradient(problem, theta, batch, MamlConfig(inner_steps=2)))
    assert torch.allclose(losses, expected[0]) and torch.allclose(gradient, expected[1], atol=1e-10)


def test_anil_moves_the_last_layer_alone_and_its_gradient_is_that_of_autograd(problem, theta, batch):
    config = AnilConfig(inner_steps=2, inner_rate=0.02)
    rates = torch.from_numpy(config.descent.rate)
    assert (rates > 0).sum() == config.layers[-1] == 41 and (rates[-41:] > 0).all()
    leaf = theta.clone().requires_grad_()
    phi = leaf.expand(batch.tasks, -1)
    for _ in range(2):
        loss = problem.loss(phi, batch.support_x, batch.support_y).sum()
        (gradient,) = torch.autograd.grad(loss, phi, create_graph=True)
        phi = phi - rates * gradient
    assert torch.equal(phi[:, :-41], leaf.detach().expand(batch.tasks, -1)[:, :-41])
    problem.loss(phi, batch.query_x, batch.query_y).mean().backward()
    assert torch.allclose(anil.meta_gradient(problem, theta, batch, config)[1], leaf.grad, atol=1e-10)


def test_meta_sgd_has_the_gradient_of_autograd_for_start_and_rates(problem, theta, batch):
    whole = torch.cat([theta, torch.full_like(theta, 0.01) * torch.linspace(0.5, 2, len(theta))])
    config = MetaSgdConfig(inner_steps=2)
    leaf = whole.clone().requires_grad_()
    init, rates = leaf.chunk(2)
    phi = init.expand(batch.tasks, -1)
    for _ in range(2):
        loss = problem.loss(phi, batch.support_x, batch.support_y).sum()
        (gradient,) = torch.autograd.grad(loss, phi, create_graph=True)
        phi = phi - rates * gradient
    problem.loss(phi, batch.query_x, batch.query_y).mean().backward()
    losses, gradient = meta_sgd.meta_gradient(problem, whole, batch, config)
    assert torch.allclose(gradient, leaf.grad, atol=1e-9) and losses.shape == (3,)


def test_meta_sgd_with_equal_rates_starts_as_maml(problem, theta, batch):
    whole = torch.cat([theta, torch.full_like(theta, 0.01)])
    _, gradient = meta_sgd.meta_gradient(problem, whole, batch, MetaSgdConfig())
    _, expected = returned(maml.meta_gradient(problem, theta, batch, MamlConfig()))
    assert torch.allclose(gradient[: len(theta)], expected, atol=1e-10)


def test_conjugate_gradients_solve_each_row_exactly():
    source = torch.Generator().manual_seed(0)
    square = torch.randn(4, 6, 6, generator=source, dtype=torch.double)
    matrices = square @ square.mT + torch.eye(6, dtype=torch.double)
    b = torch.randn(4, 6, generator=source, dtype=torch.double)
    x = imaml.conjugate_gradients(lambda v: (matrices @ v[..., None])[..., 0], b, 6)
    assert torch.allclose(x, torch.linalg.solve(matrices, b), atol=1e-8)
    assert torch.equal(imaml.conjugate_gradients(lambda v: v, torch.zeros(2, 3), 3), torch.zeros(2, 3))


def test_conjugate_gradients_stop_where_the_curvature_is_negative():
    x = imaml.conjugate_gradients(lambda v: -v, torch.ones(1, 2), 5)
    assert torch.equal(x, torch.zeros(1, 2))


def test_the_implicit_gradient_is_that_of_a_long_inner_loop():
    """On the two-parameter model, whose inner loop comes to its end: the gradient through 400 steps."""
    problem, source = Problem(plane_problem().model), torch.Generator().manual_seed(3)
    drawn = sinusoid.draw(Sinusoid(amplitude_low=1, amplitude_high=2, phase_low=0.5, phase_high=1), 4, source)
    batch = type(drawn)(*(value.double() for value in vars(drawn).values()))
    theta = torch.tensor([1.5, 0.8], dtype=torch.double)
    config = ImamlConfig(inner_rate=0.05, inner_steps=100, pull=3.0, solver_steps=10)
    leaf = theta.clone().requires_grad_()
    phi = leaf.expand(4, -1)
    for _ in range(400):
        loss = problem.loss(phi, batch.support_x, batch.support_y).sum() + 1.5 * (phi - leaf).square().sum()
        (gradient,) = torch.autograd.grad(loss, phi, create_graph=True)
        phi = phi - 0.05 * gradient
    problem.loss(phi, batch.query_x, batch.query_y).mean().backward()
    _, gradient = imaml.meta_gradient(problem, theta, batch, config)
    assert torch.allclose(gradient, leaf.grad, rtol=1e-3, atol=1e-4)


def test_a_pull_draws_back_to_the_start(problem, theta, batch):
    start = theta.expand(batch.tasks, -1)
    ends = [list(adapt(problem, start, batch.support_x, batch.support_y, Descent(0.005, pull=pull), 30))[-1]
            for pull in (0.0, 10.0)]  # fmt: skip
    assert (ends[1] - start).norm() < (ends[0] - start).norm()


@pytest.mark.parametrize("method", ["anil", "meta-sgd", "imaml"])
def test_a_run_can_be_resumed_and_is_the_same_for_the_same_seed(method):
    config = config_for(method, "sinusoid", [*QUICK, "snapshot_every=2"])
    whole, again = list(train(config)), list(train(config))
    snapshots = [event for event in whole if isinstance(event, Snapshot)]
    assert np.array_equal(snapshots[-1].theta, [e for e in again if isinstance(e, Snapshot)][-1].theta)
    middle = next(one for one in snapshots if one.iteration == 2)
    rest = [event for event in train(config, middle) if isinstance(event, Snapshot)]
    assert np.array_equal(rest[-1].theta, snapshots[-1].theta)
    assert isinstance(whole[-1], Evaluation) and len(snapshots[-1].theta) == config.parameters
