"""A multi-layer perceptron for many tasks at once, its parameters one flat vector per task.

Finn et al. 2017, section 5.1, use 1-40-40-1 with ReLU for the sinusoid. Every task carries its
own copy of the weights, so a layer is one batched matrix product and not a loop over tasks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

_gate = torch.ops.aten.threshold_backward  # lets a gradient through where a ReLU's output is > 0


@dataclass(frozen=True)
class Mlp:
    """ReLU network with layer widths `sizes`; parameters `phi` have shape [tasks, self.parameters]."""

    sizes: tuple[int, ...] = (1, 40, 40, 1)

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Weight and bias shapes in the order in which the flat vector holds them."""
        return [shape for a, b in pairwise(self.sizes) for shape in ((a, b), (1, b))]

    @property
    def parameters(self) -> int:
        """Length of the flat parameter vector (1761 for 1-40-40-1)."""
        return sum(rows * columns for rows, columns in self.shapes)

    def init(self, generator: torch.Generator) -> Tensor:
        """Random theta [parameters]: truncated normal weights (std 1/sqrt(fan in)), zero biases."""
        parts = []
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
        views = [part.unflatten(-1, shape) for part, shape in zip(parts, self.shapes, strict=True)]
        return list(zip(views[::2], views[1::2], strict=True))

    def __call__(self, phi: Tensor, x: Tensor) -> Tensor:
        """Predictions [tasks, points, out] at `x` [tasks, points, in]."""
        return self.activations(phi, x)[-1]

    def activations(self, phi: Tensor, x: Tensor) -> list[Tensor]:
        """The input, each hidden layer's output and the prediction, each [tasks, points, width]."""
        layers = self.layers(phi)
        outputs = [x]
        for depth, (weight, bias) in enumerate(layers):
            h = torch.baddbmm(bias, outputs[-1], weight)
            outputs.append(h if depth == len(layers) - 1 else h.relu_() if not h.requires_grad else h.relu())
        return outputs

    def mse_and_gradient(self, phi: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Mean squared error [tasks] and its gradient [tasks, parameters], in closed form.

        The gradient can be differentiated once more (as MAML's second order needs); that too is
        a closed form, a Hessian-vector product, and together they take about two thirds of the
        time that autograd takes through the same network.
        """
        return _MseGradient.apply(phi, x, y, self)  # type: ignore[no-any-return,no-untyped-call]


def _flat(parts: Sequence[Tensor]) -> Tensor:
    return torch.cat([part.flatten(1) for part in parts], 1)


class _MseGradient(torch.autograd.Function):
    """phi -> (loss, gradient); its backward maps v to the Hessian-vector product H v.

    Pearlmutter 1994, "Fast exact multiplication by the Hessian": the forward and the backward
    pass are each differentiated in the direction v. ReLU has no curvature of its own.
    """

    @staticmethod
    def forward(ctx: Any, phi: Tensor, x: Tensor, y: Tensor, model: Mlp) -> tuple[Tensor, Tensor]:
        layers = model.layers(phi)
        outputs = model.activations(phi, x)
        residual = outputs[-1] - y
        loss = residual.square().mean((1, 2))
        deltas = [residual.mul(2 / residual[0].numel())]  # d loss / d pre-activation, last layer first
        for (weight, _), h in zip(layers[:0:-1], outputs[-2:0:-1], strict=True):
            deltas.append(_gate(_times_transposed(deltas[-1], weight), h, 0))
        deltas.reverse()
        parts = []
        for h, delta in zip(outputs[:-1], deltas, strict=True):
            parts += [torch.bmm(h.mT, delta), delta.sum(1)]
        ctx.model = model
        ctx.save_for_backward(phi, *outputs[:-1], *deltas)
        ctx.mark_non_differentiable(loss)
        return loss, _flat(parts)

    @staticmethod
    def backward(ctx: Any, _: Tensor, v: Tensor) -> tuple[Tensor, None, None, None]:  # type: ignore[override]
        phi, *saved = ctx.saved_tensors
        depth = len(saved) // 2
        outputs, deltas = saved[:depth], saved[depth:]
        layers, directions = ctx.model.layers(phi), ctx.model.layers(v)
        changes = [torch.zeros_like(outputs[0])]  # of each layer's output along v
        for i, ((weight, _bias), (dweight, dbias)) in enumerate(zip(layers, directions, strict=True)):
            change = torch.baddbmm(dbias, outputs[i], dweight)
            if i:
                change.baddbmm_(changes[-1], weight)
            changes.append(_gate(change, outputs[i + 1], 0) if i < depth - 1 else change)
        # the last change is that of the residual; then back down, as the deltas went
        delta_change = changes.pop().mul_(2 / deltas[-1][0].numel())
        parts: list[Tensor] = []
        for i in reversed(range(depth)):
            weight_part = torch.bmm(outputs[i].mT, delta_change)
            if i:
                weight_part.baddbmm_(changes[i].mT, deltas[i])
            parts = [weight_part, delta_change.sum(1), *parts]
            if i:
                back = _times_transposed(delta_change, layers[i][0])
                back += _times_transposed(deltas[i], directions[i][0])
                delta_change = _gate(back, outputs[i], 0)
        return _flat(parts), None, None, None


def _times_transposed(delta: Tensor, weight: Tensor) -> Tensor:
    """delta [tasks, n, out] times weight^T: an outer product where `out` is 1, which is cheaper."""
    return delta * weight.mT if weight.shape[-1] == 1 else torch.bmm(delta, weight.mT)
