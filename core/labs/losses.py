"""Random losses for labs about adapting: curved, different for every task, and quick."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

# tasks, parameters and steps of each trial, from the smallest to what tells all mistakes apart
SIZES = ((1, 2, 1), (2, 2, 2), (2, 3, 3), (3, 4, 2), (4, 3, 3), (3, 5, 4))


def random_losses(tasks: int, parameters: int, source: torch.Generator) -> Callable[[Tensor], Tensor]:
    """Return a loss of phi [tasks, parameters]: a value for each task, [tasks]. Its Hessian is neither constant nor
    diagonal.
    """
    mixing = torch.randn(parameters, parameters + 1, generator=source)
    targets = torch.randn(tasks, parameters + 1, generator=source)

    def loss(phi: Tensor) -> Tensor:
        if phi.shape[-1:] != (parameters,):
            raise ValueError(f"a loss takes phi [{tasks}, {parameters}], and gets {list(phi.shape)}")
        return ((phi @ mixing).tanh() - targets).square().sum(-1)

    return loss


def outer_arguments(number: int, source: torch.Generator, *losses: str) -> dict[str, Any]:
    """Return the arguments of trial `number` of a function that moves theta: it takes theta, losses by name, and inner
    steps.
    """
    tasks, parameters, steps = SIZES[number]
    return {
        "theta": torch.randn(parameters, generator=source).requires_grad_(),
        "tasks": tasks,
        **{name: random_losses(tasks, parameters, source) for name in losses},
        "inner_rate": uniform(0.05, 0.2, source),
        "steps": steps,
    }


def uniform(low: float, high: float, source: torch.Generator) -> float:
    """Return a random number between low and high."""
    return low + (high - low) * torch.rand((), generator=source).item()
