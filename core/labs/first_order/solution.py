"""Lab first-order: MAML's outer gradient without second derivatives (Finn et al. 2017, section 5.2)."""

from collections.abc import Callable

import torch
from torch import Tensor

Loss = Callable[[Tensor], Tensor]


def first_order_gradient(
    theta: Tensor, tasks: int, support_loss: Loss, query_loss: Loss, inner_rate: float, steps: int
) -> Tensor:
    """Return first-order MAML's outer gradient [parameters]: the mean over the tasks of the query losses' gradients
    at phi_i.

        phi_i = theta, then `steps` times  phi_i <- phi_i - inner_rate * (the gradient of support_loss_i at phi_i)
        result = the mean over i of (the gradient of query_loss_i at phi_i, with respect to phi_i)

    theta [parameters] requires a gradient. Both losses take phi [tasks, parameters], a row for each task, and return
    a loss for each task, [tasks].
    """
    phi = theta.expand(tasks, -1)
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(support_loss(phi).sum(), phi)
        phi = phi - inner_rate * gradient
    (outer,) = torch.autograd.grad(query_loss(phi).sum(), phi)
    return outer.mean(0)
