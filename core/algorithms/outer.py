"""What the outer loops share: meta-batches within a budget, reports, and the check for divergence."""

import time
from collections.abc import Iterator

import torch
from torch import Tensor

from core.configs import Maml, Reptile
from core.evaluation import evaluate, query_losses, unseen
from core.events import DivergedError, Evaluation, OuterStep, Snapshot, TasksDrawn, arrays
from core.problems import Problem
from core.seeding import generator
from core.tasks import sinusoid
from core.tasks.sinusoid import Batch

WATCHED_TASKS, WATCHED_QUERIES = 100, 20


class Outer:
    """Keeps count for one run: how far it is, whether it is still finite, what to report when."""

    def __init__(self, problem: Problem, config: Maml | Reptile, resume: Snapshot | None) -> None:
        self.problem, self.config = problem, config
        self.iteration = resume.iteration if resume else 0
        self.theta = (
            torch.from_numpy(resume.theta.copy()) if resume else problem.model.init(generator(config.seed, "init"))
        )
        self._watched = unseen(config.task, "watched", WATCHED_TASKS, WATCHED_QUERIES)

    def meta_batches(self) -> Iterator[Batch]:
        """One meta-batch per outer update until the iterations or the seconds are used up."""
        config, started = self.config, time.perf_counter()
        batches = sinusoid.stream(config.task, config.meta_batch, config.seed, self.iteration)
        while self.iteration < config.iterations:
            if config.seconds and time.perf_counter() - started >= config.seconds:
                return
            yield next(batches)

    def drawn(self, batch: Batch) -> TasksDrawn:
        """The event that shows the meta-batch and the theta it starts from."""
        points = arrays(batch.support_x, batch.support_y, batch.query_x, batch.query_y)
        parts = [array.reshape(batch.tasks, -1) for array in points]
        kinds = [array.reshape(-1) for array in arrays(batch.amplitude, batch.phase)]
        return TasksDrawn(self.iteration, *parts, *kinds, *arrays(self.theta))

    def updated(self, losses: Tensor) -> bool:
        """Count one outer update with outer losses [tasks]; say whether a report is due.

        Raises DivergedError when a loss is not finite.
        """
        self.iteration += 1
        if not torch.isfinite(losses.sum()):
            raise DivergedError(self.iteration)
        return self.iteration % self.config.report_every == 0

    def report(self) -> OuterStep:
        """Query loss on fixed unseen tasks before and after the config's inner steps."""
        config = self.config
        losses = query_losses(self.problem, self.theta, self._watched, config.inner_rate, config.inner_steps).mean(1)
        if self.iteration and not torch.isfinite(losses).all():
            raise DivergedError(self.iteration)
        return OuterStep(self.iteration, losses[0].item(), losses[-1].item())

    def evaluation(self) -> Evaluation:
        """The run's score on unseen tasks."""
        return evaluate(self.problem, self.theta, self.config, self.config.inner_rate, self.iteration)


def snapshot(iteration: int, theta: Tensor, optimizer: torch.optim.Optimizer | None = None) -> Snapshot:
    """Theta and the optimizer's state, from which a run goes on bit for bit."""
    state = optimizer.state[theta] if optimizer else {}
    (parameters,) = arrays(theta)
    return Snapshot(iteration, parameters, {name: value.numpy().copy() for name, value in state.items()})


def restore(optimizer: torch.optim.Optimizer, theta: Tensor, resume: Snapshot | None) -> None:
    """Put the state of `resume` back into `optimizer`; nothing to do for a new run."""
    if resume:
        optimizer.state[theta] = {name: torch.from_numpy(value.copy()) for name, value in resume.optimizer.items()}
