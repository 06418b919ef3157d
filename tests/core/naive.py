"""Independent, naive versions: one task at a time, plain autograd, nothing shared with core's fast paths."""

import torch
from torch import Tensor

from core.models.mlp import Mlp


def network(model: Mlp, theta: Tensor, x: Tensor) -> Tensor:
    """The MLP on [points, 1] with flat `theta`, written out layer by layer."""
    position, h = 0, x
    layers = list(zip(model.sizes, model.sizes[1:], strict=False))
    for depth, (rows, columns) in enumerate(layers):
        weight = theta[position : position + rows * columns].reshape(rows, columns)
        position += rows * columns
        bias = theta[position : position + columns]
        position += columns
        h = h @ weight + bias
        if depth < len(layers) - 1:
            h = torch.relu(h)
    return h


def mse(model: Mlp, theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Mean squared error of one task."""
    return ((network(model, theta, x) - y) ** 2).mean()


def maml_loss(model: Mlp, theta: Tensor, batch, rate: float, steps: int, first_order: bool = False) -> Tensor:
    """The mean query loss after `steps` inner steps, task by task, as a function of theta."""
    losses = []
    for i in range(batch.tasks):
        phi = theta
        for _ in range(steps):
            support = mse(model, phi, batch.support_x[i], batch.support_y[i])
            (gradient,) = torch.autograd.grad(support, phi, create_graph=True)
            phi = phi - rate * (gradient.detach() if first_order else gradient)
        losses.append(mse(model, phi, batch.query_x[i], batch.query_y[i]))
    return torch.stack(losses).mean()


def result(events):
    """What a generator returns, its events dropped."""
    while True:
        try:
            next(events)
        except StopIteration as stop:
            return stop.value
