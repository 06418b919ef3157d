"""Meta-SGD: learn where a task starts and, for each parameter, how fast it goes.

Li, Zhou, Chen, Li 2017, "Meta-SGD: Learning to Learn Quickly for Few-Shot Learning", algorithm 1. A rate may become
zero, so that a parameter stays, or negative: the update's direction is learned too.
Run it:  python -m core train meta-sgd --task sinusoid --seconds 30
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from core.events import Event, Snapshot
from core.methods.meta_sgd.config import MetaSgdConfig
from core.tasks.batch import Batch
from core.training.adaptation import inner_step
from core.training.evaluation import evaluate
from core.training.outer_descent import descend
from core.training.problem import Problem, problem_of

__all__ = ["evaluate", "meta_gradient", "train"]  # its score is that of every method that adapts


def meta_gradient(problem: Problem, theta: Tensor, batch: Batch, config: MetaSgdConfig) -> tuple[Tensor, Tensor]:
    """Return the query losses [tasks] after adaptation, and the gradient of their mean with respect to theta.

    theta and the gradient are [2 * parameters of the network]: the initialization, and then a rate for each.
    """
    init, rates = theta.chunk(2)
    phi = init.expand(batch.tasks, -1)
    _, descent = config.parts(theta)
    steps = []

    # inner loop: phi_i <- phi_i - rates * gradient, one rate a parameter
    for _ in range(config.inner_steps):
        phi, _, slope, hessian_times, _ = inner_step(
            problem, phi, batch.support_x, batch.support_y, descent, curvature=True
        )
        steps.append((slope, hessian_times))

    losses, gradient, _ = problem.derivatives(phi, batch.query_x, batch.query_y)

    # chain rule: a step's result depends on the rates by minus its slope, and on where it began by I - diag(rates) H
    of_rates = torch.zeros_like(gradient)
    for slope, hessian_times in reversed(steps):
        of_rates = of_rates - slope * gradient
        gradient = gradient - hessian_times(rates * gradient)
    return losses, torch.cat([gradient.mean(0), of_rates.mean(0)])


def train(config: MetaSgdConfig, resume: Snapshot | None = None) -> Iterator[Event]:
    """Meta-train theta; yields the events of core.events. Raises DivergedError."""
    rates = torch.full((problem_of(config.task).model.parameters,), config.inner_rate)
    return descend(config, resume, meta_gradient, rates)
