"""Random inputs for the lab on Reptile's update."""

from typing import Any

import torch

from core.labs.losses import SIZES, outer_arguments, uniform

DIFFERENTIABLE = ()
TRIALS = len(SIZES)


def draw(number: int, source: torch.Generator) -> dict[str, Any]:
    """Return the arguments of trial `number`."""
    return outer_arguments(number, source, "loss") | {"epsilon": uniform(0.2, 0.4, source)}
