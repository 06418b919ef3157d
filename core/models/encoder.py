"""The convolutional part of the few-shot networks: pictures to embeddings, for many tasks at once.

Vinyals et al. 2016, section 4.1: four times a 3x3 convolution, batch normalization, ReLU, each
halving the picture. Every task may carry its own weights, one flat vector a task, as in
`core.models.mlp`. Batch normalization uses the pictures of the task at hand: there are no running
statistics, so nothing leaks from one task to another. A bias before it would be subtracted again,
so the convolutions have none. Where a picture must be embedded alone, `core.models.frozen` does it
with the statistics that training met.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from core.models import blocks, first_block
from core.models.blocks import EPSILON, Block, Tape
from core.models.first_block import FirstTape


@dataclass(frozen=True)
class Tapes:
    """What backward passes need of a forward pass: one tape a block."""

    first: FirstTape
    others: list[Tape]


@dataclass(frozen=True)
class Encoder:
    """Parameters `phi` [tasks, self.parameters], images [tasks, n, side, side] to [tasks, n, features].

    width: filters of each block; pool: halve by 2x2 max-pooling instead of by a stride of two.
    """

    width: int = 32
    pool: bool = False
    side: int = 28
    depth: int = 4

    @cached_property
    def sides(self) -> list[int]:
        """Height and width of each block's output."""
        found = [self.side]
        for _ in range(self.depth):
            found.append(found[-1] // 2 if self.pool else (found[-1] + 1) // 2)
        return found[1:]

    @property
    def features(self) -> int:
        """Length of an embedding."""
        return self.sides[-1] ** 2 * self.width

    @cached_property
    def shapes(self) -> list[tuple[int, int]]:
        """Shapes in the order of the flat vector: filters, scale and shift of each block."""
        found = []
        for depth in range(self.depth):
            found += [(9 * (self.width if depth else 1), self.width), (1, self.width), (1, self.width)]
        return found

    @property
    def parameters(self) -> int:
        """Length of the flat parameter vector."""
        return sum(rows * columns for rows, columns in self.shapes)

    @property
    def statistics(self) -> int:
        """Length of `statistics_of`: a mean and a variance for every filter of every block."""
        return 2 * self.depth * self.width

    def init(self, generator: torch.Generator) -> Tensor:
        """Random parameters: filters normal with std sqrt(2 / fan in), scale 1, shift 0."""
        parts: list[Tensor] = []
        for fan_in, width in self.shapes[::3]:
            filters = torch.randn(fan_in, width, generator=generator) * (2 / fan_in) ** 0.5
            parts.append(torch.cat([filters.flatten(), torch.ones(width), torch.zeros(width)]))
        return torch.cat(parts)

    def blocks(self, phi: Tensor) -> list[Block]:
        """Views of `phi` as blocks."""
        parts = phi.split([rows * columns for rows, columns in self.shapes], -1)
        views = [part.view(-1, *shape) for part, shape in zip(parts, self.shapes, strict=True)]
        return [Block(*triple) for triple in zip(views[::3], views[1::3], views[2::3], strict=True)]

    def forward(self, phi: Tensor, x: Tensor) -> tuple[Tensor, Tapes]:
        """Embeddings [tasks, n, features] and the tapes. The n images of a task are normalized together."""
        first, *others = self.blocks(phi)
        h, first_tape = first_block.forward(first, x[..., None], self.pool)
        tapes = []
        for block in others:
            h, tape = blocks.forward(block, h, self.pool)
            tapes.append(tape)
        return h.flatten(2), Tapes(first_tape, tapes)

    def __call__(self, phi: Tensor, x: Tensor) -> Tensor:
        """Embeddings [tasks, n, features]."""
        return self.forward(phi, x)[0]

    def backward(self, tapes: Tapes, d: Tensor, curvature: bool = False) -> Tensor:
        """The gradient [tasks, parameters] from that of the embeddings, `d` [tasks, n, features].

        `curvature`: keep what `tangent` and `backward_tangent` will ask for.
        """
        back, parts = self._picture(d), list[Tensor]()
        for tape in reversed(tapes.others):
            back, *gradients = blocks.backward(tape, back, curvature)
            parts = [*gradients, *parts]
        return flat([*first_block.backward(tapes.first, back, curvature), *parts])

    def tangent(self, tapes: Tapes, v: Tensor) -> Tensor:
        """How the embeddings change when the parameters change along `v` [tasks, parameters]."""
        first, *others = self.blocks(v)
        h_dot = first_block.forward_tangent(tapes.first, first)
        for tape, block in zip(tapes.others, others, strict=True):
            h_dot = blocks.forward_tangent(tape, block, h_dot)
        return h_dot.flatten(2)

    def backward_tangent(self, tapes: Tapes, v: Tensor, d_dot: Tensor) -> Tensor:
        """How the result of `backward` changes along `v`, when its `d` changes along `d_dot`."""
        first, *others = self.blocks(v)
        back, parts = self._picture(d_dot), list[Tensor]()
        for tape, block in zip(reversed(tapes.others), reversed(others), strict=True):
            back, *products = blocks.backward_tangent(tape, block, back)
            parts = [*products, *parts]
        return flat([*first_block.backward_tangent(tapes.first, first, back), *parts])

    def statistics_of(self, tapes: Tapes) -> Tensor:
        """What batch normalization subtracted and divided by, [tasks, self.statistics]."""
        first = tapes.first.mean @ tapes.first.block.filters
        means = [first, *(tape.mean for tape in tapes.others)]
        inverses = [tapes.first.inverse, *(tape.inverse for tape in tapes.others)]
        variances = [inverse**-2 - EPSILON for inverse in inverses]
        return torch.cat([part for pair in zip(means, variances, strict=True) for part in pair], -1)[:, 0]

    def _picture(self, d: Tensor) -> Tensor:
        return d.unflatten(2, (self.sides[-1], self.sides[-1], self.width))


def flat(parts: list[Tensor]) -> Tensor:
    """One vector a task: [tasks, ...] each -> [tasks, all of them]."""
    return torch.cat([part.flatten(1) for part in parts], 1)
