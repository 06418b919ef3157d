"""The convolutional part of the few-shot networks: pictures to embeddings, for many tasks at once.

Vinyals et al. 2016, section 4.1: four times a 3x3 convolution, batch normalization, ReLU, each
halving the picture. Every task may carry its own weights, one flat vector a task, as in
`core.models.mlp`. Batch normalization uses the pictures of the task at hand: there are no running
statistics, so nothing leaks from one task to another. A bias before it would be subtracted again,
so the convolutions have none. Where a picture must be embedded alone, `core.models.frozen` does it
with the statistics that training met.

The channels of all tasks lie side by side, [n, tasks * channels, height, width], channels last in
memory: one grouped convolution then serves all tasks, and nothing is moved between two blocks.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

EPSILON = 1e-3  # added to the variance, as in the code that came with Finn et al. 2017


@dataclass(frozen=True)
class Block:
    """A block's parameters: filters [tasks, 9 * in, out]; scale and shift [tasks, 1, out]."""

    filters: Tensor
    scale: Tensor
    shift: Tensor


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
        sides = [self.side]
        for _ in range(self.depth):
            sides.append(sides[-1] // 2 if self.pool else (sides[-1] + 1) // 2)
        return sides[1:]

    @property
    def features(self) -> int:
        """Length of an embedding."""
        return self.sides[-1] ** 2 * self.width

    @cached_property
    def shapes(self) -> list[tuple[int, int]]:
        """Shapes in the order of the flat vector: filters, scale and shift of each block."""
        shapes = []
        for depth in range(self.depth):
            shapes += [(9 * (self.width if depth else 1), self.width), (1, self.width), (1, self.width)]
        return shapes

    @property
    def parameters(self) -> int:
        """Length of the flat parameter vector."""
        return sum(rows * columns for rows, columns in self.shapes)

    @property
    def statistics(self) -> int:
        """Length of a task's statistics: a mean and a variance for every filter of every block."""
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

    def forward(self, phi: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the embeddings [tasks, n, features] and the statistics [tasks, self.statistics] behind them.

        The n images of a task are normalized together; statistics are the mean and the variance of
        each block's convolution, block by block.
        """
        tasks, stride = len(x), 1 if self.pool else 2
        h, statistics = x, list[Tensor]()
        for depth, block in enumerate(self.blocks(phi)):
            h, mean, variance = (_block if depth else _first_block)(block, h, stride)
            if self.pool:
                h = functional.max_pool2d(h, 2)
            h = h.relu()  # pooling takes the same pixels before and after it, and leaves it less to do
            statistics += [mean, variance]
        embedding = h.unflatten(1, (tasks, -1)).permute(1, 0, 3, 4, 2).flatten(2)
        return embedding, torch.cat([part.detach().view(tasks, -1) for part in statistics], 1)

    def __call__(self, phi: Tensor, x: Tensor) -> Tensor:
        """Return the embeddings [tasks, n, features]."""
        return self.forward(phi, x)[0]


def _block(block: Block, h: Tensor, stride: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the normalized convolution of h [n, tasks * in, height, width], its mean and its variance before."""
    tasks = len(block.filters)
    kernels = block.filters.mT.flatten(0, 1).unflatten(1, (3, 3, -1)).permute(0, 3, 1, 2)  # [tasks * out, in, 3, 3]
    z: Tensor = _Convolution.apply(h, kernels, stride, tasks)
    # a sum over a count is a mean, but the gradient of `mean` is written out at the size of the pictures
    count = z.numel() // z.shape[1]
    mean = z.sum((0, 2, 3), keepdim=True) / count
    z = z - mean
    variance = z.square().sum((0, 2, 3), keepdim=True) / count
    scale, shift = (vector.reshape(1, -1, 1, 1) for vector in (block.scale, block.shift))
    return torch.addcmul(shift, z, scale * (variance + EPSILON).rsqrt()), mean, variance


def _first_block(block: Block, x: Tensor, stride: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return what `_block` returns, for images x [tasks, n, side, side], in far less work.

    An image has one channel and does not depend on the parameters, so the mean and the variance of
    the convolution w'p follow from those of the 3x3 patches p: they are w' mean(p) and w' cov(p) w.
    """
    patches = functional.pad(x, (1, 1, 1, 1)).unfold(2, 3, stride).unfold(3, 3, stride)
    shape = patches.shape[:4]  # tasks, n, height and width of what comes out
    patches = patches.flatten(4).flatten(1, 3)  # [tasks, n * height * width, 9]
    centre = patches.mean(1, keepdim=True)
    covariance = patches.mT @ patches / patches.shape[1] - centre.mT @ centre
    mean = centre @ block.filters
    variance = (block.filters * (covariance @ block.filters)).sum(1, keepdim=True).clamp(min=0)
    gain = block.scale * (variance + EPSILON).rsqrt()
    h = torch.baddbmm(block.shift - mean * gain, patches, block.filters * gain)
    return h.view(*shape, -1).permute(1, 2, 3, 0, 4).flatten(3).permute(0, 3, 1, 2), mean, variance


class _Convolution(torch.autograd.Function):
    """`functional.conv2d`, whose second derivative PyTorch computes one group after the other: here, all at once.

    A convolution is linear in the pictures h and in the kernels, and so are its gradients: each of the
    three is a derivative of the other two, and no order of derivative needs anything else.
    """

    @staticmethod
    def forward(ctx: Any, h: Tensor, kernels: Tensor, stride: int, groups: int) -> Tensor:
        ctx.save_for_backward(h, kernels)
        ctx.options = {"stride": stride, "padding": 1, "groups": groups}
        return functional.conv2d(h, kernels, **ctx.options)

    @staticmethod
    def backward(ctx: Any, d: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        return *_ConvolutionGradients.apply(d, *ctx.saved_tensors, ctx.options), None, None


class _ConvolutionGradients(torch.autograd.Function):
    """The gradients of the pictures h and of the kernels, from that of their convolution, d."""

    @staticmethod
    def forward(ctx: Any, d: Tensor, h: Tensor, kernels: Tensor, options: dict[str, int]) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(d, h, kernels)
        ctx.options = options
        return _gradients(d, h, kernels, options, (True, True))

    @staticmethod
    def backward(ctx: Any, v: Tensor, w: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        d, h, kernels = ctx.saved_tensors
        of_d = functional.conv2d(v, kernels, **ctx.options) + functional.conv2d(h, w, **ctx.options)
        of_h, _ = _gradients(d, h, w, ctx.options, (True, False))
        _, of_kernels = _gradients(d, v, kernels, ctx.options, (False, True))
        return of_d, of_h, of_kernels, None


def _gradients(
    d: Tensor, h: Tensor, kernels: Tensor, options: dict[str, int], wanted: tuple[bool, bool]
) -> tuple[Tensor, Tensor]:
    """Return the library's gradients of h and of the kernels from d, those that are wanted."""
    stride, groups = [options["stride"]] * 2, options["groups"]
    of_h, of_kernels, _ = torch.ops.aten.convolution_backward(
        d, h, kernels, None, stride, [1, 1], [1, 1], False, [0, 0], groups, [*wanted, False]
    )
    return of_h, of_kernels
