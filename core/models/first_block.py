"""The first block, whose input is the images: the same function as in `blocks`, in far less work.

Its input has one channel and does not depend on the parameters, so all that batch normalization
asks for follows from the mean and the 9x9 covariance S of the patches. With filters of unit output
variance, u = w / sqrt(w' S w + epsilon), the block is relu(scale * u' (p - mean) + shift): one
matrix product, and its derivatives need nothing of the size of the pictures but a product with d.
"""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from core.models.blocks import EPSILON, Block, Gate, gated, pooled, tangent_of_output
from core.models.convolution import outcome, patches_of


@dataclass
class FirstTape:
    """As `blocks.Tape`, with S in place of the centred output."""

    block: Block
    patches: Tensor  # [tasks, m, 9]
    mean: Tensor  # of the patches [tasks, 1, 9]
    covariance: Tensor  # of the patches, S [tasks, 9, 9]
    inverse: Tensor  # 1 / standard deviation of the convolution [tasks, 1, out]
    unit: Tensor  # u [tasks, 9, out]
    gate: Gate
    back: Any = None
    along: Any = None


def forward(block: Block, x: Tensor, pool: bool) -> tuple[Tensor, FirstTape]:
    """The block's output for images `x` [tasks, n, height, width, 1], and the tape."""
    stride = 1 if pool else 2
    patches = patches_of(x, stride)
    mean = patches.mean(1, keepdim=True)
    covariance = patches.mT @ patches / patches.shape[1] - mean.mT @ mean
    variance = _columns(block.filters, covariance @ block.filters).clamp(min=0)
    inverse = (variance + EPSILON).rsqrt()
    unit = block.filters * inverse
    gain = unit * block.scale
    out = (patches @ gain).add_(block.shift - mean @ gain).relu_().view(*outcome(x, stride), -1)
    result, gate = pooled(out) if pool else (out, Gate(out, None))
    return result, FirstTape(block, patches, mean, covariance, inverse, unit, gate)


def backward(tape: FirstTape, d: Tensor, keep: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of filters, scale and shift from that of the output, `d`."""
    d_shift, product = _with_patches(tape, d)
    d_scale = _columns(tape.unit, product)
    # w' S w is held at one, so the part of the gradient along S u does not count
    rest = product - (tape.covariance @ tape.unit) * d_scale
    if keep:
        tape.back = (product, d_scale, rest)
    return rest * (tape.block.scale * tape.inverse), d_scale, d_shift


def forward_tangent(tape: FirstTape, v: Block) -> Tensor:
    """How the output changes when the parameters change along `v`."""
    # 1/s changes by -(1/s)^2 times the change of the standard deviation s
    inverse_dot = -_columns(tape.unit, tape.covariance @ v.filters) * tape.inverse.square()
    unit_dot = v.filters * tape.inverse + tape.block.filters * inverse_dot
    gain_dot = unit_dot * tape.block.scale + tape.unit * v.scale
    out_dot = (tape.patches @ gain_dot).add_(v.shift - tape.mean @ gain_dot)
    tape.along = (unit_dot, inverse_dot)
    return tangent_of_output(tape.gate, out_dot)


def backward_tangent(tape: FirstTape, v: Block, d_dot: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How the results of `backward` change along `v`, when its `d` changes along `d_dot`."""
    (product, d_scale, rest), (unit_dot, inverse_dot) = tape.back, tape.along
    shift_dot, product_dot = _with_patches(tape, d_dot)
    scale_dot = _columns(tape.unit, product_dot) + _columns(unit_dot, product)
    rest_dot = product_dot - (tape.covariance @ unit_dot) * d_scale - (tape.covariance @ tape.unit) * scale_dot
    gain_dot = v.scale * tape.inverse + tape.block.scale * inverse_dot
    return rest_dot * (tape.block.scale * tape.inverse) + rest * gain_dot, scale_dot, shift_dot


def _columns(a: Tensor, b: Tensor) -> Tensor:
    """The product of each column of `a` with the same column of `b`: [tasks, 9, out] -> [tasks, 1, out]."""
    return (a * b).sum(1, keepdim=True)


def _with_patches(tape: FirstTape, d: Tensor) -> tuple[Tensor, Tensor]:
    """The sum of d before the gate [tasks, 1, out], and its product with the centred patches [tasks, 9, out]."""
    d = gated(tape.gate, d)
    total = d.sum(1, keepdim=True)
    return total, tape.patches.mT @ d - tape.mean.mT @ total
