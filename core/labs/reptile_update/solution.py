"""Lab reptile-update: move theta towards trained copies of it (Nichol et al. 2018, algorithm 1, batched)."""

from collections.abc import Callable

import torch
from torch import Tensor


def reptile_update(
    theta: Tensor, tasks: int, loss: Callable[[Tensor], Tensor], inner_rate: float, steps: int, epsilon: float
) -> Tensor:
    """Return theta [parameters] after one outer update of Reptile.

        phi_i = theta, then `steps` times  phi_i <- phi_i - inner_rate * (the gradient of loss_i at phi_i)
        theta <- theta + epsilon * (the mean over i of phi_i - theta)

    theta [parameters] requires a gradient and must stay as it is: return a new tensor. loss(phi) takes phi
    [tasks, parameters], a row for each task, and returns a loss for each task, [tasks].
    """
    phi = theta.expand(tasks, -1)
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(loss(phi).sum(), phi)
        phi = phi - inner_rate * gradient
    return theta + epsilon * (phi - theta).mean(0)
