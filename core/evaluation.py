"""How well an initialization adapts to tasks it has never seen."""

from collections.abc import Iterator

import torch
from torch import Tensor

from core.configs import Sinusoid, Training
from core.events import Evaluation
from core.problems import Problem
from core.seeding import generator
from core.tasks import sinusoid
from core.tasks.sinusoid import Batch

TASKS, QUERIES, STEPS = 1000, 100, 10
UNSEEN_SEED = 0  # unseen tasks do not depend on a run's seed: all runs are judged on the same ones


def unseen(config: Sinusoid, name: str, tasks: int, queries: int = QUERIES) -> Batch:
    """`tasks` fixed tasks of the stream `name`, which no training run draws from."""
    return sinusoid.draw(config, tasks, generator(UNSEEN_SEED, name), queries)


def adapt(problem: Problem, phi: Tensor, x: Tensor, y: Tensor, inner_rate: float, steps: int) -> Iterator[Tensor]:
    """Yield phi [tasks, parameters] after 0, 1, ..., `steps` gradient steps on (x, y); no graph is kept."""
    yield phi
    for _ in range(steps):
        _, gradient, _ = problem.derivatives(phi, x, y)
        phi = torch.sub(phi, gradient, alpha=inner_rate)
        yield phi


def query_losses(problem: Problem, theta: Tensor, batch: Batch, inner_rate: float, steps: int) -> Tensor:
    """Query loss after 0, 1, ..., `steps` inner steps on the support, [steps + 1, tasks]."""
    phi = theta.detach().expand(batch.tasks, -1)
    path = adapt(problem, phi, batch.support_x, batch.support_y, inner_rate, steps)
    return torch.stack([problem.loss(at, batch.query_x, batch.query_y) for at in path])


def evaluate(problem: Problem, theta: Tensor, config: Training, inner_rate: float, iteration: int = 0) -> Evaluation:
    """Mean query loss and its 95% interval after 0..10 inner steps, over 1000 unseen tasks."""
    batch = unseen(config.task, "evaluation", TASKS)
    losses = query_losses(problem, theta, batch, inner_rate, STEPS)
    ci95 = 1.96 * losses.std(1) / TASKS**0.5
    return Evaluation(iteration, losses.mean(1).numpy(), ci95.numpy(), TASKS, inner_rate)
