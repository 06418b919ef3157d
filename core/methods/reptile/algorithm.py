"""Reptile: train a copy of theta on each task, then move theta towards the trained copies.

Nichol, Achiam, Schulman 2018, "On First-Order Meta-Learning Algorithms", algorithm 1 in its
batched form: theta <- theta + epsilon * mean over tasks of (phi_i - theta). A mean, not a sum. The paper's phi is
theta here, as MAML's initialization is; phi_i is the copy that task i trains.
Run it:  python -m core train reptile --task sinusoid --seconds 60
"""

from collections.abc import Generator, Iterator

import torch
from torch import Tensor

from core.events import Event, InnerStep, OuterGradient, OuterMove, Snapshot, arrays
from core.methods.reptile.config import ReptileConfig
from core.parallel.processes import all_reduce_mean, local_shard
from core.tasks.batch import Batch
from core.training.adaptation import inner_step, minibatch
from core.training.evaluation import evaluate
from core.training.outer_loop import MetaTrainer, snapshot
from core.training.problem import Problem, problem_of


def outer_direction(
    problem: Problem, theta: Tensor, batch: Batch, config: ReptileConfig, iteration: int = 0
) -> Generator[Event, None, tuple[Tensor, Tensor]]:
    """Return the losses [tasks] before the last inner step, and the mean of phi_i - theta.

    phi_i is theta trained on task i; theta and the mean are [parameters]. All tasks of `batch` are trained together.
    Yields each inner step if traced.
    """
    phi = theta.expand(batch.tasks, -1)  # phi_i starts at theta, one row for each task

    # no split: Reptile trains on all points of a task, those that MAML calls support and query
    x = torch.cat([batch.support_x, batch.query_x], 1)
    y = torch.cat([batch.support_y, batch.query_y], 1)

    # inner loop: each copy goes down its own task's loss, by the gradient itself or scaled by Adam
    adam = None  # its state is new for every task
    for step in range(config.inner_steps):
        points = minibatch(step, x.shape[1], config.inner_batch)
        phi, losses, gradient, _, adam = inner_step(problem, phi, x[:, points], y[:, points], config.descent, adam)
        if config.trace:
            yield InnerStep(iteration, step + 1, *arrays(losses, gradient, phi))

    # no outer loss and no gradient through the loop: the arrow points to where training ended
    arrows = phi - theta
    if config.trace:
        yield OuterGradient(iteration, *arrays(losses, arrows))
    return losses, arrows.mean(0)


def train(config: ReptileConfig, resume: Snapshot | None = None) -> Iterator[Event]:
    """Meta-train theta; yields the events of core.events. Raises DivergedError."""
    problem = problem_of(config.task)
    run = MetaTrainer(problem, config, resume)
    theta = run.theta
    yield snapshot(run.iteration, theta)
    yield run.report()

    for batch, lr_scale in run.meta_batches():
        if config.trace:
            yield batch.drawn(run.iteration, theta)
        losses, direction = yield from outer_direction(problem, theta, local_shard(batch), config, run.iteration)
        losses, direction = all_reduce_mean(losses, direction)  # over processes, where the tasks are split
        before = arrays(theta) if config.trace else []
        theta += config.epsilon * lr_scale * direction  # theta <- theta + epsilon * mean(phi_i - theta)
        if config.trace:
            yield OuterMove(run.iteration, *before, *arrays(theta))
        yield from run.after_update(losses)

    yield snapshot(run.iteration, theta)
    yield evaluate(theta, config, run.iteration)
