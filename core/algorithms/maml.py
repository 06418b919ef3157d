"""MAML: learn an initialization from which a few gradient steps fit a new task.

Finn, Abbeel, Levine 2017, "Model-Agnostic Meta-Learning", algorithm 2 (supervised few-shot).
Run it:  python -m core train maml --task sinusoid --seconds 30
         python -m core train maml --task omniglot --seconds 120
"""

from collections.abc import Generator, Iterator

import torch
from torch import Tensor

from core.algorithms.outer import Outer, restore, snapshot
from core.configs import Maml
from core.events import Event, InnerStep, OuterGradient, OuterMove, Snapshot, arrays
from core.problems import Problem, problem_of
from core.processes import of_all, own
from core.tasks.batch import Batch


def meta_gradient(
    problem: Problem, theta: Tensor, batch: Batch, config: Maml, iteration: int = 0
) -> Generator[Event, None, tuple[Tensor, Tensor]]:
    """The gradient of the mean query loss after adaptation, with respect to theta.

    theta is [parameters]; all tasks of `batch` are adapted together. Returns the query losses
    [tasks] and the gradient [parameters]; on the way it yields each inner step if traced.
    """
    # phi_i starts at theta, one row for each task; nothing is copied until the first step
    phi = theta.expand(batch.tasks, -1)
    curvature = []  # of the support loss at each phi on the way, as a map v -> H v

    # inner loop: every phi_i goes down its own support loss
    for step in range(config.inner_steps):
        losses, gradient, hessian_times = problem.derivatives(
            phi, batch.support_x, batch.support_y, curvature=config.order == 2
        )
        curvature.append(hessian_times)
        # phi - alpha * gradient, in the gradient's memory where nobody will look at that
        phi = torch.sub(phi, gradient, alpha=config.inner_rate, out=None if config.trace else gradient)
        if config.trace:
            yield InnerStep(iteration, step + 1, *arrays(losses, gradient, phi))

    # outer loss: how well does each phi_i do on the points it has not seen?
    losses, contribution, _ = problem.derivatives(phi, batch.query_x, batch.query_y)

    # chain rule: d phi_i / d theta is a product of factors (I - alpha H), one for each inner step;
    # first order leaves them out, as if phi_i - theta did not depend on theta
    if config.order == 2:
        for hessian_times in reversed(curvature):
            contribution.sub_(hessian_times(contribution), alpha=config.inner_rate)
    if config.trace:
        yield OuterGradient(iteration, *arrays(losses, -contribution))
    return losses, contribution.mean(0)


# Adam's betas; where theta is a mean of the updates, they may be quicker and larger: the mean is smooth
BETAS = {False: (0.9, 0.999), True: (0.8, 0.99)}


def train(config: Maml, resume: Snapshot | None = None) -> Iterator[Event]:
    """Meta-train theta; yields the events of core.events. Raises DivergedError."""
    problem = problem_of(config.task)
    run = Outer(problem, config, resume)
    theta = run.theta.clone()  # what the updates move; run.theta, which is judged and kept, follows it
    adam = torch.optim.Adam([theta], lr=config.outer_rate, betas=BETAS[config.average > 0], fused=True)
    restore(adam, theta, resume)
    yield snapshot(run.iteration, run.theta)
    yield run.report()

    for batch, share in run.meta_batches():
        if config.trace:
            yield batch.drawn(run.iteration, theta)
        found = yield from meta_gradient(problem, theta, own(batch), config, run.iteration)
        losses, theta.grad = of_all(*found)  # where the tasks are split over processes, else it is what was found
        (before,) = arrays(theta)
        adam.param_groups[0]["lr"] = config.outer_rate * share
        adam.step()  # theta <- theta - outer rate * meta-gradient, scaled by Adam
        if config.trace:
            yield OuterMove(run.iteration, before, *arrays(theta))
        due = run.updated(losses)
        run.follow(theta, config.average)
        if due:
            yield run.report()
        if run.snapshot_due:
            yield snapshot(run.iteration, run.theta, adam, theta)

    yield snapshot(run.iteration, run.theta, adam, theta)
    yield run.evaluation()
