"""MAML: learn an initialization from which a few gradient steps fit a new task.

Finn, Abbeel, Levine 2017, "Model-Agnostic Meta-Learning", algorithm 2 (supervised few-shot). The theta'_i of the
paper is phi[i] here; its sum over the tasks is a mean, which Adam follows, as in the paper's code.
Run it:  python -m core train maml --task sinusoid --seconds 30
         python -m core train maml --task omniglot --seconds 120
"""

from collections.abc import Generator, Iterator

from torch import Tensor

from core.events import Event, InnerStep, OuterGradient, OuterMove, Snapshot, arrays
from core.methods.maml.config import MamlConfig
from core.parallel.processes import all_reduce_mean, local_shard
from core.tasks.batch import Batch
from core.training.adaptation import inner_step
from core.training.evaluation import evaluate
from core.training.outer_loop import FlatAdam, MetaTrainer, snapshot
from core.training.problem import Problem, problem_of

# Adam's betas; where theta is a mean of the updates, updates may be quicker and larger: the mean is smooth
BETAS = {False: (0.9, 0.999), True: (0.8, 0.99)}


def meta_gradient(
    problem: Problem, theta: Tensor, batch: Batch, config: MamlConfig, iteration: int = 0
) -> Generator[Event, None, tuple[Tensor, Tensor]]:
    """Return the query losses [tasks] after adaptation, and the gradient of their mean with respect to theta.

    theta and the gradient are [parameters]; all tasks of `batch` adapt together. Yields each inner step if traced.
    """
    phi = theta.expand(batch.tasks, -1)  # phi_i starts at theta, one row for each task
    hessians = []  # of the support loss at each phi on the way, as maps v -> H v (core/training/problem.py)

    # inner loop: every phi_i goes down its own support loss
    for step in range(config.inner_steps):
        phi, losses, gradient, hessian_times, _ = inner_step(
            problem, phi, batch.support_x, batch.support_y, config.descent, curvature=config.order == 2
        )
        if config.trace:
            yield InnerStep(iteration, step + 1, *arrays(losses, gradient, phi))
        hessians.append(hessian_times)

    # outer loss: how well does each phi_i do on the queries, which it has not seen?
    losses, gradient, _ = problem.derivatives(phi, batch.query_x, batch.query_y)

    # chain rule: d phi_i / d theta is a product of factors (I - alpha H), one for each inner step;
    # first order leaves them out, as if phi_i - theta did not depend on theta
    if config.order == 2:
        for hessian_times in reversed(hessians):
            gradient = gradient - config.inner_rate * hessian_times(gradient)
    if config.trace:
        yield OuterGradient(iteration, *arrays(losses, -gradient))
    return losses, gradient.mean(0)


def train(config: MamlConfig, resume: Snapshot | None = None) -> Iterator[Event]:
    """Meta-train theta; yields the events of core.events. Raises DivergedError."""
    problem = problem_of(config.task)
    run = MetaTrainer(problem, config, resume)
    theta = run.theta.clone()  # the updates move this one; run.theta, which is evaluated and stored, follows it
    adam = FlatAdam(theta, config.outer_rate, resume, BETAS[config.average > 0])
    yield snapshot(run.iteration, run.theta)
    yield run.report()

    for batch, lr_scale in run.meta_batches():
        if config.trace:
            yield batch.drawn(run.iteration, theta)
        losses, gradient = yield from meta_gradient(problem, theta, local_shard(batch), config, run.iteration)
        losses, gradient = all_reduce_mean(losses, gradient)  # over processes, where the tasks are split
        before = arrays(theta) if config.trace else []
        adam.step(gradient, lr_scale)  # theta <- theta - outer rate * gradient, scaled by Adam
        if config.trace:
            yield OuterMove(run.iteration, *before, *arrays(theta))
        run.update_ema(theta, config.average)
        yield from run.after_update(losses, adam)

    yield snapshot(run.iteration, run.theta, adam)
    yield evaluate(run.theta, config, run.iteration)
