"""One block of the convolutional network, forward and backward, and both again along a direction.

convolution 3x3 -> batch normalization -> ReLU -> (max-pooling), for all tasks at once, each with
its own weights. Pictures are [tasks, n, height, width, channels], channels last. A convolution is
done in one of two ways, whichever was measured to be faster for its size (see `core.models.convolution`).

The four functions are the chain rule written out. `forward` and `backward` give the gradient;
`forward_tangent` and `backward_tangent` are their derivatives along a direction, which is all that
a Hessian-vector product is. A dot, as in `z_dot`, marks the derivative along the direction.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from core.models.convolution import Input, channels_second, convolved, prepared, pulled_back

EPSILON = 1e-3  # added to the variance, as in the code that came with Finn et al. 2017

_relu_gate = torch.ops.aten.threshold_backward  # lets a gradient through where a ReLU's output is > 0
_unpool = torch.ops.aten.max_pool2d_with_indices_backward


@dataclass(frozen=True)
class Block:
    """A block's parameters, or a direction in them: filters [tasks, 9 * in, out]; scale, shift [tasks, 1, out]."""

    filters: Tensor
    scale: Tensor
    shift: Tensor


@dataclass(frozen=True)
class Gate:
    """What ReLU and pooling let through: `out`, pictures after the ReLU, and where in each picture
    the largest value of each 2x2 window is [tasks * n, h * w, channels].
    """

    out: Tensor
    largest: Tensor | None


@dataclass
class Tape:
    """What the backward pass and the directions need of a forward pass; m = n * height * width of the output."""

    block: Block
    x: Input
    mean: Tensor  # of the convolution [tasks, 1, out]
    centred: Tensor  # the convolution less its mean [tasks, m, out]
    inverse: Tensor  # 1 / its standard deviation [tasks, 1, out]
    gate: Gate
    back: Any = None  # kept by `backward` for `backward_tangent`
    along: Any = None  # kept by `forward_tangent` for `backward_tangent`


Gradients = tuple[Tensor, Tensor, Tensor, Tensor]  # of the input, the filters, scale and shift


def forward(block: Block, x: Tensor, pool: bool) -> tuple[Tensor, Tape]:
    """The block's output for pictures `x`, and the tape."""
    stride = 1 if pool else 2
    seen = prepared(x, block.filters, stride)
    z = convolved(seen, block.filters)
    count = z.shape[1]
    mean = _sum(z) / count
    z -= mean
    inverse = (_sum(z * z) / count + EPSILON).rsqrt()
    out = torch.addcmul(block.shift, z, block.scale * inverse).relu_().view(*seen.picture, -1)
    result, gate = pooled(out) if pool else (out, Gate(out, None))
    return result, Tape(block, seen, mean, z, inverse, gate)


def backward(tape: Tape, d: Tensor, keep: bool) -> Gradients:
    """Gradients of input, filters, scale and shift from that of the output, `d`."""
    d = gated(tape.gate, d)
    count = d.shape[1]
    d_shift, d_scale = _sum(d), _sum(d * tape.centred) * tape.inverse
    # batch normalization: what is left of d without its mean and without its part along the centred output
    rest = torch.addcmul(d, tape.centred, d_scale * tape.inverse / -count)
    rest -= d_shift / count
    gain = tape.block.scale * tape.inverse
    dz = rest * gain
    if keep:
        tape.back = (d, d_scale, rest, gain, dz)
    return *pulled_back(dz, tape.x, tape.block.filters), d_scale, d_shift


def forward_tangent(tape: Tape, v: Block, x_dot: Tensor) -> Tensor:
    """How the output changes when the parameters change along `v` and the input along `x_dot`."""
    seen_dot = prepared(x_dot, tape.block.filters, tape.x.stride)
    z_dot = convolved(tape.x, v.filters).add_(convolved(seen_dot, tape.block.filters))
    count = z_dot.shape[1]
    z_dot -= _sum(z_dot) / count
    # 1/s changes by -(1/s)^2 times the change of the standard deviation s
    inverse_dot = _sum(tape.centred * z_dot) * tape.inverse**3 / -count
    normal_dot = (z_dot * tape.inverse).addcmul_(tape.centred, inverse_dot)
    out_dot = torch.addcmul(v.shift, tape.centred, v.scale * tape.inverse).addcmul_(normal_dot, tape.block.scale)
    tape.along = (seen_dot, normal_dot, inverse_dot)
    return tangent_of_output(tape.gate, out_dot)


def backward_tangent(tape: Tape, v: Block, d_dot: Tensor) -> Gradients:
    """How the results of `backward` change along `v`, when its `d` changes along `d_dot`."""
    (d, d_scale, rest, gain, dz), (seen_dot, normal_dot, inverse_dot) = tape.back, tape.along
    d_dot = gated(tape.gate, d_dot)
    count = d_dot.shape[1]
    shift_dot = _sum(d_dot)
    scale_dot = _sum(d_dot * tape.centred) * tape.inverse + _sum(d * normal_dot)
    rest_dot = torch.addcmul(d_dot, tape.centred, scale_dot * tape.inverse / -count)
    rest_dot.addcmul_(normal_dot, d_scale / -count).sub_(shift_dot / count)
    gain_dot = v.scale * tape.inverse + tape.block.scale * inverse_dot
    dz_dot = rest_dot.mul_(gain).addcmul_(rest, gain_dot)
    back_dot, filters_dot = pulled_back(dz_dot, tape.x, tape.block.filters)
    more_back, more_filters = pulled_back(dz, seen_dot, v.filters)
    return back_dot.add_(more_back), filters_dot.add_(more_filters), scale_dot, shift_dot


def _sum(z: Tensor) -> Tensor:
    """Sum over everything but tasks and channels: [tasks, m, channels] -> [tasks, 1, channels]."""
    return z.sum(1, keepdim=True)


def pooled(out: Tensor) -> tuple[Tensor, Gate]:
    """Max-pooling by 2x2 of pictures."""
    largest, where = functional.max_pool2d(channels_second(out.flatten(0, 1)), 2, return_indices=True)
    return largest.permute(0, 2, 3, 1).unflatten(0, out.shape[:2]), Gate(out, where.permute(0, 2, 3, 1).flatten(1, 2))


def gated(gate: Gate, d: Tensor) -> Tensor:
    """The gradient before ReLU and pooling from that after them, as [tasks, m, channels]."""
    if gate.largest is not None:
        where = gate.largest.unflatten(1, d.shape[2:4]).permute(0, 3, 1, 2)
        d, out = (channels_second(one.flatten(0, 1)) for one in (d, gate.out))
        d = _unpool(d, out, [2, 2], [2, 2], [0, 0], [1, 1], False, where)
        d = d.permute(0, 2, 3, 1)
    return _relu_gate(d.reshape(gate.out.shape), gate.out, 0).flatten(1, 3)


def tangent_of_output(gate: Gate, out_dot: Tensor) -> Tensor:
    """How pictures after ReLU and pooling change when those before them change along `out_dot`."""
    out_dot = _relu_gate(out_dot.view(gate.out.shape), gate.out, 0)
    if gate.largest is None:
        return out_dot
    tasks, n, height, width, _ = out_dot.shape
    found = out_dot.flatten(0, 1).flatten(1, 2).gather(1, gate.largest)
    return found.view(tasks, n, height // 2, width // 2, -1)
