"""A method that lives in the tests alone: MAML whose inner loop moves the last bias and nothing else."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from core.events import Event, Snapshot
from core.events.evaluations import Evaluation, FewShotEvaluation
from core.methods.maml.config import MamlConfig
from core.methods.method import Algorithm, Method
from core.options import option
from core.tasks.batch import Batch
from core.tasks.config import Episodes, Sinusoid
from core.training.evaluation import few_shot_score, regression_score
from core.training.outer_loop import FlatAdam, MetaTrainer, snapshot
from core.training.problem import Problem, problem_of


@dataclass(frozen=True)
class LastBiasConfig(MamlConfig):
    """As MAML's, with a range of its own."""

    inner_rate: float = option(0.1, "inner learning rate of the last bias", low=0.0, high=5.0)


def adapted(problem: Problem, phi: Tensor, batch: Batch, config: LastBiasConfig, steps: int) -> tuple[Tensor, list]:
    """Return phi [tasks, parameters] after `steps` steps of the last bias, and the map v -> H v of each step."""
    curvature = []
    for _ in range(steps):
        _, gradient, hessian_times = problem.derivatives(phi, batch.support_x, batch.support_y, curvature=True)
        phi = phi - config.inner_rate * last_bias(config, phi) * gradient
        curvature.append(hessian_times)
    return phi, curvature


def last_bias(config: LastBiasConfig, phi: Tensor) -> Tensor:
    """Return a vector like a row of `phi` that is 1 at the last bias and 0 elsewhere."""
    mask = torch.zeros_like(phi[0])
    mask[-(config.episodes.way if isinstance(config.task, Episodes) else 1) :] = 1
    return mask


def meta_gradient(problem: Problem, theta: Tensor, batch: Batch, config: LastBiasConfig) -> tuple[Tensor, Tensor]:
    """Return the query losses [tasks] after adaptation, and the gradient of their mean with respect to theta."""
    phi, curvature = adapted(problem, theta.expand(batch.tasks, -1), batch, config, config.inner_steps)
    losses, gradient, _ = problem.derivatives(phi, batch.query_x, batch.query_y)
    for hessian_times in reversed(curvature):
        gradient = gradient - config.inner_rate * hessian_times(last_bias(config, phi) * gradient)
    return losses, gradient.mean(0)


def train(config: LastBiasConfig, resume: Snapshot | None = None) -> Iterator[Event]:
    """Meta-train theta; yields the events of core.events. Raises DivergedError."""
    problem = problem_of(config.task)
    run = MetaTrainer(problem, config, resume)
    adam = FlatAdam(run.theta, config.outer_rate, resume)
    yield snapshot(run.iteration, run.theta)
    yield run.report()
    for batch, lr_scale in run.meta_batches():
        losses, gradient = meta_gradient(problem, run.theta, batch, config)
        adam.step(gradient, lr_scale)
        yield from run.after_update(losses, adam)
    yield snapshot(run.iteration, run.theta, adam)
    yield evaluate(run.theta, config, run.iteration)


def evaluate(theta: Tensor, config: LastBiasConfig, iteration: int = 0) -> Evaluation | FewShotEvaluation:
    """Return the score of theta on `config.test_tasks` unseen tasks."""
    problem = problem_of(config.task)

    def predictions(batch: Batch) -> list[Tensor]:
        phi, _ = adapted(problem, theta.expand(batch.tasks, -1), batch, config, config.test_steps)
        return [problem.predict(phi, batch.query_x)]

    if isinstance(config.task, Episodes):
        steps = [config.test_steps]
        return few_shot_score(predictions, config.task, config.test_tasks, steps, config.inner_rate, iteration)
    return regression_score(predictions, config.task, config.test_tasks, iteration, config.inner_rate)


def load_algorithm() -> Algorithm:
    """Return this module."""
    return sys.modules[__name__]  # type: ignore[return-value]


METHOD = Method(
    "last-bias",
    LastBiasConfig,
    "MAML whose inner loop moves the last bias alone",
    load_algorithm,
    tasks={Sinusoid: {}, Episodes: {"meta_batch": 2, "test_steps": 1}},
)
