"""Facts about Reptile's direction."""

import torch
from torch.testing import assert_close

from core.events import OuterGradient, OuterMove
from core.methods.reptile import algorithm as reptile
from core.methods.reptile.config import ReptileConfig
from tests.core import naive
from tests.core.naive import result


def points_of(batch, i):
    return (
        torch.cat([batch.support_x[i], batch.query_x[i]]),
        torch.cat([batch.support_y[i], batch.query_y[i]]),
    )


def test_one_inner_step_is_the_gradient_of_the_average_loss(problem, batch, theta):
    at = theta.clone().requires_grad_()
    mean = torch.stack([naive.mse(problem.model, at, *points_of(batch, i)) for i in range(batch.tasks)]).mean()
    (gradient,) = torch.autograd.grad(mean, at)
    _, arrow = result(reptile.outer_direction(problem, theta, batch, ReptileConfig(inner_steps=1, inner_rate=0.02)))
    assert_close(arrow, -0.02 * gradient)


def test_many_steps_point_to_where_training_on_each_task_alone_ends(problem, batch, theta):
    ends = []
    for i in range(batch.tasks):
        phi = torch.nn.Parameter(theta.clone())
        sgd = torch.optim.SGD([phi], lr=0.02)
        for _ in range(7):
            sgd.zero_grad()
            naive.mse(problem.model, phi, *points_of(batch, i)).backward()
            sgd.step()
        ends.append(phi.detach())
    _, arrow = result(reptile.outer_direction(problem, theta, batch, ReptileConfig(inner_steps=7, inner_rate=0.02)))
    assert_close(arrow, torch.stack(ends).mean(0) - theta)


def test_two_steps_expand_as_the_paper_says(problem, batch, theta):
    # Nichol et al. 2018, section 5.1: phi - theta = -alpha (2 g - alpha H g) + O(alpha^3) for k = 2
    rate = 1e-6
    at = theta.clone().requires_grad_()
    g_mean, hessian_g_mean = torch.zeros_like(theta), torch.zeros_like(theta)
    for i in range(batch.tasks):
        loss = naive.mse(problem.model, at, *points_of(batch, i))
        (g,) = torch.autograd.grad(loss, at, create_graph=True)
        (hessian_g,) = torch.autograd.grad(g, at, g.detach())
        g_mean += g.detach() / batch.tasks
        hessian_g_mean += hessian_g / batch.tasks
    _, arrow = result(reptile.outer_direction(problem, theta, batch, ReptileConfig(inner_steps=2, inner_rate=rate)))
    second_order = (arrow + 2 * rate * g_mean) / rate**2
    assert (second_order - hessian_g_mean).norm() < 1e-3 * hessian_g_mean.norm()


def test_theta_moves_by_epsilon_times_the_mean_not_the_sum():
    events = list(reptile.train(ReptileConfig(iterations=1, epsilon=0.25, trace=True)))
    arrows = next(e for e in events if isinstance(e, OuterGradient)).arrows
    move = next(e for e in events if isinstance(e, OuterMove))
    assert abs(move.after - move.before - 0.25 * arrows.mean(0)).max() < 1e-6


def test_theta_is_not_touched_before_the_outer_move():
    events = [
        e
        for e in reptile.train(ReptileConfig(iterations=2, trace=True))
        if hasattr(e, "theta") or isinstance(e, OuterMove)
    ]
    moves = [e for e in events if isinstance(e, OuterMove)]
    assert (moves[0].after == moves[1].before).all()
