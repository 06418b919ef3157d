"""Random inputs for the lab on writing."""

from typing import Any

import torch

DIFFERENTIABLE = ("memory", "weighting", "erase", "add")
SIZES = ((1, 2, 2), (1, 3, 2), (2, 3, 4), (3, 5, 2))  # batch, rows, width
TRIALS = len(SIZES)


def draw(number: int, source: torch.Generator) -> dict[str, Any]:
    """Return the arguments of trial `number`."""
    batch, rows, width = SIZES[number]
    return {
        "memory": torch.randn(batch, rows, width, generator=source),
        "weighting": torch.randn(batch, rows, generator=source).softmax(-1),
        "erase": torch.rand(batch, width, generator=source),
        "add": torch.randn(batch, width, generator=source).tanh(),
    }
