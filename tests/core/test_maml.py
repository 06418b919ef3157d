"""Facts about MAML's meta-gradient."""

from dataclasses import replace

import pytest
import torch
from torch.testing import assert_close

from core.events import InnerStep, OuterGradient, OuterMove, OuterStep, Snapshot, TasksDrawn
from core.events.evaluations import Evaluation
from core.methods.maml import algorithm as maml
from core.methods.maml.config import MamlConfig
from core.tasks.config import Sinusoid
from core.training.problem import Problem
from tests.core import naive
from tests.core.naive import result


def gradient_of(problem, theta, batch, **fields):
    return result(maml.meta_gradient(problem, theta, batch, MamlConfig(**fields)))


@pytest.mark.parametrize("steps", [1, 3, 5])
def test_meta_gradient_is_that_of_finite_differences(problem, batch, theta, steps):
    rate, h = 0.01, 1e-6
    _, gradient = gradient_of(problem, theta, batch, inner_rate=rate, inner_steps=steps)
    source = torch.Generator().manual_seed(0)
    for _ in range(5):
        v = torch.randn(len(theta), generator=source, dtype=torch.double)
        v /= v.norm()
        up, down = (
            naive.maml_loss(problem.model, (theta + s * h * v).requires_grad_(), batch, rate, steps) for s in (1, -1)
        )
        numeric = (up - down).item() / (2 * h)
        assert abs(gradient @ v - numeric) < 1e-6 * max(abs(numeric), gradient.norm().item())


@pytest.mark.parametrize("steps", [1, 3, 5])
@pytest.mark.parametrize("order", [1, 2])
def test_meta_gradient_is_that_of_a_naive_loop(problem, by_autograd, batch, theta, steps, order):
    at = theta.clone().requires_grad_()
    loss = naive.maml_loss(problem.model, at, batch, 0.02, steps, first_order=order == 1)
    (expected,) = torch.autograd.grad(loss, at)
    for one in (problem, by_autograd):
        losses, gradient = gradient_of(one, theta, batch, inner_rate=0.02, inner_steps=steps, order=order)
        assert_close(losses.mean(), loss.detach())
        assert_close(gradient, expected, rtol=1e-9, atol=1e-11)


def test_the_orders_differ_where_the_loss_is_curved(problem, batch, theta):
    first, second = (gradient_of(problem, theta, batch, inner_rate=0.02, order=order)[1] for order in (1, 2))
    assert (first - second).norm() > 1e-3 * second.norm()


def test_the_orders_agree_where_the_loss_is_linear_in_the_parameters(batch, theta):
    linear = Problem(lambda phi, x: phi[:, None, :3] * x, lambda prediction, y: (prediction * y).sum((1, 2)))
    first, second = (gradient_of(linear, theta, batch, inner_steps=3, order=order)[1] for order in (1, 2))
    assert_close(first, second)
    assert second.norm() > 0


def test_zero_inner_steps_is_joint_training(problem, batch, theta):
    at = theta.clone().requires_grad_()
    mean = torch.stack(
        [naive.mse(problem.model, at, batch.query_x[i], batch.query_y[i]) for i in range(batch.tasks)]
    ).mean()
    _, gradient = gradient_of(problem, theta, batch, inner_steps=0)
    assert_close(gradient, torch.autograd.grad(mean, at)[0])


def test_an_inner_rate_of_zero_is_joint_training_too(problem, batch, theta):
    still = gradient_of(problem, theta, batch, inner_steps=3, inner_rate=0.0)[1]
    assert_close(still, gradient_of(problem, theta, batch, inner_steps=0)[1])


def test_the_order_of_tasks_does_not_matter(problem, batch, theta):
    turned = replace(batch, **{name: tensor.flip(0) for name, tensor in vars(batch).items()})
    assert_close(gradient_of(problem, theta, batch)[1], gradient_of(problem, theta, turned)[1])


def test_tracing_changes_nothing_and_tells_everything():
    config = MamlConfig(iterations=3, inner_steps=2, meta_batch=4, report_every=1)
    plain = list(maml.train(config))
    traced = list(maml.train(replace(config, trace=True)))
    kept = [event for event in traced if isinstance(event, OuterStep | Snapshot | Evaluation)]
    assert [type(e) for e in plain] == [type(e) for e in kept]
    assert (plain[-2].theta == kept[-2].theta).all()
    kinds = [type(event) for event in traced if event not in kept]
    assert kinds == [TasksDrawn, InnerStep, InnerStep, OuterGradient, OuterMove] * 3


def test_traced_inner_steps_are_gradient_descent():
    config = MamlConfig(iterations=1, inner_steps=3, meta_batch=4, trace=True, inner_rate=0.03)
    drawn, *events = [e for e in maml.train(config) if isinstance(e, TasksDrawn | InnerStep)]
    before = drawn.theta[None]
    for event in events:
        assert abs(event.phi - (before - 0.03 * event.gradient)).max() < 1e-6
        before = event.phi


def test_noise_is_on_the_support_only():
    config = MamlConfig(task=Sinusoid(noise=1.0), iterations=1, trace=True)
    drawn = next(event for event in maml.train(config) if isinstance(event, TasksDrawn))
    import numpy as np

    def truth(x):
        return drawn.amplitude[:, None] * np.sin(x - drawn.phase[:, None])

    assert abs(drawn.query_y - truth(drawn.query_x)).max() < 1e-5
    assert abs(drawn.support_y - truth(drawn.support_x)).max() > 0.5
