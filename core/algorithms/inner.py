"""The inner loop as evaluation and Reptile use it: each task's own copy goes down its own loss."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from core.configs import Descent
from core.problems import Problem

BETA2, TINY = 0.999, 1e-8


@dataclass(frozen=True)
class State:
    """What Adam remembers: steps taken, and the running mean of squared gradients [tasks, parameters]."""

    steps: int
    squares: Tensor


def direction_of(gradient: Tensor, state: State | None, descent: Descent) -> tuple[Tensor, State | None]:
    """What to subtract, up to the rate, and the optimizer's next state. A new task starts with None.

    For "adam" with beta1 = 0 (Nichol et al. 2018, section 6.1): the gradient divided by the root of
    its running mean square, which counts every step so far alike while there are few of them.
    """
    if descent.optimizer == "sgd":
        return gradient, None
    steps, squares = (state.steps, state.squares) if state else (0, torch.zeros_like(gradient))
    squares = torch.addcmul(BETA2 * squares, gradient, gradient, value=1 - BETA2)
    mean_square = squares / (1 - BETA2 ** (steps + 1))
    return gradient / mean_square.sqrt_().add_(TINY), State(steps + 1, squares)


def minibatch(step: int, points: int, size: int) -> slice | Tensor:
    """Which points step number `step` (from 0) uses: the next `size` of them, around and around."""
    if not 0 < size < points:
        return slice(None)
    first = step * size % points
    if first + size <= points:
        return slice(first, first + size)
    return torch.arange(first, first + size) % points


def adapt(problem: Problem, phi: Tensor, x: Tensor, y: Tensor, descent: Descent, steps: int) -> Iterator[Tensor]:
    """Yield phi [tasks, parameters] after 0, 1, ..., `steps` steps on all of (x, y); no graph is kept."""
    yield phi
    state = None
    for _ in range(steps):
        _, gradient, _ = problem.derivatives(phi, x, y)
        move, state = direction_of(gradient, state, descent)
        phi = torch.sub(phi, move, alpha=descent.rate)
        yield phi
