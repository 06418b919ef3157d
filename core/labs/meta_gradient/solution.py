"""Lab meta-gradient: differentiate through the inner loop (Finn et al. 2017, algorithm 2, second order)."""

from collections.abc import Callable

import torch
from torch import Tensor

Loss = Callable[[Tensor], Tensor]


def meta_gradient(
    theta: Tensor, tasks: int, support_loss: Loss, query_loss: Loss, inner_rate: float, steps: int
) -> Tensor:
    """Return MAML's outer gradient [parameters]: that of the mean query loss after the inner steps, with respect to
    theta.

        phi_i = theta, then `steps` times  phi_i <- phi_i - inner_rate * (the gradient of support_loss_i at phi_i)
        result = d/d theta of the mean over i of query_loss_i(phi_i)

    theta [parameters] requires a gradient. Both losses take phi [tasks, parameters], a row for each task, and return
    a loss for each task, [tasks].
    """
    phi = theta.expand(tasks, -1)
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(support_loss(phi).sum(), phi, create_graph=True)
        phi = phi - inner_rate * gradient
    (outer,) = torch.autograd.grad(query_loss(phi).mean(), theta)
    return outer
