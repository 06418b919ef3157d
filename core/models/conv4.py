"""The few-shot classifier: four convolutional blocks and a linear layer, for many tasks at once.

Finn et al. 2017, section 5.2. Every task carries its own weights, one flat vector, the blocks'
first and the last layer's at the end.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from core.models.encoder import Encoder

HEAD_STD = 0.01  # a nearly silent output layer: no class is favoured before the first step


@dataclass(frozen=True)
class Conv4:
    """Parameters `phi` [tasks, self.parameters], images [tasks, n, side, side] to logits [tasks, n, way].

    width, pool, side: as for `Encoder`.
    """

    way: int = 5
    width: int = 32
    pool: bool = False
    side: int = 28

    @cached_property
    def encoder(self) -> Encoder:
        """The four blocks."""
        return Encoder(self.width, self.pool, self.side)

    @property
    def parameters(self) -> int:
        """Length of the flat parameter vector (28,837 for 5 ways and 32 filters)."""
        return self.encoder.parameters + (self.encoder.features + 1) * self.way

    def init(self, generator: torch.Generator) -> Tensor:
        """Random theta [parameters]: the encoder's, a nearly silent last layer, zero biases."""
        body = self.encoder.init(generator)
        head = torch.randn(self.encoder.features * self.way, generator=generator) * HEAD_STD
        return torch.cat([body, head, torch.zeros(self.way)])

    def parts(self, phi: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Views of `phi`: encoder, last layer's weight [tasks, features, way] and bias [tasks, 1, way]."""
        features = self.encoder.features
        body, head, bias = phi.split([self.encoder.parameters, features * self.way, self.way], -1)
        return body, head.view(-1, features, self.way), bias.view(-1, 1, self.way)

    def __call__(self, phi: Tensor, x: Tensor) -> Tensor:
        """Logits [tasks, n, way]. The n images of a task are normalized together."""
        body, head, bias = self.parts(phi)
        return torch.baddbmm(bias, self.encoder(body, x), head)
