"""Random inputs for the lab on a layer of linear attention."""

from typing import Any

import torch

from core.labs.losses import uniform

DIFFERENTIABLE = ("x", "y", "queries")
# points, inputs, queries; a square attention comes last, so that one the wrong way round is seen at once
SIZES = ((2, 2, 1), (2, 3, 3), (3, 2, 4), (5, 3, 2), (4, 4, 4))
TRIALS = len(SIZES)


def draw(number: int, source: torch.Generator) -> dict[str, Any]:
    """Return the arguments of trial `number`."""
    points, inputs, queries = SIZES[number]
    return {
        "x": torch.randn(points, inputs, generator=source),
        "y": torch.randn(points, generator=source),
        "queries": torch.randn(queries, inputs, generator=source),
        "rate": uniform(0.3, 0.8, source),
    }
