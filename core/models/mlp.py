"""A multi-layer perceptron for many tasks at once, its parameters one flat vector per task.

Finn et al. 2017, section 5.1, use 1-40-40-1 with ReLU for the sinusoid. Every task carries its
own copy of the weights, so a layer is one batched matrix product and not a loop over tasks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import torch
from torch import Tensor

_gate = torch.ops.aten.threshold_backward  # lets a gradient through where a ReLU's output is > 0


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

    def mse_derivatives(
        self, phi: Tensor, x: Tensor, y: Tensor, curvature: bool = False
    ) -> tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]:
        """Mean squared error [tasks], its gradient [tasks, parameters], and the map v -> H v.

        x [tasks, points, in]; y [tasks, points, out]; the map is there whether or not `curvature` is
        asked for, since it costs nothing to keep. All in closed form, which takes about half
        the time of autograd through the same network. The Hessian-vector product differentiates
        the forward and the backward pass in the direction v [tasks, parameters] (Pearlmutter 1994,
        "Fast exact multiplication by the Hessian"); a ReLU has no curvature of its own.
        """
        layers = self.layers(phi)
        last = len(layers) - 1
        inputs = [x]  # of each layer
        for weight, bias in layers[:-1]:
            inputs.append(_affine(inputs[-1], weight, bias).relu_())
        residual = torch.baddbmm(layers[-1][1], inputs[-1], layers[-1][0]).sub_(y)
        loss = residual.square().mean((1, 2))

        # d loss / d (output of each layer before its ReLU), from the last layer to the first
        scale = 2 / residual[0].numel()
        deltas = [residual.mul_(scale)]
        for i in range(last, 0, -1):
            deltas.insert(0, _gate(_times_transposed(deltas[0], layers[i][0]), inputs[i], 0))
        gradient = _flat([part for h, d in zip(inputs, deltas, strict=True) for part in (_outer(h, d), d.sum(1))])

        def hessian_times(v: Tensor) -> Tensor:
            directions = self.layers(v)
            # how the input of each layer changes along v, first to last (x does not change)
            changes: list[Tensor] = []
            for i, (weight, bias) in enumerate(directions):
                change = _affine(inputs[i], weight, bias)
                if i:
                    change.baddbmm_(changes[-1], layers[i][0])
                changes.append(_gate(change, inputs[i + 1], 0) if i < last else change.mul_(scale))
            # how the deltas change along v, last to first
            delta = changes.pop()
            parts: list[Tensor] = []
            for i in range(last, -1, -1):
                weight = _outer(inputs[i], delta)
                if 0 < i == last:  # one output: see `_outer`
                    weight += _outer(changes[i - 1], deltas[i])
                elif i:
                    weight.baddbmm_(changes[i - 1].mT, deltas[i])
                parts = [weight, delta.sum(1), *parts]
                if i:
                    back = _times_transposed(delta, layers[i][0])
                    back += _times_transposed(deltas[i], directions[i][0])
                    delta = _gate(back, inputs[i], 0)
            return _flat(parts)

        return loss, gradient, hessian_times


def _flat(parts: list[Tensor]) -> Tensor:
    return torch.cat([part.flatten(1) for part in parts], 1)


def _affine(h: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """h @ weight + bias: a product of numbers where there is one input, which is cheaper."""
    return torch.addcmul(bias, h, weight) if weight.shape[-2] == 1 else torch.baddbmm(bias, h, weight)


def _outer(h: Tensor, delta: Tensor) -> Tensor:
    """h^T delta, [tasks, in, out]: a sum of products where `out` is 1, which is cheaper."""
    return (h * delta).sum(1)[..., None] if delta.shape[-1] == 1 else torch.bmm(h.mT, delta)


def _times_transposed(delta: Tensor, weight: Tensor) -> Tensor:
    """Delta [tasks, n, out] times weight^T: an outer product where `out` is 1, which is cheaper."""
    return delta * weight.mT if weight.shape[-1] == 1 else torch.bmm(delta, weight.mT)


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
