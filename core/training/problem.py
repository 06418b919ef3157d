"""A problem is a model together with its loss: all that an algorithm needs to know of a task family."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from core.models.conv4 import Conv4
from core.models.encoder import Encoder
from core.models.fast import wave
from core.models.fast.mlp import mse_derivatives
from core.models.mlp import Mlp
from core.models.wave import Wave
from core.parallel.threads import Derivatives, in_shards, intra_op_parallel, map_shards
from core.tasks.config import Episodes, Task


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


def cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """Mean over points, one value a task: [tasks, points, way] and whole numbers [tasks, points] -> [tasks]."""
    return -logits.log_softmax(-1).gather(-1, y[..., None]).mean((1, 2))


def accuracy(logits: Tensor, y: Tensor) -> Tensor:
    """Share of points whose largest logit is that of their class: [tasks, points, way] -> [tasks]."""
    return (logits.argmax(-1) == y).float().mean(1)


@dataclass(frozen=True)
class Problem:
    """A model and its loss; `closed_form`, where there is one, replaces autograd and must agree with it.

    score: a measure of predictions besides the loss, [tasks], if any. pictures: whether points are pictures, whose
    activations are so large that the tasks are cut into shards (`core.parallel.threads`).
    """

    model: Model
    loss_of: Callable[[Tensor, Tensor], Tensor] = mean_squared_error
    closed_form: Callable[..., Derivatives] | None = None
    score: Callable[[Tensor, Tensor], Tensor] | None = None
    pictures: bool = False

    def predict(self, phi: Tensor, x: Tensor) -> Tensor:
        """The model's predictions [tasks, points, out], no graph kept."""
        with torch.no_grad():
            if not self.pictures:
                return self.model(phi, x)
            return torch.cat(map_shards(lambda part: self.model(phi[part], x[part]), *x.shape[:2]))

    def loss(self, phi: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """Loss of each task, [tasks]."""
        return self.loss_of(self.model(phi, x), y)

    def derivatives(self, phi: Tensor, x: Tensor, y: Tensor, curvature: bool = False) -> Derivatives:
        """Loss [tasks], its gradient [tasks, parameters] with respect to each task's own phi, and
        the map v -> H v, the product of the Hessian with v [tasks, parameters].

        The map may be used once, and only where `curvature` is asked for.
        """
        if self.closed_form is not None:
            return self.closed_form(phi, x, y, curvature)
        by_autograd = in_shards(self._by_autograd) if self.pictures else self._by_autograd
        return by_autograd(phi, x, y, curvature)

    def _by_autograd(self, phi: Tensor, x: Tensor, y: Tensor, curvature: bool) -> Derivatives:
        at = phi.detach().requires_grad_()
        loss = self.loss(at, x, y)
        (gradient,) = torch.autograd.grad(loss.sum(), at, create_graph=curvature)

        def hessian_times(v: Tensor) -> Tensor:
            assert curvature, "the curvature was not asked for"
            if not gradient.requires_grad:  # the loss is linear in phi: no curvature
                return torch.zeros_like(v)
            (product,) = torch.autograd.grad(gradient, at, v, allow_unused=True)
            return torch.zeros_like(v) if product is None else product

        return loss.detach(), gradient.detach(), hessian_times


def problem_of(task: Task) -> Problem:
    """The model and the loss that `task` is learned with."""
    return episodes_problem(task) if isinstance(task, Episodes) else sinusoid_problem()


def sinusoid_problem() -> Problem:
    """The 1-40-40-1 network with mean squared error (Finn et al. 2017, section 5.1)."""
    model = Mlp()
    return Problem(model, closed_form=intra_op_parallel(partial(mse_derivatives, model)))


def episodes_problem(task: Episodes, way: int | None = None) -> Problem:
    """The four-block network with cross-entropy; `way` outputs where they are not the episode's."""
    encoder = encoder_of(task)
    model = Conv4(way or task.way, encoder.width, encoder.pool)
    return Problem(model, cross_entropy, score=accuracy, pictures=True)


def encoder_of(task: Episodes) -> Encoder:
    """The blocks that `task` asks for."""
    return Encoder(task.width, task.downsample == "pool")


def plane_problem() -> Problem:
    """The two-parameter model whose loss surface can be drawn."""
    return Problem(Wave(), closed_form=wave.mse_derivatives)
