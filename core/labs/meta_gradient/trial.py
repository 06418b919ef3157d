"""Random inputs for the lab on an outer gradient."""

from typing import Any

import torch

from core.labs.losses import SIZES, outer_arguments

DIFFERENTIABLE = ()
TRIALS = len(SIZES)


def draw(number: int, source: torch.Generator) -> dict[str, Any]:
    """Return the arguments of trial `number`."""
    return outer_arguments(number, source, "support_loss", "query_loss")
