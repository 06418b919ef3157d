"""The few-shot classifier: four convolutional blocks and a linear layer, for many tasks at once.

Finn et al. 2017, section 5.2. Every task carries its own weights, one flat vector, the blocks'
first and the last layer's at the end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from core.models.encoder import Encoder, flat

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
        """Length of the flat parameter vector (28,773 for 5 ways and 32 filters)."""
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

    def cross_entropy_derivatives(
        self, phi: Tensor, x: Tensor, y: Tensor, curvature: bool = False
    ) -> tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]:
        """Cross-entropy [tasks], its gradient [tasks, parameters], and the map v -> H v.

        x [tasks, n, side, side]; y [tasks, n] whole numbers below `way`. In closed form, as
        `Mlp.mse_derivatives`: the Hessian-vector product differentiates the forward and the
        backward pass in the direction v (Pearlmutter 1994). It may be used once, and only where
        `curvature` is asked for.
        """
        body, head, bias = self.parts(phi)
        embedding, tapes = self.encoder.forward(body, x)
        log_p = torch.baddbmm(bias, embedding, head).log_softmax(-1)
        loss = -log_p.gather(-1, y[..., None]).mean((1, 2))

        p = log_p.exp()
        delta = p.scatter_add(-1, y[..., None], p.new_full((), -1.0).expand(*y.shape, 1)).div_(y.shape[1])
        # delta is d loss / d logits; from there back to the pictures
        through = self.encoder.backward(tapes, delta @ head.mT, curvature)
        gradient = flat([through, embedding.mT @ delta, delta.sum(1)])

        def hessian_times(v: Tensor) -> Tensor:
            body_v, head_v, bias_v = self.parts(v)
            embedding_dot = self.encoder.tangent(tapes, body_v)
            logits_dot = torch.baddbmm(bias_v, embedding, head_v) + embedding_dot @ head
            delta_dot = p * (logits_dot - (p * logits_dot).sum(-1, keepdim=True)) / y.shape[1]
            back_dot = delta_dot @ head.mT + delta @ head_v.mT
            through_dot = self.encoder.backward_tangent(tapes, body_v, back_dot)
            head_dot = embedding.mT @ delta_dot + embedding_dot.mT @ delta
            return flat([through_dot, head_dot, delta_dot.sum(1)])

        return loss, gradient, hessian_times
