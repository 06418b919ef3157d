"""A conditional neural process: each point becomes a vector, their mean stands for the function, and a second network
answers a new x from that mean, with how sure it is.

Garnelo et al. 2018, "Conditional Neural Processes", section 2.2 and figure 1b. The parameters are a flat vector.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from core.models import lstm

LEAST_STD = 0.1  # of an answer, as in the authors' code


@dataclass(frozen=True)
class Cnp:
    """The network. width: units of each layer, and numbers of a vector that stands for a point."""

    width: int = 128

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Weights and biases in the order of the flat vector: the network of a point, the network of an answer."""
        width = self.width
        return [
            (2, width), (1, width), (width, width), (1, width), (width, width), (1, width),
            (width + 1, width), (1, width), (width, width), (1, width), (width, 2), (1, 2),
        ]  # fmt: skip

    @property
    def parameters(self) -> int:
        """Length of the flat parameter vector."""
        return sum(rows * columns for rows, columns in self.shapes)

    def init(self, generator: torch.Generator) -> Tensor:
        """Return random parameters: weights normal with variance 2 / inputs (He et al. 2015), biases zero."""
        parts = [
            torch.randn(rows, columns, generator=generator) * (2 / rows) ** 0.5 if rows > 1 else torch.zeros(1, columns)
            for rows, columns in self.shapes
        ]
        return torch.cat([part.flatten() for part in parts])

    def __call__(self, theta: Tensor, x: Tensor, y: Tensor, query_x: Tensor, seen: Tensor) -> Tensor:
        """Return mean and standard deviation of each answer, [b, q, 2]. x, y [b, points, 1]; query_x [b, q, 1];
        seen [q]: how many of the points, from the first on, an answer rests on.
        """
        views = lstm.views_of(theta, self.shapes)
        points = perceptron(views[:6], torch.cat([x, y], -1))
        sums = functional.pad(points.cumsum(1), (0, 0, 1, 0))  # of the first 0, 1, 2, ... points
        r = sums[:, seen] / seen.clamp_min(1)[:, None]  # their mean, zero where there is none
        mean, spread = perceptron(views[6:], torch.cat([r, query_x], -1)).unbind(-1)
        return torch.stack([mean, LEAST_STD + (1 - LEAST_STD) * functional.softplus(spread)], -1)


def perceptron(weights: Sequence[Tensor], x: Tensor) -> Tensor:
    """Return layers of units max(0, .), the last one linear; weights: a matrix and a bias a layer."""
    for weight, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = (x @ weight + bias).relu()
    return x @ weights[-2] + weights[-1]
