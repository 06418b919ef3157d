"""Reptile: train a copy of theta on each task, then move theta towards the trained copies.

Nichol, Achiam, Schulman 2018, "On First-Order Meta-Learning Algorithms", algorithm 1 in its
batched form: theta <- theta + epsilon * mean over tasks of (phi_i - theta). A mean, not a sum.
Run it:  python -m core train reptile --task sinusoid --seconds 60
"""

from collections.abc import Generator, Iterator

import torch
from torch import Tensor

from core.algorithms.inner import direction_of, minibatch
from core.algorithms.outer import Outer, snapshot
from core.configs import Reptile
from core.events import Event, InnerStep, OuterGradient, OuterMove, Snapshot, arrays
from core.problems import Problem, problem_of
from core.processes import of_all, own
from core.tasks.batch import Batch


def direction(
    problem: Problem, theta: Tensor, batch: Batch, config: Reptile, iteration: int = 0
) -> Generator[Event, None, tuple[Tensor, Tensor]]:
    """The mean of (phi_i - theta) over tasks, phi_i being theta trained on task i.

    theta is [parameters]; all tasks of `batch` are trained together. Returns the last losses
    [tasks] and the direction [parameters]; on the way it yields each inner step if traced.
    """
    # phi_i starts at theta, one row for each task; nothing is copied until the first step
    phi = theta.expand(batch.tasks, -1)

    # no split: Reptile trains on all points of a task, those that MAML calls support and query
    x = torch.cat([batch.support_x, batch.query_x], 1)
    y = torch.cat([batch.support_y, batch.query_y], 1)

    # inner loop: each copy goes down its own task's loss, by the gradient itself or scaled by Adam
    state = None  # of Adam; new for every task
    for step in range(config.inner_steps):
        points = minibatch(step, x.shape[1], config.inner_batch)
        losses, gradient, _ = problem.derivatives(phi, x[:, points], y[:, points])
        move, state = direction_of(gradient, state, config.descent)
        phi = phi - config.inner_rate * move
        if config.trace:
            yield InnerStep(iteration, step + 1, *arrays(losses, gradient, phi))

    # no outer loss and no gradient through the loop: the arrow points to where training ended
    arrows = phi - theta
    if config.trace:
        yield OuterGradient(iteration, *arrays(losses, arrows))
    return losses, arrows.mean(0)


def train(config: Reptile, resume: Snapshot | None = None) -> Iterator[Event]:
    """Meta-train theta; yields the events of core.events. Raises DivergedError."""
    problem = problem_of(config.task)
    run = Outer(problem, config, resume)
    theta = run.theta
    yield snapshot(run.iteration, theta)
    yield run.report()

    for batch, share in run.meta_batches():
        if config.trace:
            yield batch.drawn(run.iteration, theta)
        found = yield from direction(problem, theta, own(batch), config, run.iteration)
        losses, mean_arrow = of_all(*found)  # where the tasks are split over processes, else it is what was found
        (before,) = arrays(theta)
        theta += config.epsilon * share * mean_arrow  # theta <- theta + epsilon * mean(phi_i - theta)
        if config.trace:
            yield OuterMove(run.iteration, before, *arrays(theta))
        if run.updated(losses):
            yield run.report()
        if run.snapshot_due:
            yield snapshot(run.iteration, theta)

    yield snapshot(run.iteration, theta)
    yield run.evaluation()
