"""One MAML meta-iteration on sinusoids against the usual loop over tasks."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import torch
from torch import Tensor

from core.algorithms import maml
from core.bench.timing import Row, compare
from core.configs import Maml, Sinusoid
from core.problems import sinusoid_problem
from core.seeding import generator
from core.tasks import sinusoid
from core.tasks.batch import Batch


def rows() -> Iterator[Row]:
    """25 tasks, 10 shots, second order, for 1 and 5 inner steps; raises AssertionError if results differ."""
    for steps in (1, 5):
        config = Maml(inner_steps=steps)
        ours, ours_theta = _ours(config)
        loop, loop_theta = _loop(config)
        for _ in range(3):
            ours()
            loop()
        torch.testing.assert_close(ours_theta, loop_theta(), rtol=1e-3, atol=1e-5)
        yield compare(f"maml, sinusoid, 25 tasks, 10 shots, {steps} step{'s' * (steps > 1)}", ours, {"loop": loop})


def _ours(config: Maml) -> tuple[Callable[[], None], Tensor]:
    problem = sinusoid_problem()
    theta = problem.model.init(generator(0, "init"))
    adam = torch.optim.Adam([theta], lr=config.outer_rate, fused=True)
    batches = sinusoid.stream(Sinusoid(), config.meta_batch, config.seed)

    def iteration() -> None:
        events = maml.meta_gradient(problem, theta, next(batches), config)
        try:
            next(events)
        except StopIteration as done:
            _, theta.grad = done.value
        adam.step()

    return iteration, theta


def _loop(config: Maml) -> tuple[Callable[[], None], Callable[[], Tensor]]:
    """The version that a reader of the paper writes first: one task after the other, torch.autograd.grad."""
    sizes = (1, 40, 40, 1)
    flat, parameters = sinusoid_problem().model.init(generator(0, "init")), []
    for rows_, columns in pairwise(sizes):
        weight, bias, flat = flat.split([rows_ * columns, columns, flat.numel() - (rows_ + 1) * columns])
        parameters += [weight.reshape(rows_, columns).clone().requires_grad_(), bias.clone().requires_grad_()]
    adam = torch.optim.Adam(parameters, lr=config.outer_rate)
    batches: Iterator[Batch] = sinusoid.stream(Sinusoid(), config.meta_batch, config.seed)

    def loss_of(weights: list[Tensor], x: Tensor, y: Tensor) -> Tensor:
        h = torch.relu(x @ weights[0] + weights[1])
        h = torch.relu(h @ weights[2] + weights[3])
        return torch.nn.functional.mse_loss(h @ weights[4] + weights[5], y)

    def iteration() -> None:
        batch = next(batches)
        adam.zero_grad()
        total = torch.zeros(())
        for i in range(batch.tasks):
            adapted = list(parameters)
            for _ in range(config.inner_steps):
                support = loss_of(adapted, batch.support_x[i], batch.support_y[i])
                gradients = torch.autograd.grad(support, adapted, create_graph=True)
                adapted = [w - config.inner_rate * g for w, g in zip(adapted, gradients, strict=True)]
            total = total + loss_of(adapted, batch.query_x[i], batch.query_y[i])
        (total / batch.tasks).backward()  # type: ignore[no-untyped-call]
        adam.step()

    return iteration, lambda: torch.cat([parameter.detach().flatten() for parameter in parameters])
