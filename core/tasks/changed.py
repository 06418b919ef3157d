"""Drawings unlike those of the training: turned, or of a thicker pen. All drawings of a task are changed alike."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

TURN = math.radians(30)  # training turns by at most 10 degrees, or by quarter turns that make classes of their own
PEN = 3  # pixels across, of what each pixel of ink becomes


def turned(images: Tensor) -> Tensor:
    """Return images [..., side, side] turned counter-clockwise by TURN about their middle."""
    flat = images.reshape(-1, 1, *images.shape[-2:])
    cos, sin = math.cos(TURN), math.sin(TURN)
    back = torch.tensor([[cos, -sin, 0.0], [sin, cos, 0.0]]).expand(len(flat), -1, -1)
    grid = functional.affine_grid(back, list(flat.shape), align_corners=False)
    return functional.grid_sample(flat, grid, align_corners=False).view(images.shape)


def thickened(images: Tensor) -> Tensor:
    """Return images [..., side, side] as a pen that is thicker by one pixel on each side would draw them."""
    flat = images.reshape(-1, 1, *images.shape[-2:])
    return functional.max_pool2d(flat, PEN, 1, PEN // 2).view(images.shape)


CHANGES: dict[str, Callable[[Tensor], Tensor]] = {"none": lambda images: images, "turned": turned, "thick": thickened}
