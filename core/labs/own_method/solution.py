"""Lab own-method: a whole method. Change what you like: its settings, how a copy adapts, how theta moves."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from core.events import Event, Snapshot
from core.options import option
from core.tasks.batch import Batch
from core.training.config import AdaptationConfig
from core.training.evaluation import AnyScore, score
from core.training.outer_loop import MetaTrainer, snapshot
from core.training.problem import Problem, problem_of


@dataclass(frozen=True)
class Settings(AdaptationConfig):
    """What `--set name=value` sets, if `option` makes it; meta_batch, iterations, seed and others are there already."""

    inner_rate: float = option(0.02, "inner learning rate alpha", low=0.0, high=10.0)
    inner_steps: int = option(3, "inner gradient steps in training", low=0, high=50)
    outer_rate: float = option(0.05, "how far theta goes in an outer step", low=0.0, high=1.0)
    share: float = option(0.5, "the share of the parameters, from the end, that adapts to a task", low=0.0, high=1.0)


def adapt(problem: Problem, phi: Tensor, x: Tensor, y: Tensor, settings: Settings, steps: int) -> Tensor:
    """Return phi [tasks, parameters] after `steps` gradient steps on each task's points x, y. Only a part moves.

    A row of phi holds layer after layer, the last layer last; `settings.layers` lists how many parameters each has.
    """
    moves = torch.arange(phi.shape[1]) >= (1 - settings.share) * phi.shape[1]  # [parameters], true at the end
    for _ in range(steps):
        _, gradient, _ = problem.derivatives(phi, x, y)  # [tasks, parameters]
        phi = phi - settings.inner_rate * gradient * moves
    return phi


def train(settings: Settings, resume: Snapshot | None = None) -> Iterator[Event]:
    """Yield what happens in a training: its start, a report now and then, its end, and its score.

    What an outer step remembers of the ones before, such as a momentum, is a variable here.
    """
    problem = problem_of(settings.task)
    run = MetaTrainer(problem, settings, resume, adapt)  # it holds theta, draws the tasks and makes the reports
    yield snapshot(run.iteration, run.theta)
    yield run.report()
    for batch, scale in run.meta_batches():
        losses, step = outer_step(problem, run.theta, batch, settings)
        run.theta = run.theta + scale * step
        yield from run.after_update(losses)
    yield snapshot(run.iteration, run.theta)
    yield evaluate(run.theta, settings, run.iteration)


def evaluate(theta: Tensor, settings: Settings, iteration: int = 0) -> AnyScore:
    """Return the score of theta on unseen tasks, to which `adapt` adapts copies of it."""
    return score(adapt, theta, settings, iteration)


def outer_step(problem: Problem, theta: Tensor, batch: Batch, settings: Settings) -> tuple[Tensor, Tensor]:
    """Return the loss of each task [tasks] on its queries, and the step [parameters] by which theta moves.

        phi_i = theta after `settings.inner_steps` steps of `adapt` on the support of task i
        step  = - outer_rate * (the mean over i of the gradient of the query loss of task i at phi_i)

    theta [parameters] must stay as it is. batch.tasks is how many tasks there are; batch.support_x, batch.support_y,
    batch.query_x and batch.query_y are their points. problem.derivatives(phi, x, y) returns three things: the loss of
    each task [tasks], its gradient [tasks, parameters], ready-made, and a third that this step does not need. Autograd
    cannot go through it: it goes through problem.loss(phi, x, y), which returns the loss of each task [tasks].
    """
    phi = theta.expand(batch.tasks, -1)
    phi = adapt(problem, phi, batch.support_x, batch.support_y, settings, settings.inner_steps)
    losses, gradient, _ = problem.derivatives(phi, batch.query_x, batch.query_y)
    return losses, -settings.outer_rate * gradient.mean(0)
