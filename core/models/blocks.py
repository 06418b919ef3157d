"""One block of the convolutional network, forward and backward, and both again along a direction.

convolution 3x3 -> batch normalization -> ReLU -> (max-pooling), for all tasks at once, each with
its own weights. Pictures are [tasks, n, height, width, channels], channels last, so that a
convolution is one copy of patches and one batched matrix product. Measured on 2 cores this beats
a grouped convolution, `vmap` and a loop over tasks once the backward pass counts: see
`python -m core bench conv4`.

The four functions are the chain rule written out. `forward` and `backward` give the gradient;
`forward_tangent` and `backward_tangent` are their derivatives along a direction, which is all that
a Hessian-vector product is. A dot, as in `z_dot`, marks the derivative along the direction.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

EPSILON = 1e-3  # added to the variance, as in the code that came with Finn et al. 2017

_gate = torch.ops.aten.threshold_backward  # lets a gradient through where a ReLU's output is > 0


@dataclass(frozen=True)
class Block:
    """A block's parameters, or a direction in them: filters [tasks, 9 * in, out]; scale, shift [tasks, 1, out]."""

    filters: Tensor
    scale: Tensor
    shift: Tensor


@dataclass
class Tape:
    """What the backward pass and the directions need of a forward pass; m = n * height * width of the output."""

    block: Block
    patches: Tensor  # [tasks, m, 9 * in]
    normal: Tensor  # convolution, normalized [tasks, m, out]
    inverse: Tensor  # 1 / standard deviation [tasks, 1, out]
    out: Tensor  # after the ReLU [tasks, m, out]
    input_shape: torch.Size
    stride: int
    picture: torch.Size  # of `out` as pictures
    argmax: Tensor | None  # which of each 2x2 window was the largest
    back: dict[str, Tensor]  # kept by `backward` for `backward_tangent`
    along: dict[str, Any]  # kept by `forward_tangent` for `backward_tangent`


def forward(block: Block, x: Tensor, pool: bool) -> tuple[Tensor, Tape]:
    """The block's output for pictures `x`, and the tape."""
    stride = 1 if pool else 2
    patches, picture = _patches(x, stride)
    z = patches @ block.filters
    count = z.shape[1]
    z -= _sum(z) / count
    inverse = (_sum(z * z) / count + EPSILON).rsqrt()
    normal = z.mul_(inverse)
    out = torch.addcmul(block.shift, normal, block.scale).relu_()
    shape = torch.Size((*picture, out.shape[-1]))
    argmax, result = None, out.view(shape)
    if pool:
        result, argmax = _windows(result).max(0)
    return result, Tape(block, patches, normal, inverse, out, x.shape, stride, shape, argmax, {}, {})


def backward(tape: Tape, d: Tensor, to_input: bool, keep: bool) -> tuple[Tensor | None, Tensor, Tensor, Tensor]:
    """Gradients of the input (None unless `to_input`), filters, scale and shift, from that of the output, `d`."""
    d = _gate(_unpool(tape, d), tape.out, 0)
    d_shift, d_scale = _sum(d), _sum(d * tape.normal)
    count = d.shape[1]
    # batch normalization: what is left of d once its mean and its part along `normal` are taken out
    rest = torch.addcmul(d - d_shift / count, tape.normal, d_scale / -count)
    gain = tape.block.scale * tape.inverse
    dz = rest * gain
    if keep:
        tape.back = {"d": d, "d_scale": d_scale, "rest": rest, "gain": gain, "dz": dz}
    d_filters = tape.patches.mT @ dz
    d_input = _unpatch(tape, dz @ tape.block.filters.mT) if to_input else None
    return d_input, d_filters, d_scale, d_shift


def forward_tangent(tape: Tape, v: Block, x_dot: Tensor | None) -> Tensor:
    """How the output changes when the parameters change along `v` and the input along `x_dot`."""
    z_dot = tape.patches @ v.filters
    patches_dot = None
    if x_dot is not None:
        patches_dot, _ = _patches(x_dot, tape.stride)
        z_dot.baddbmm_(patches_dot, tape.block.filters)
    count = z_dot.shape[1]
    deviation_dot = _sum(tape.normal * z_dot) / count  # of the standard deviation
    normal_dot = z_dot.sub_(_sum(z_dot) / count).addcmul_(tape.normal, deviation_dot, value=-1).mul_(tape.inverse)
    out_dot = torch.addcmul(v.shift, tape.normal, v.scale).addcmul_(normal_dot, tape.block.scale)
    out_dot = _gate(out_dot, tape.out, 0).view(tape.picture)
    tape.along = {"patches": patches_dot, "normal": normal_dot, "inverse": -tape.inverse.square() * deviation_dot}
    return out_dot if tape.argmax is None else _windows(out_dot).gather(0, tape.argmax[None])[0]


