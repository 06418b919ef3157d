"""Random inputs for the lab on the weighted distance."""

from typing import Any

import torch

DIFFERENTIABLE = ("first", "second", "weights", "bias")
SIZES = ((1, 2), (2, 2), (3, 4), (5, 3), (4, 6))  # pairs, features
TRIALS = len(SIZES)


def draw(number: int, source: torch.Generator) -> dict[str, Any]:
    """Return the arguments of trial `number`; from the second on, some pairs match and some do not."""
    pairs, features = SIZES[number]
    return {
        # small, so that the logarithm of a sigmoid is right to many digits however it is written
        "first": 0.7 * torch.randn(pairs, features, generator=source),
        "second": 0.7 * torch.randn(pairs, features, generator=source),
        "weights": 0.7 * torch.randn(features, generator=source),
        "bias": 0.5 * torch.randn((), generator=source),
        "same": (torch.arange(pairs) % 2 == number % 2).float(),
    }
