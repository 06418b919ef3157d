"""A 3x3 convolution for many tasks, each with its own filters, and its gradients, in the faster of two ways.

By patches: the neighbourhoods are copied side by side, and one batched matrix product serves all
tasks. By pictures: one call a task of the library's convolution, which copies nothing and runs at
two to three times the speed, but each call costs as much as a small task's arithmetic. Where the
one overtakes the other was measured: `python -m core bench conv4`.
"""

import math
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor
from torch.nn import functional

SMALL = 1_000_000  # multiplications a task up to which patches are faster

_gradients = torch.ops.aten.convolution_backward


@dataclass(frozen=True)
class Input:
    """What is convolved: pictures [tasks, n, height, width, in], and their patches where these are used.

    picture: tasks, n, height and width of what comes out.
    """

    pictures: Tensor
    patches: Tensor | None  # [tasks, m, 9 * in], m = n * height * width of what comes out
    stride: int
    picture: tuple[int, int, int, int]


def prepared(x: Tensor, filters: Tensor, stride: int) -> Input:
    """Pictures x [tasks, n, height, width, in], to be convolved with filters [tasks, 9 * in, out]."""
    picture = outcome(x, stride)
    small = math.prod(picture[1:]) * filters.shape[1] * filters.shape[2] <= SMALL
    return Input(x, patches_of(x, stride) if small else None, stride, picture)


def convolved(x: Input, filters: Tensor) -> Tensor:
    """The convolution, [tasks, m, out]."""
    if x.patches is not None:
        return x.patches @ filters
    found = [
        functional.conv2d(pictures, kernel, stride=x.stride, padding=1).permute(0, 2, 3, 1).flatten(0, 2)
        for pictures, kernel in zip(channels_second(x.pictures), _kernels(filters), strict=True)
    ]
    return _all(found)


def pulled_back(d: Tensor, x: Input, filters: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients of the pictures and of the filters from that of their convolution, d [tasks, m, out]."""
    if x.patches is not None:
        return _unpatch(x, d @ filters.mT), x.patches.mT @ d
    of_x, of_filters = [], []
    stride = [x.stride] * 2
    for at, pictures, kernel in zip(
        channels_second(d.view(*x.picture, -1)), channels_second(x.pictures), _kernels(filters), strict=True
    ):
        back, slope, _ = _gradients(
            at, pictures, kernel, None, stride, [1, 1], [1, 1], False, [0, 0], 1, [True, True, False]
        )
        of_x.append(back.permute(0, 2, 3, 1))
        of_filters.append(slope.permute(2, 3, 1, 0).reshape(filters.shape[1:]))
    return _all(of_x), _all(of_filters)


def patches_of(x: Tensor, stride: int) -> Tensor:
    """The 3x3 neighbourhoods of pictures padded by one: [tasks, m, 9 * channels]."""
    channels = x.shape[-1]
    tasks, n, rows, columns = outcome(x, stride)
    padded = functional.pad(x, (0, 0, 1, 1, 1, 1))
    a, b, down, right, _ = padded.stride()
    # three neighbours in a row lie side by side in memory, so each is copied as one run
    view = padded.as_strided((tasks, n, rows, columns, 3, 3 * channels), (a, b, stride * down, stride * right, down, 1))
    return view.reshape(tasks, n * rows * columns, 9 * channels)


def outcome(x: Tensor, stride: int) -> tuple[int, int, int, int]:
    """Tasks, n, height and width of what comes out for pictures x."""
    tasks, n, height, width, _ = x.shape
    return tasks, n, (height - 1) // stride + 1, (width - 1) // stride + 1


def _unpatch(x: Input, patches: Tensor) -> Tensor:
    """The transpose of `patches_of`: every pixel gets the sum of what its copies got."""
    tasks, n, height, width, channels = x.pictures.shape
    _, _, rows, columns = x.picture
    padded = patches.new_zeros(tasks, n, height + 2, width + 2, channels)
    parts = patches.view(tasks, n, rows, columns, 3, 3, channels)
    for i, j in product(range(3), range(3)):
        down, right = (slice(k, k + x.stride * (side - 1) + 1, x.stride) for k, side in ((i, rows), (j, columns)))
        padded[:, :, down, right] += parts[:, :, :, :, i, j]
    return padded[:, :, 1:-1, 1:-1]


def _kernels(filters: Tensor) -> Tensor:
    """Filters [tasks, 9 * in, out] as PyTorch's convolution wants them, [tasks, out, in, 3, 3]."""
    return filters.unflatten(1, (3, 3, -1)).permute(0, 4, 3, 1, 2)


def channels_second(pictures: Tensor) -> Tensor:
    """As PyTorch's own layers want pictures, without moving a number: [..., channels, height, width]."""
    return pictures.movedim(-1, -3)


def _all(found: list[Tensor]) -> Tensor:
    return found[0][None] if len(found) == 1 else torch.stack(found)
