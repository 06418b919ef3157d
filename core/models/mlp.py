"""A multi-layer perceptron for many tasks at once, its parameters one flat vector per task.

Finn et al. 2017, section 5.1, use 1-40-40-1 with ReLU for the sinusoid. Every task carries its
own copy of the weights, so a layer is one batched matrix product and not a loop over tasks. Its
derivatives come from autograd, or twice as fast from `core.models.fast.mlp`.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import torch
from torch import Tensor


@dataclass(frozen=True)
class Mlp:
    """ReLU network with layer widths `sizes`; parameters `phi` have shape [tasks, self.parameters]."""

    sizes: tuple[int, ...] = (1, 40, 40, 1)

    @cached_property
    def shapes(self) -> list[tuple[int, int]]:
        """Weight and bias shapes in the order in which the flat vector holds them."""
        return [shape for a, b in pairwise(self.sizes) for shape in ((a, b), (1, b))]

    @property
    def parameters(self) -> int:
        """Length of the flat parameter vector (1761 for 1-40-40-1)."""
        return sum(rows * columns for rows, columns in self.shapes)

    def init(self, generator: torch.Generator) -> Tensor:
        """Random theta [parameters]: truncated normal weights (std 1/sqrt(fan in)), zero biases."""
        parts: list[Tensor] = []
        for rows, columns in self.shapes:
            bias = rows == 1 and len(parts) % 2 == 1
            part = torch.zeros(rows, columns)
            if not bias:
                torch.nn.init.trunc_normal_(part, std=rows**-0.5, a=-2, b=2, generator=generator)
            parts.append(part.flatten())
        return torch.cat(parts)

    def layers(self, phi: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Views of `phi` [tasks, parameters] as (weight [tasks, in, out], bias [tasks, 1, out])."""
        parts = phi.split([rows * columns for rows, columns in self.shapes], -1)
        views = [part.view(-1, *shape) for part, shape in zip(parts, self.shapes, strict=True)]
        return list(zip(views[::2], views[1::2], strict=True))

    def __call__(self, phi: Tensor, x: Tensor) -> Tensor:
        """Predictions [tasks, points, out] at `x` [tasks, points, in]."""
        *hidden, (weight, bias) = self.layers(phi)
        h = x
        for w, b in hidden:
            h = torch.baddbmm(b, h, w).relu()
        return torch.baddbmm(bias, h, weight)


@dataclass(frozen=True)
class Features(Mlp):
    """The network without its last layer as an encoder of single numbers, in the manner of `core.models.encoder`."""

    sizes: tuple[int, ...] = (1, 40, 40)
    statistics = 0  # nothing is normalized

    @property
    def features(self) -> int:
        """Length of an embedding."""
        return self.sizes[-1]

    def forward(self, phi: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the embeddings [tasks, points, features] and the statistics [tasks, 0], of which there are none."""
        return self(phi, x), phi.new_zeros(len(phi), 0)
