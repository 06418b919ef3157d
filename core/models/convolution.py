"""A 3x3 convolution for many tasks, each with its own filters, and its gradients, in the fastest of three ways.

By patches: the neighbourhoods are copied side by side, and one batched matrix product serves all
tasks. By groups: the tasks' channels lie side by side as groups of one call of the library's
convolution, which runs at twice the speed, but moves every picture twice. By pictures: one call a
task, which moves nothing. Where the one overtakes the other was measured: `python -m core bench conv4`.
"""

import math
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor
from torch.nn import functional

SMALL = 500_000  # multiplications a task up to which patches are fastest
LARGE = 20_000_000  # from which pictures are; groups in between

_gradients = torch.ops.aten.convolution_backward


@dataclass(frozen=True)
class Input:
    """What is convolved: pictures [tasks, n, height, width, in], with their patches or in groups where these are used.

    picture: tasks, n, height and width of what comes out.
    """

    pictures: Tensor
    patches: Tensor | None  # [tasks, m, 9 * in], m = n * height * width of what comes out
    groups: Tensor | None  # [n, tasks * in, height, width]
    stride: int
    picture: tuple[int, int, int, int]


def prepared(x: Tensor, filters: Tensor, stride: int) -> Input:
    """Pictures x [tasks, n, height, width, in], to be convolved with filters [tasks, 9 * in, out]."""
    picture = outcome(x, stride)
    work = math.prod(picture[1:]) * filters.shape[1] * filters.shape[2]
    patches = patches_of(x, stride) if work <= SMALL else None
    groups = _grouped(x) if SMALL < work < LARGE and len(x) > 1 else None
    return Input(x, patches, groups, stride, picture)


def convolved(x: Input, filters: Tensor) -> Tensor:
    """The convolution, [tasks, m, out]."""
    if x.patches is not None:
        return x.patches @ filters
    if x.groups is not None:
        tasks = x.picture[0]
        found = functional.conv2d(x.groups, _grouped_kernels(filters), stride=x.stride, padding=1, groups=tasks)
        return _ungrouped(found, tasks).flatten(1, 3)
    pictures = [
        functional.conv2d(pictures, kernel, stride=x.stride, padding=1).permute(0, 2, 3, 1).flatten(0, 2)
        for pictures, kernel in zip(channels_second(x.pictures), _kernels(filters), strict=True)
    ]
    return _all(pictures)


def pulled_back(d: Tensor, x: Input, filters: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients of the pictures and of the filters from that of their convolution, d [tasks, m, out]."""
    if x.patches is not None:
        return _unpatch(x, d @ filters.mT), x.patches.mT @ d
    d = d.view(*x.picture, -1)
    if x.groups is not None:
        tasks = len(filters)
        back, slope = _backward(_grouped(d), x.groups, _grouped_kernels(filters), x.stride, tasks)
        return _ungrouped(back, tasks), slope.unflatten(0, (tasks, -1)).permute(0, 3, 4, 2, 1).reshape(filters.shape)
    of_x, of_filters = [], []
    for one in zip(channels_second(d), channels_second(x.pictures), _kernels(filters), strict=True):
        back, slope = _backward(*one, x.stride, 1)
        of_x.append(back.permute(0, 2, 3, 1))
        of_filters.append(slope.permute(2, 3, 1, 0).reshape(filters.shape[1:]))
    return _all(of_x), _all(of_filters)


def _backward(d: Tensor, pictures: Tensor, kernels: Tensor, stride: int, groups: int) -> tuple[Tensor, Tensor]:
    """The library's gradients of pictures [n, in, height, width] and kernels."""
    wanted = [True, True, False]
    back, slope, _ = _gradients(
        d, pictures, kernels, None, [stride] * 2, [1, 1], [1, 1], False, [0, 0], groups, wanted
    )  # fmt: skip
    return back, slope


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


def _grouped(pictures: Tensor) -> Tensor:
    """[tasks, n, height, width, channels] as [n, tasks * channels, height, width], channels last in memory."""
    return channels_second(pictures.permute(1, 2, 3, 0, 4).flatten(3))


def _ungrouped(pictures: Tensor, tasks: int) -> Tensor:
    """The way back, copied into one piece."""
    return pictures.permute(0, 2, 3, 1).unflatten(3, (tasks, -1)).permute(3, 0, 1, 2, 4).contiguous()


def _grouped_kernels(filters: Tensor) -> Tensor:
    """Filters [tasks, 9 * in, out] as a grouped convolution wants them, [tasks * out, in, 3, 3]."""
    return _kernels(filters).flatten(0, 1)


def channels_second(pictures: Tensor) -> Tensor:
    """As PyTorch's own layers want pictures, without moving a number: [..., channels, height, width]."""
    return pictures.movedim(-1, -3)


def _all(found: list[Tensor]) -> Tensor:
    return found[0][None] if len(found) == 1 else torch.stack(found)
