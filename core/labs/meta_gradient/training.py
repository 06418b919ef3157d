"""The outer gradient in MAML's trainer."""

from collections.abc import Callable, Generator
from functools import partial
from typing import Any

from torch import Tensor

from core.events import Event
from core.labs.seam import Seam, shaped
from core.methods.maml import algorithm
from core.methods.maml.config import MamlConfig
from core.tasks.batch import Batch
from core.training.problem import Problem

CONFIG = MamlConfig(inner_steps=2, inner_rate=0.02, outer_rate=0.005, meta_batch=10, iterations=400, report_every=20)


def replacement(own: Callable[..., Any]) -> Callable[..., Any]:
    """Return the trainer's outer gradient, computed by the learner's function."""

    def meta_gradient(
        problem: Problem, theta: Tensor, batch: Batch, config: MamlConfig, iteration: int = 0
    ) -> Generator[Event, None, tuple[Tensor, Tensor]]:
        yield from ()
        support_loss = partial(problem.loss, x=batch.support_x, y=batch.support_y)
        query_loss = partial(problem.loss, x=batch.query_x, y=batch.query_y)
        leaf = theta.detach().clone().requires_grad_()
        gradient = own(leaf, batch.tasks, support_loss, query_loss, config.inner_rate, config.inner_steps)
        losses = query_loss(theta.expand(batch.tasks, -1))
        return losses, shaped(gradient, theta, "gradient").detach()

    return meta_gradient


SEAM = Seam(CONFIG, algorithm, "meta_gradient", replacement)
