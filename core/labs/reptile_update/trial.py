"""Random inputs for the lab on Reptile's update."""

from typing import Any

import torch

from core.labs.losses import SIZES, random_losses, uniform

DIFFERENTIABLE = ()
TRIALS = len(SIZES)


def draw(number: int, source: torch.Generator) -> dict[str, Any]:
    """Return the arguments of trial `number`."""
    tasks, parameters, steps = SIZES[number]
    return {
        "theta": torch.randn(parameters, generator=source).requires_grad_(),
        "tasks": tasks,
        "loss": random_losses(tasks, parameters, source),
        "inner_rate": uniform(0.05, 0.2, source),
        "steps": steps,
        "epsilon": uniform(0.2, 0.4, source),
    }
