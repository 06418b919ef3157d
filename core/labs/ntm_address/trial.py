"""Random inputs for the lab on addressing."""

from typing import Any

import torch

DIFFERENTIABLE = ("memory", "key", "strength", "gate", "shift", "gamma", "before")
SIZES = ((1, 3, 2), (2, 4, 2), (3, 5, 3), (2, 6, 4))  # batch, rows, width
TRIALS = len(SIZES)


def draw(number: int, source: torch.Generator) -> dict[str, Any]:
    """Return the arguments of trial `number`."""
    batch, rows, width = SIZES[number]
    return {
        "memory": torch.randn(batch, rows, width, generator=source),
        "key": torch.randn(batch, width, generator=source),
        "strength": 1.5 + 3 * torch.rand(batch, 1, generator=source),
        "gate": 0.2 + 0.25 * torch.rand(batch, 1, generator=source),
        "shift": torch.randn(batch, 3, generator=source).softmax(-1),
        "gamma": 1.5 + 2 * torch.rand(batch, 1, generator=source),
        "before": torch.randn(batch, rows, generator=source).softmax(-1),
    }
