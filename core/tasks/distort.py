"""Small affine distortions of pictures (Koch, Zemel, Salakhutdinov 2015, section 3.3).

A character stays the same when it is turned, sheared, scaled or moved a little, so each distorted copy is
a new drawing of it. Every picture gets its own distortion, all in one operation.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

TURN, SHEAR, SCALE, MOVE = math.radians(10), 0.3, 0.2, 2 / 14  # the largest of each; MOVE in halves of a picture
PROBABILITY = 0.5  # of each of the four


def distorted(images: Tensor, source: torch.Generator) -> Tensor:
    """Return a distorted copy of each picture of images [..., side, side]."""
    flat = images.reshape(-1, 1, *images.shape[-2:])
    grid = functional.affine_grid(_matrices(len(flat), source), list(flat.shape), align_corners=False)
    return functional.grid_sample(flat, grid, align_corners=False).view(images.shape)


def _matrices(count: int, source: torch.Generator) -> Tensor:
    """Draw affine maps [count, 2, 3] from places in the copy to places in the original."""
    size = torch.tensor([TURN, SHEAR, SHEAR, SCALE, SCALE, MOVE, MOVE])
    amounts = (2 * torch.rand(count, len(size), generator=source) - 1) * size
    amounts *= torch.rand(count, len(size), generator=source) < PROBABILITY
    angle, shear_x, shear_y, scale_x, scale_y, right, down = amounts.unbind(1)
    cos, sin = angle.cos(), angle.sin()
    turn = torch.stack([cos, -sin, sin, cos], 1).view(-1, 2, 2)
    shear = torch.stack([1 + scale_x, shear_x, shear_y, 1 + scale_y], 1).view(-1, 2, 2)
    return torch.cat([turn @ shear, torch.stack([right, down], 1)[..., None]], 2)
