"""Random inputs for the labs that compare queries with a support."""

from typing import Any

import torch
from torch import Tensor

from core.labs.losses import uniform

DIFFERENTIABLE = ("queries", "support")
SIZES = ((1, 2, 2, 2), (2, 3, 2, 2), (3, 5, 3, 3), (2, 7, 4, 4), (4, 6, 3, 5))  # queries, support, way, features
TRIALS = len(SIZES)


def draw(number: int, source: torch.Generator) -> dict[str, Any]:
    """Return the arguments of trial `number`."""
    return {**points(number, source), "scale": uniform(1.5, 4.0, source)}


def points(number: int, source: torch.Generator) -> dict[str, Any]:
    """Return queries, support, labels and way of trial `number`."""
    queries, support, way, features = SIZES[number]
    return {
        "queries": torch.randn(queries, features, generator=source),
        "support": torch.randn(support, features, generator=source),
        "labels": labels(support, way),
        "way": way,
    }


def labels(support: int, way: int) -> Tensor:
    """Return labels [support] in no simple order: every class has a point, and the last has those that are left."""
    return torch.arange(support).clamp(max=way - 1).flip(0)
