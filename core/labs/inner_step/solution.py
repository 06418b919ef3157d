"""Lab inner-step: take gradient steps for every task at once (Finn et al. 2017, section 2.2)."""

from collections.abc import Callable

import torch
from torch import Tensor


def inner_steps(theta: Tensor, loss: Callable[[Tensor], Tensor], inner_rate: float, steps: int) -> Tensor:
    """Return phi [tasks, parameters]: theta after `steps` steps of gradient descent on each task's own loss.

        phi_0 = theta
        phi_(k+1) = phi_k - inner_rate * (the gradient of the loss at phi_k)

    theta [tasks, parameters]: a row for each task; it requires a gradient. loss(phi) returns a loss for each task,
    [tasks]; each depends on its own row of phi alone. MAML differentiates phi with respect to theta later on, so the
    steps must stay in the graph. theta itself must stay as it is.
    """
    phi = theta
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(loss(phi).sum(), phi, create_graph=True)
        phi = phi - inner_rate * gradient
    return phi
