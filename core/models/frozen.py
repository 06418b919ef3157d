"""An encoder whose batch normalization has stopped looking at the batch: every picture is embedded alone.

Ioffe, Szegedy 2015, "Batch Normalization", section 3.1: after training, the statistics of one batch
give way to those of the whole training set. Each block is then a convolution with a bias, and
PyTorch's own is the fastest there is for that.
"""

import torch
from torch import Tensor
from torch.nn import functional

from core.models.encoder import EPSILON, Encoder
from core.parallel.threads import SHARD, in_threads


def embed(encoder: Encoder, theta: Tensor, statistics: Tensor, images: Tensor) -> Tensor:
    """Embeddings [..., features] of images [..., side, side].

    theta [encoder.parameters]; statistics [encoder.statistics] as `Encoder.forward` lays them out.
    """
    flat = images.reshape(-1, 1, encoder.side, encoder.side)
    layers = _folded(encoder, theta, statistics)

    def of_some(part: slice) -> Tensor:
        h = flat[part]
        for filters, bias in layers:
            h = functional.conv2d(h, filters, bias, stride=1 if encoder.pool else 2, padding=1).relu_()
            if encoder.pool:
                h = functional.max_pool2d(h, 2)
        return h.permute(0, 2, 3, 1).flatten(1)

    with torch.no_grad():
        parts = in_threads(of_some, [slice(i, i + SHARD) for i in range(0, len(flat), SHARD)])
    return torch.cat(parts).view(*images.shape[:-2], -1)


def _folded(encoder: Encoder, theta: Tensor, statistics: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Filters [out, in, 3, 3] and bias [out] of each block, the normalization multiplied into them."""
    layers = []
    for block, (mean, variance) in zip(
        encoder.blocks(theta[None]), statistics.view(encoder.depth, 2, encoder.width), strict=True
    ):
        gain = block.scale[0, 0] * (variance + EPSILON).rsqrt()
        filters = (block.filters[0] * gain).view(3, 3, -1, encoder.width).permute(3, 2, 0, 1)
        layers.append((filters.contiguous(), block.shift[0, 0] - mean * gain))
    return layers