def backward_tangent(
    tape: Tape, v: Block, d_dot: Tensor, to_input: bool
) -> tuple[Tensor | None, Tensor, Tensor, Tensor]:
    """How the results of `backward` change along `v`, when its `d` changes along `d_dot`."""
    back, along = tape.back, tape.along
    d_dot = _gate(_unpool(tape, d_dot), tape.out, 0)
    count = d_dot.shape[1]
    shift_dot = _sum(d_dot)
    scale_dot = _sum(d_dot * tape.normal) + _sum(back["d"] * along["normal"])
    rest_dot = (d_dot - shift_dot / count).addcmul_(tape.normal, scale_dot / -count)
    rest_dot.addcmul_(along["normal"], back["d_scale"] / -count)
    gain_dot = v.scale * tape.inverse + tape.block.scale * along["inverse"]
    dz_dot = rest_dot.mul_(back["gain"]).addcmul_(back["rest"], gain_dot)
    filters_dot = tape.patches.mT @ dz_dot
    if along["patches"] is not None:
        filters_dot.baddbmm_(along["patches"].mT, back["dz"])
    input_dot = None
    if to_input:
        patches_dot = dz_dot @ tape.block.filters.mT
        patches_dot.baddbmm_(back["dz"], v.filters.mT)
        input_dot = _unpatch(tape, patches_dot)
    return input_dot, filters_dot, scale_dot, shift_dot


def _sum(z: Tensor) -> Tensor:
    """Sum over everything but tasks and channels: [tasks, m, channels] -> [tasks, 1, channels]."""
    return z.sum(1, keepdim=True)


def _patches(x: Tensor, stride: int) -> tuple[Tensor, tuple[int, int, int, int]]:
    """The 3x3 neighbourhoods of pictures padded by one: [tasks, m, 9 * channels], and the output's shape."""
    tasks, n, height, width, channels = x.shape
    padded = torch.nn.functional.pad(x, (0, 0, 1, 1, 1, 1))
    rows, columns = (height - 1) // stride + 1, (width - 1) // stride + 1
    a, b, down, right, _ = padded.stride()
    # three neighbours in a row lie side by side in memory, so each is copied as one run
    view = padded.as_strided(
        (tasks, n, rows, columns, 3, 3 * channels), (a, b, stride * down, stride * right, down, 1)
    )
    return view.reshape(tasks, n * rows * columns, 9 * channels), (tasks, n, rows, columns)


def _unpatch(tape: Tape, patches: Tensor) -> Tensor:
    """The transpose of `_patches`: every pixel gets the sum of what its copies got."""
    tasks, n, height, width, channels = tape.input_shape
    _, _, rows, columns, _ = tape.picture
    stride = tape.stride
    padded = patches.new_zeros(tasks, n, height + 2, width + 2, channels)
    parts = patches.view(tasks, n, rows, columns, 3, 3, channels)
    for i in range(3):
        for j in range(3):
            padded[:, :, i : i + stride * rows - stride + 1 : stride, j : j + stride * columns - stride + 1 : stride] += parts[:, :, :, :, i, j]
    return padded[:, :, 1:-1, 1:-1]


def _windows(picture: Tensor) -> Tensor:
    """The four corners of every 2x2 window: [4, tasks, n, height // 2, width // 2, channels]."""
    height, width = (side // 2 * 2 for side in picture.shape[2:4])
    return torch.stack([picture[:, :, i:height:2, j:width:2] for i in (0, 1) for j in (0, 1)])


def _unpool(tape: Tape, d: Tensor) -> Tensor:
    """The gradient before the max-pooling, if there is one, as [tasks, m, channels]."""
    if tape.argmax is None:
        return d.reshape(tape.out.shape)
    full = d.new_zeros(tape.picture)
    height, width = (side // 2 * 2 for side in tape.picture[2:4])
    for corner in range(4):
        full[:, :, corner // 2 : height : 2, corner % 2 : width : 2] = d * (tape.argmax == corner)
    return full.view(tape.out.shape)
