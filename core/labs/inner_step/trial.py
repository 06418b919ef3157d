"""Random inputs for the lab on inner steps."""

from typing import Any

import torch

from core.labs.losses import SIZES, random_losses, uniform

DIFFERENTIABLE = ("theta",)
TRIALS = len(SIZES)


def draw(number: int, source: torch.Generator) -> dict[str, Any]:
    """Return the arguments of trial `number`."""
    tasks, parameters, steps = SIZES[number]
    theta = torch.randn(tasks, parameters, generator=source)
    loss = random_losses(tasks, parameters, source)
    return {"theta": theta, "loss": loss, "inner_rate": uniform(0.05, 0.2, source), "steps": steps}
