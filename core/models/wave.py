"""A model with 2 parameters, so that its loss surface can be drawn: f(x) = a sin(x - b)."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Wave:
    """f(x) = a sin(x - b) with parameters phi = (a, b), so that each sinusoid task is a point of the plane."""

    parameters: int = 2

    def init(self, generator: torch.Generator) -> Tensor:
        """Draw theta [2]: amplitude a in [0, 5], phase b in [0, pi]."""
        return torch.rand(2, generator=generator) * torch.tensor([5.0, torch.pi])

    def __call__(self, phi: Tensor, x: Tensor) -> Tensor:
        """Return the predictions [tasks, points, 1] of `phi` [tasks, 2] at `x` [tasks, points, 1]."""
        a, b = phi[:, None, :1], phi[:, None, 1:]
        return a * torch.sin(x - b)
