"""What the outer loops share: meta-batches within a budget, reports, and the check for divergence."""

import time
from collections.abc import Iterator

import torch
from torch import Tensor

from core.algorithms.inner import adapt
from core.configs import Adapting, Episodes, Training
from core.evaluation import evaluate
from core.events import DivergedError, Evaluation, FewShotEvaluation, OuterStep, Snapshot, arrays
from core.problems import Problem
from core.processes import agreed
from core.seeding import generator
from core.tasks import families
from core.tasks.families import AnyBatch

MOVED = "moved"  # among the optimizer's arrays: what it moves, where theta is a mean of that
WATCHED = {True: (50, 5), False: (100, 20)}  # tasks and queries; True for episodes, which cost more


class Budget:
    """Keeps count for one run: how far it is, what it may still use, whether it is still finite."""

    def __init__(self, config: Training, resume: Snapshot | None) -> None:
        self.config = config
        self.iteration = resume.iteration if resume else 0

    def within_budget(self) -> Iterator[float]:
        """The share of the outer rate to use, once for each update until iterations or seconds are used up."""
        config, started = self.config, time.perf_counter()
        while self.iteration < config.iterations:
            if config.seconds and agreed(time.perf_counter() - started >= config.seconds):
                return
            yield 1 - self.iteration / config.iterations if config.anneal else 1.0

    def meta_batches(self) -> Iterator[tuple[AnyBatch, float]]:
        """One meta-batch per outer update, with the share of the outer rate to use."""
        config = self.config
        batches = families.stream(config.task, config.meta_batch, config.seed, self.iteration)
        for share in self.within_budget():
            yield next(batches), share

    def updated(self, losses: Tensor) -> bool:
        """Count one outer update with outer losses [tasks]; say whether a report is due.

        Raises DivergedError when a loss is not finite.
        """
        self.iteration += 1
        if not torch.isfinite(losses.sum()):
            raise DivergedError(self.iteration)
        return self.iteration % self.config.report_every == 0

    @property
    def snapshot_due(self) -> bool:
        """Whether theta should be kept now."""
        every = self.config.snapshot_every
        return every > 0 and self.iteration % every == 0


class Outer(Budget):
    """The run of a problem whose tasks adapt by gradient steps: its theta, its reports, its score."""

    config: Adapting

    def __init__(self, problem: Problem, config: Adapting, resume: Snapshot | None) -> None:
        super().__init__(config, resume)
        self.problem = problem
        self.theta = (
            torch.from_numpy(resume.theta.copy()) if resume else problem.model.init(generator(config.seed, "init"))
        )
        self._watched = families.unseen(config.task, "watched", *WATCHED[isinstance(config.task, Episodes)])

    def follow(self, theta: Tensor, average: float) -> None:
        """Let the run's theta be the running mean of `theta` over the updates (Polyak, Juditsky 1992), of which each
        keeps the share `average` at the next; early on, the mean of all. 0: `theta` itself.
        """
        self.theta.lerp_(theta, max(1 - average, 1 / (self.iteration + 1)) if average else 1.0)

    def report(self, theta: Tensor | None = None) -> OuterStep:
        """Query loss on fixed unseen tasks before and after the config's inner steps, from `theta` if given."""
        config, batch = self.config, self._watched
        theta = self.theta if theta is None else theta
        phi = theta.detach().expand(batch.tasks, -1)
        path = adapt(self.problem, phi, batch.support_x, batch.support_y, config.descent, config.inner_steps)
        losses, scores = [], []
        for step, at in enumerate(path):
            if step in (0, config.inner_steps):
                predicted = self.problem.predict(at, batch.query_x)
                losses.append(self.problem.loss_of(predicted, batch.query_y).mean().item())
                if self.problem.score:
                    scores.append(self.problem.score(predicted, batch.query_y).mean().item())
        if self.iteration and not torch.tensor(losses).isfinite().all():
            raise DivergedError(self.iteration)
        accuracies = (scores[0], scores[-1]) if scores else (None, None)
        return OuterStep(self.iteration, losses[0], losses[-1], *accuracies)

    def evaluation(self, theta: Tensor | None = None) -> Evaluation | FewShotEvaluation:
        """The run's score on unseen tasks."""
        theta = self.theta if theta is None else theta
        return evaluate(self.problem, theta, self.config, self.iteration, self.config.test_tasks)


def snapshot(
    iteration: int, theta: Tensor, optimizer: torch.optim.Optimizer | None = None, moved: Tensor | None = None
) -> Snapshot:
    """Theta and the optimizer's state, from which a run goes on bit for bit.

    moved: what the optimizer moves, where theta only follows it.
    """
    state = optimizer.state[theta if moved is None else moved] if optimizer else {}
    if moved is not None and not torch.equal(moved, theta):
        state = state | {MOVED: moved}
    (parameters,) = arrays(theta)
    return Snapshot(iteration, parameters, {name: value.numpy().copy() for name, value in state.items()})


def restore(optimizer: torch.optim.Optimizer, theta: Tensor, resume: Snapshot | None) -> None:
    """Put the state of `resume` back into `optimizer`, and what it moves into `theta`; nothing to do for a new run."""
    if resume:
        state = {name: torch.from_numpy(value.copy()) for name, value in resume.optimizer.items()}
        theta.copy_(state.pop(MOVED, theta))
        optimizer.state[theta] = state
