"""The four-block convolutional network of the few-shot papers, for many tasks at once.

Vinyals et al. 2016, section 4.1, and Finn et al. 2017, section 5.2: four times a 3x3 convolution,
batch normalization, ReLU, each halving the picture, then a linear layer. Every task carries its
own weights, one flat vector, as in `core.models.mlp`. Batch normalization always uses the batch at
hand: there are no running statistics, so nothing leaks from one task to another. A bias before it
would be subtracted again, so the convolutions have none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from core.models import blocks, first_block
from core.models.blocks import Block

HEAD_STD = 0.01  # a nearly silent output layer: no class is favoured before the first step


@dataclass(frozen=True)
class Conv4:
    """Parameters `phi` [tasks, self.parameters], images [tasks, n, side, side] to logits [tasks, n, way].

    width: filters of each block; pool: halve by 2x2 max-pooling instead of by a stride of two.
    """

    way: int = 5
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
        """Length of an image's embedding, the input of the last layer."""
        return self.sides[-1] ** 2 * self.width

    @cached_property
    def shapes(self) -> list[tuple[int, int]]:
        """Shapes in the order of the flat vector: filters, scale and shift of each block; head and its bias."""
        found = []
        for depth in range(self.depth):
            found += [(9 * (self.width if depth else 1), self.width), (1, self.width), (1, self.width)]
        return [*found, (self.features, self.way), (1, self.way)]

    @property
    def parameters(self) -> int:
        """Length of the flat parameter vector (28,773 for 5 ways and 32 filters)."""
        return sum(rows * columns for rows, columns in self.shapes)

    @property
    def body(self) -> int:
        """How many of the first parameters belong to the blocks: all but the last layer's."""
        return self.parameters - (self.features + 1) * self.way

    def init(self, generator: torch.Generator) -> Tensor:
        """Random theta [parameters]: filters normal with std sqrt(2 / fan in), scale 1, shift 0."""
        parts: list[Tensor] = []
        for _ in range(self.depth):
            fan_in, width = self.shapes[3 * len(parts)]
            filters = torch.randn(fan_in, width, generator=generator) * (2 / fan_in) ** 0.5
            parts.append(torch.cat([filters.flatten(), torch.ones(width), torch.zeros(width)]))
        head = torch.randn(self.features * self.way, generator=generator) * HEAD_STD
        return torch.cat([*parts, head, torch.zeros(self.way)])

    def layers(self, phi: Tensor) -> tuple[list[Block], Tensor, Tensor]:
        """Views of `phi`: the blocks, the head's weight [tasks, features, way] and bias [tasks, 1, way]."""
        parts = phi.split([rows * columns for rows, columns in self.shapes], -1)
        views = [part.view(-1, *shape) for part, shape in zip(parts, self.shapes, strict=True)]
        *convolutions, head, bias = views
        triples = zip(convolutions[::3], convolutions[1::3], convolutions[2::3], strict=True)
        return [Block(*triple) for triple in triples], head, bias

    def embed(self, phi: Tensor, x: Tensor) -> Tensor:
        """Embeddings [tasks, n, features] of images [tasks, n, side, side]."""
        first, *others = self.layers(phi)[0]
        h, _ = first_block.forward(first, x[..., None], self.pool)
        for block in others:
            h, _ = blocks.forward(block, h, self.pool)
        return h.flatten(2)

    def __call__(self, phi: Tensor, x: Tensor) -> Tensor:
        """Logits [tasks, n, way]. The n images of a task are normalized together."""
        _, head, bias = self.layers(phi)
        return torch.baddbmm(bias, self.embed(phi, x), head)

    def cross_entropy_derivatives(
        self, phi: Tensor, x: Tensor, y: Tensor, curvature: bool = False
    ) -> tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]:
        """Cross-entropy [tasks], its gradient [tasks, parameters], and the map v -> H v.

        x [tasks, n, side, side]; y [tasks, n] whole numbers below `way`. In closed form, as
        `Mlp.mse_derivatives`: the Hessian-vector product differentiates the forward and the
        backward pass in the direction v (Pearlmutter 1994). It may be used once, and only where
        `curvature` is asked for.
        """
        (first, *others), head, bias = self.layers(phi)
        h, first_tape = first_block.forward(first, x[..., None], self.pool)
        tapes = []
        for block in others:
            h, tape = blocks.forward(block, h, self.pool)
            tapes.append(tape)
        embedding = h.flatten(2)
        log_p = torch.baddbmm(bias, embedding, head).log_softmax(-1)
        loss = -log_p.gather(-1, y[..., None]).mean((1, 2))

        p = log_p.exp()
        delta = p.clone()  # d loss / d logits
        delta.scatter_add_(-1, y[..., None], delta.new_full((), -1.0).expand(*y.shape, 1))
        delta /= y.shape[1]
        parts = [embedding.mT @ delta, delta.sum(1)]
        back = (delta @ head.mT).view_as(h)
        for tape in reversed(tapes):
            back, *gradients = blocks.backward(tape, back, curvature)
            parts = [*gradients, *parts]
        parts = [*first_block.backward(first_tape, back, curvature), *parts]
        gradient = _flat(parts)

        def hessian_times(v: Tensor) -> Tensor:
            (first_v, *others_v), head_v, bias_v = self.layers(v)
            h_dot = first_block.forward_tangent(first_tape, first_v)
            for tape, block_v in zip(tapes, others_v, strict=True):
                h_dot = blocks.forward_tangent(tape, block_v, h_dot)
            embedding_dot = h_dot.flatten(2)
            logits_dot = torch.baddbmm(bias_v, embedding, head_v) + embedding_dot @ head
            delta_dot = p * (logits_dot - (p * logits_dot).sum(-1, keepdim=True)) / y.shape[1]
            parts = [embedding.mT @ delta_dot + embedding_dot.mT @ delta, delta_dot.sum(1)]
            back_dot = (delta_dot @ head.mT + delta @ head_v.mT).view_as(h)
            for tape, block_v in zip(reversed(tapes), reversed(others_v), strict=True):
                back_dot, *products = blocks.backward_tangent(tape, block_v, back_dot)
                parts = [*products, *parts]
            parts = [*first_block.backward_tangent(first_tape, first_v, back_dot), *parts]
            return _flat(parts)

        return loss, gradient, hessian_times


def _flat(parts: list[Tensor]) -> Tensor:
    return torch.cat([part.flatten(1) for part in parts], 1)
