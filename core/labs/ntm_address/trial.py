"""Random inputs for the lab on addressing."""

from typing import Any

import torch

DIFFERENTIABLE = ("memory", "key", "strength", "gate", "shift", "gamma", "before")
SIZES = ((1, 3, 2), (2, 4, 2), (3, 5, 3), (2, 6, 4), (2, 3, 2))  # batch, rows, width
TRIALS = len(SIZES)
ZERO = 4  # the trial whose first key is all zeros
VALUES_ALONE = frozenset({ZERO})  # what the gradient is there depends on how a function keeps from dividing by zero


def draw(number: int, source: torch.Generator) -> dict[str, Any]:
    """Return the arguments of trial `number`."""
    batch, rows, width = SIZES[number]
    key = torch.randn(batch, width, generator=source)
    key[0] *= number != ZERO
    return {
        "memory": torch.randn(batch, rows, width, generator=source),
        "key": key,
        "strength": 1.5 + 3 * torch.rand(batch, 1, generator=source),
        "gate": 0.2 + 0.25 * torch.rand(batch, 1, generator=source),
        "shift": torch.randn(batch, 3, generator=source).softmax(-1),
        "gamma": 1.5 + 2 * torch.rand(batch, 1, generator=source),
        "before": torch.randn(batch, rows, generator=source).softmax(-1),
    }
