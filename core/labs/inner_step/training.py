"""The inner steps in MAML's trainer, which differentiates through them."""

from collections.abc import Callable, Generator
from typing import Any

import torch
from torch import Tensor

from core.events import Event
from core.labs.seam import Seam, shaped
from core.methods.maml import algorithm
from core.methods.maml.config import MamlConfig
from core.tasks.batch import Batch
from core.training.problem import Problem

CONFIG = MamlConfig(inner_steps=2, inner_rate=0.02, outer_rate=0.005, meta_batch=10, iterations=400, report_every=20)


def replacement(inner_steps: Callable[..., Any]) -> Callable[..., Any]:
    """Return MAML's outer gradient with the learner's inner steps."""

    def meta_gradient(
        problem: Problem, theta: Tensor, batch: Batch, config: MamlConfig, iteration: int = 0
    ) -> Generator[Event, None, tuple[Tensor, Tensor]]:
        yield from ()
        leaf = theta.detach().clone().requires_grad_()

        def support_loss(phi: Tensor) -> Tensor:
            return problem.loss(phi, batch.support_x, batch.support_y)

        copies = leaf.expand(batch.tasks, -1)
        phi = shaped(inner_steps(copies, support_loss, config.inner_rate, config.inner_steps), copies, "phi")
        losses = problem.loss(phi, batch.query_x, batch.query_y)
        if not losses.requires_grad:  # cut off from theta, which then stays where it is
            return losses, torch.zeros_like(theta)
        (gradient,) = torch.autograd.grad(losses.mean(), leaf, allow_unused=True)
        return losses.detach(), torch.zeros_like(theta) if gradient is None else gradient

    return meta_gradient


SEAM = Seam(CONFIG, algorithm, "meta_gradient", replacement)
