"""Fit the same few points of one task from several initializations, step by step."""

from collections.abc import Iterator

import torch

from core.configs import Fit
from core.evaluation import adapt
from core.events import Event, Fitted
from core.problems import sinusoid_problem

GRID = torch.linspace(-5, 5, 121)  # where the fitted curves are drawn and judged


def run(config: Fit) -> Iterator[Event]:
    """Gradient descent on the support points from every init of `config`, all at once.

    Yields one `Fitted` per init, in order.
    """
    problem = sinusoid_problem()
    names = list(config.inits)
    theta = torch.stack([torch.from_numpy(config.inits[name]) for name in names])
    x, y = (torch.tensor(v, dtype=torch.float32).expand(len(names), -1)[..., None] for v in (config.x, config.y))
    grid = GRID.expand(len(names), -1)[..., None]
    truth = config.amplitude * torch.sin(grid - config.phase)
    path = list(adapt(problem, theta, x, y, config.inner_rate, config.inner_steps))
    curves = torch.stack([problem.model(phi, grid)[..., 0] for phi in path])
    support = torch.stack([problem.loss(phi, x, y) for phi in path])
    query = torch.stack([problem.loss(phi, grid, truth) for phi in path])
    for i, name in enumerate(names):
        yield Fitted(name, GRID.numpy(), curves[:, i].numpy(), support[:, i].numpy(), query[:, i].numpy())
