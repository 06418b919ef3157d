"""ANIL: MAML of which only the last layer adapts, in training and in the test.

Raghu, Raghu, Bengio, Vinyals 2020, "Rapid Learning or Feature Reuse? Towards Understanding the Effectiveness of MAML",
section 4: almost no inner loop. The outer loop moves all of theta.
Run it:  python -m core train anil --task sinusoid --seconds 30
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from core.events import Event, Snapshot
from core.methods.anil.config import AnilConfig
from core.tasks.batch import Batch
from core.training.adaptation import inner_step
from core.training.evaluation import evaluate
from core.training.outer_descent import descend
from core.training.problem import Problem

__all__ = ["evaluate", "meta_gradient", "train"]  # its score is that of every method that adapts


def meta_gradient(problem: Problem, theta: Tensor, batch: Batch, config: AnilConfig) -> tuple[Tensor, Tensor]:
    """Return the query losses [tasks] after adaptation, and the gradient of their mean with respect to theta.

    theta and the gradient are [parameters].
    """
    rates = torch.from_numpy(config.descent.rate)  # alpha for the last layer, zero for all below it
    phi = theta.expand(batch.tasks, -1)
    hessians = []

    # inner loop: phi_i goes down its own support loss, but for the body, which stays theta's
    for _ in range(config.inner_steps):
        phi, _, _, hessian_times, _ = inner_step(
            problem, phi, batch.support_x, batch.support_y, config.descent, curvature=True
        )
        hessians.append(hessian_times)

    losses, gradient, _ = problem.derivatives(phi, batch.query_x, batch.query_y)

    # chain rule: d phi_i / d theta is a product of factors (I - diag(rates) H)
    for hessian_times in reversed(hessians):
        gradient = gradient - hessian_times(rates * gradient)
    return losses, gradient.mean(0)


def train(config: AnilConfig, resume: Snapshot | None = None) -> Iterator[Event]:
    """Meta-train theta; yields the events of core.events. Raises DivergedError."""
    return descend(config, resume, meta_gradient)
