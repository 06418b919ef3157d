"""A problem is a model together with its loss: all that an algorithm needs to know of a task family."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from core.models.mlp import Mlp
from core.models.wave import Wave


class Model(Protocol):
    """Maps parameters [tasks, parameters] and inputs [tasks, points, in] to predictions."""

    @property
    def parameters(self) -> int:
        """Length of the flat parameter vector."""

    def init(self, generator: torch.Generator) -> Tensor:
        """A random theta [parameters]."""

    def __call__(self, phi: Tensor, x: Tensor) -> Tensor:
        """Predictions [tasks, points, out]."""


def mean_squared_error(prediction: Tensor, y: Tensor) -> Tensor:
    """Mean over points, one value a task: [tasks, points, out] -> [tasks]."""
    return (prediction - y).square().mean((1, 2))


@dataclass(frozen=True)
class Problem:
    """A model and its loss; `closed_form`, where there is one, replaces autograd and must agree with it."""

    model: Model
    loss_of: Callable[[Tensor, Tensor], Tensor] = mean_squared_error
    closed_form: Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]] | None = None

    def loss(self, phi: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """Loss of each task, [tasks]."""
        return self.loss_of(self.model(phi, x), y)

    def loss_and_gradient(self, phi: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Loss [tasks] and its gradient [tasks, parameters] with respect to each task's own phi.

        The gradient can be differentiated again where `phi` requires a gradient.
        """
        if self.closed_form is not None:
            return self.closed_form(phi, x, y)
        again = phi.requires_grad
        with torch.enable_grad():
            at = phi if again else phi.detach().requires_grad_()
            loss = self.loss(at, x, y)
            (gradient,) = torch.autograd.grad(loss.sum(), at, create_graph=again)
        return loss.detach(), gradient


def sinusoid_problem() -> Problem:
    """The 1-40-40-1 network with mean squared error (Finn et al. 2017, section 5.1)."""
    model = Mlp()
    return Problem(model, closed_form=model.mse_and_gradient)


def plane_problem() -> Problem:
    """The two-parameter model whose loss surface can be drawn."""
    return Problem(Wave())
