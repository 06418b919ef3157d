"""The four-block network for one task by PyTorch's own layers and autograd; shares nothing with core.models."""

import torch
from torch import Tensor
from torch.nn import functional


def logits(phi: Tensor, x: Tensor, way: int, width: int, pool: bool) -> Tensor:
    """Logits [n, way] of images [n, side, side] with the flat parameters `phi`."""
    parts = _Parts(phi)
    h = x[:, None]
    for inputs in (1, width, width, width):
        filters = parts.take(9 * inputs * width).view(3, 3, inputs, width).permute(3, 2, 0, 1)
        scale, shift = parts.take(width), parts.take(width)
        h = functional.conv2d(h, filters, stride=1 if pool else 2, padding=1)
        h = functional.batch_norm(h, None, None, scale, shift, training=True, eps=1e-3).relu()
        if pool:
            h = functional.max_pool2d(h, 2)
    h = h.permute(0, 2, 3, 1).flatten(1)
    out = h @ parts.take(h.shape[1] * way).view(-1, way) + parts.take(way)
    assert parts.position == len(phi)
    return out


def loss(phi: Tensor, x: Tensor, y: Tensor, way: int, width: int, pool: bool = False) -> Tensor:
    """Mean cross-entropy of one task."""
    return functional.cross_entropy(logits(phi, x, way, width, pool), y)


def maml_loss(theta: Tensor, batch, rate: float, steps: int, way: int, width: int, first_order: bool) -> Tensor:
    """Mean query loss after `steps` inner steps, task by task."""
    losses = []
    for i in range(batch.tasks):
        phi = theta
        for _ in range(steps):
            support = loss(phi, batch.support_x[i], batch.support_y[i], way, width)
            (gradient,) = torch.autograd.grad(support, phi, create_graph=True)
            phi = phi - rate * (gradient.detach() if first_order else gradient)
        losses.append(loss(phi, batch.query_x[i], batch.query_y[i], way, width))
    return torch.stack(losses).mean()


class _Parts:
    def __init__(self, phi: Tensor) -> None:
        self.phi, self.position = phi, 0

    def take(self, count: int) -> Tensor:
        part = self.phi[self.position : self.position + count]
        self.position += count
        return part
