"""The inner loop: each task's own copy of the parameters goes down the task's own loss."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from core.training.config import Descent
from core.training.problem import Problem

# a rule by which copies adapt: from a problem, phi [tasks, parameters], the points x and y that each task learns from,
# the settings and a number of steps to phi after these steps
AdaptTo = Callable[[Problem, Tensor, Tensor, Tensor, Any, int], Tensor]

BETA2, EPSILON = 0.999, 1e-8  # of Adam


@dataclass(frozen=True)
class AdamState:
    """Adam's state: the steps taken, and the running mean of squared gradients [tasks, parameters]."""

    steps: int
    squares: Tensor


class InnerUpdate(NamedTuple):
    """The result of an inner step.

    phi, gradient [tasks, parameters]: the parameters after the step, and the gradient of the loss before it;
    losses [tasks]: before the step; hessian_times: v -> H v of that loss, if `curvature` was set; adam: the state for
    the next step, where the descent is by Adam.
    """

    phi: Tensor
    losses: Tensor
    gradient: Tensor
    hessian_times: Callable[[Tensor], Tensor]
    adam: AdamState | None


def inner_step(
    problem: Problem,
    phi: Tensor,
    x: Tensor,
    y: Tensor,
    descent: Descent,
    adam: AdamState | None = None,
    curvature: bool = False,
    start: Tensor | None = None,
) -> InnerUpdate:
    """Take a step of gradient descent for every task at once (Finn et al. 2017, section 2.2).

    phi [tasks, parameters]; x, y [tasks, points, ...]: the points that the step learns from; curvature: whether
    hessian_times will be called; start [tasks, parameters]: what `descent.pull` draws phi back to.
    """
    inner_rate = descent.rate if isinstance(descent.rate, float) else torch.as_tensor(descent.rate)
    losses, slope, hessian_times = problem.derivatives(phi, x, y, curvature)
    gradient, adam = (slope, None) if descent.optimizer == "sgd" else rescaled(slope, adam)  # as Adam scales it
    if start is not None:
        gradient = gradient + descent.pull * (phi - start)
    phi = phi - inner_rate * gradient
    return InnerUpdate(phi, losses, slope, hessian_times, adam)


def rescaled(gradient: Tensor, adam: AdamState | None) -> tuple[Tensor, AdamState]:
    """Return the gradient as Adam with beta1 = 0 scales it, and Adam's next state; a new task starts with None.

    Nichol et al. 2018, section 6.1: the gradient is divided by the root of its running mean square, with Adam's
    correction for the steps that have not been taken yet.
    """
    steps, squares = (adam.steps, adam.squares) if adam else (0, torch.zeros_like(gradient))
    squares = torch.addcmul(BETA2 * squares, gradient, gradient, value=1 - BETA2)
    mean_square = squares / (1 - BETA2 ** (steps + 1))
    return gradient / mean_square.sqrt_().add_(EPSILON), AdamState(steps + 1, squares)


def minibatch(step: int, points: int, size: int) -> slice | Tensor:
    """Return the points of step number `step` (from 0): the next `size` of them, around and around."""
    if not 0 < size < points:
        return slice(None)
    first = step * size % points
    if first + size <= points:
        return slice(first, first + size)
    return torch.arange(first, first + size) % points


def adapt(problem: Problem, phi: Tensor, x: Tensor, y: Tensor, descent: Descent, steps: int) -> Iterator[Tensor]:
    """Yield phi [tasks, parameters] after 0, 1, ..., `steps` steps on all of (x, y), without a graph."""
    yield phi
    adam, start = None, phi if descent.pull else None
    for _ in range(steps):
        phi, *_, adam = inner_step(problem, phi, x, y, descent, adam, start=start)
        yield phi
