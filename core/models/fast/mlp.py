"""The derivatives of the multi-layer perceptron's squared error, written out: twice as fast as autograd.

The plain twin is autograd through `core.models.mlp.Mlp`, as `core.training.problem.Problem` does it.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from core.models.mlp import Mlp

_gate = torch.ops.aten.threshold_backward  # lets a gradient through where a ReLU's output is > 0


def mse_derivatives(
    model: Mlp, phi: Tensor, x: Tensor, y: Tensor, curvature: bool = False
) -> tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]:
    """Return the mean squared error [tasks], its gradient [tasks, parameters], and the map v -> H v.

    x [tasks, points, in]; y [tasks, points, out]; the map is there whether or not `curvature` is asked for, since
    it costs nothing to keep. The Hessian-vector product differentiates the forward and the backward pass in the
    direction v [tasks, parameters] (Pearlmutter 1994, "Fast exact multiplication by the Hessian"); a ReLU has no
    curvature of its own.
    """
    layers = model.layers(phi)
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
        directions = model.layers(v)
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
