"""The derivatives of the wave's squared error, written out: several times as fast as autograd.

The plain twin is autograd through `core.models.wave.Wave`, as `core.training.problem.Problem` does it.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def mse_derivatives(
    phi: Tensor, x: Tensor, y: Tensor, curvature: bool = False
) -> tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]:
    """Return the mean squared error [tasks], its gradient [tasks, 2], and the map v -> H v.

    phi [tasks, 2]; x, y [tasks, points, 1]. With e = a sin(x - b) - y the loss is the mean of e²: its gradient is
    2 mean(e s), -2 a mean(e c), with s and c for the sine and the cosine of x - b.
    """
    a, b = phi.split(1, 1)
    angle = x[..., 0] - b
    sine, cosine = angle.sin(), angle.cos_()
    error = (a * sine).sub_(y[..., 0])
    scale = 2 / error.shape[1]
    e_sine, e_cosine = _sum(error * sine), _sum(error * cosine)
    gradient = torch.cat([e_sine, -a * e_cosine], 1).mul_(scale)

    def hessian_times(v: Tensor) -> Tensor:
        along, across = v.split(1, 1)
        # how the error changes along v, then the gradient
        change = along * sine - across * (a * cosine)
        first = _sum(change * sine) - across * e_cosine
        second = across * (a * e_sine) + along * e_cosine + a * _sum(change * cosine)
        return torch.cat([first, -second], 1).mul_(scale)

    return error.square().mean(1), gradient, hessian_times


def _sum(values: Tensor) -> Tensor:
    """Return the sum over points, [tasks, 1]."""
    return values.sum(1, keepdim=True)
