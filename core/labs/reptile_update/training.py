"""Reptile's update in its trainer."""

from collections.abc import Callable, Generator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from core.events import Event
from core.labs.seam import Seam, shaped
from core.methods.reptile import algorithm
from core.methods.reptile.config import ReptileConfig
from core.tasks.batch import Batch
from core.tasks.config import Sinusoid
from core.training.problem import Problem

CONFIG = ReptileConfig(
    task=Sinusoid(amplitude_high=2.0), inner_steps=10, inner_rate=0.02, epsilon=0.8, meta_batch=10, iterations=400,
    report_every=20,
)  # fmt: skip


def replacement(own: Callable[..., Any]) -> Callable[..., Any]:
    """Return the direction of Reptile's outer step: where the learner's update leads, seen from theta."""

    def outer_direction(
        problem: Problem, theta: Tensor, batch: Batch, config: ReptileConfig, iteration: int = 0
    ) -> Generator[Event, None, tuple[Tensor, Tensor]]:
        yield from ()
        x = torch.cat([batch.support_x, batch.query_x], 1)
        y = torch.cat([batch.support_y, batch.query_y], 1)
        loss = partial(problem.loss, x=x, y=y)
        leaf = theta.detach().clone().requires_grad_()
        moved = own(leaf, batch.tasks, loss, config.inner_rate, config.inner_steps, config.epsilon)
        direction = (shaped(moved, theta, "theta").detach() - theta) / config.epsilon  # the trainer multiplies by it
        return loss(theta.expand(batch.tasks, -1)), direction

    return outer_direction


SEAM = Seam(CONFIG, algorithm, "outer_direction", replacement)
