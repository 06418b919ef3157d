"""The common parts of the outer loops: meta-batches within a budget, reports, snapshots, the check for divergence."""

import math
import time
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.optim.adam import adam

from core.events import DivergedError, Event, OuterStep, Snapshot, arrays
from core.parallel.processes import agreed
from core.seeding import generator
from core.tasks import families
from core.tasks.config import Episodes
from core.tasks.families import AnyBatch
from core.training import stopping
from core.training.adaptation import AdaptTo, adapt
from core.training.config import AdaptationConfig, TrainingConfig
from core.training.problem import Problem

MOVED = "moved"  # among the optimizer's arrays: the parameters that it moves, where they are not those of theta
WATCHED = {True: (50, 5), False: (100, 20)}  # tasks and queries; True for episodes, which cost more


class TrainingClock:
    """The count of a run's updates, within its budget and while its losses are finite."""

    def __init__(self, config: TrainingConfig, resume: Snapshot | None) -> None:
        self.config = config
        self.iteration = resume.iteration if resume else 0
        self._reported: Snapshot | None = None  # the state of the last report, whose loss was finite

    def within_budget(self) -> Iterator[float]:
        """Yield the scale of the outer rate, once for each update, until iterations or seconds are used up.

        It ends sooner where `stopping.ask` was called.
        """
        config, started = self.config, time.perf_counter()
        with stopping.updates():
            while self.iteration < config.iterations and not stopping.asked():
                if config.seconds and agreed(time.perf_counter() - started >= config.seconds):
                    return
                yield 1 - self.iteration / config.iterations if config.anneal else 1.0

    def meta_batches(self) -> Iterator[tuple[AnyBatch, float]]:
        """Yield a meta-batch for each outer update, with the scale of the outer rate."""
        config = self.config
        batches = families.stream(config.task, config.meta_batch, config.seed, self.iteration)
        for lr_scale in self.within_budget():
            yield next(batches), lr_scale

    def record_update(self, losses: Tensor) -> bool:
        """Count an outer update with outer losses [tasks]; return whether a report is due.

        Raises DivergedError when a loss is not finite.
        """
        self.iteration += 1
        if not torch.isfinite(losses.sum()):
            raise self._diverged()
        return self.iteration % self.config.report_every == 0

    def check(self, loss: float, theta: Tensor, adam: "FlatAdam | None" = None) -> None:
        """Note the state behind a report with the loss `loss`. Raises DivergedError when that is not finite."""
        if math.isfinite(loss):
            self._reported = snapshot(self.iteration, theta, adam)
        elif self.iteration:
            raise self._diverged()

    def _diverged(self) -> DivergedError:
        return DivergedError(self.iteration, self.config.advice, self._reported)

    @property
    def snapshot_due(self) -> bool:
        """Whether a snapshot of theta is due now."""
        every = self.config.snapshot_every
        return every > 0 and self.iteration % every == 0


class FlatAdam:
    """Adam (Kingma, Ba 2015) on a flat vector of parameters, whose state can be saved and restored bit for bit.

    PyTorch's function and not its class: making one imports PyTorch's compiler, which takes as long as PyTorch itself.
    """

    def __init__(
        self, theta: Tensor, rate: float, resume: Snapshot | None, betas: tuple[float, float] = (0.9, 0.999)
    ) -> None:
        self.theta, self.rate, self.betas = theta, rate, betas
        self._state = {
            "step": torch.zeros(()),
            "exp_avg": torch.zeros_like(theta),
            "exp_avg_sq": torch.zeros_like(theta),
        }
        if resume:
            state = {name: torch.from_numpy(value.copy()) for name, value in resume.optimizer.items()}
            theta.copy_(state.pop(MOVED, theta))
            self._state.update(state)

    @torch.no_grad()
    def step(self, gradient: Tensor, lr_scale: float = 1.0) -> None:
        """Move theta down `gradient` [parameters], by the rate times `lr_scale`."""
        beta1, beta2 = self.betas
        steps, mean, mean_square = ([self._state[name]] for name in ("step", "exp_avg", "exp_avg_sq"))
        adam(
            [self.theta], [gradient], mean, mean_square, [], steps, fused=True, amsgrad=False, maximize=False,
            beta1=beta1, beta2=beta2, lr=self.rate * lr_scale, weight_decay=0.0, eps=1e-8,
        )  # fmt: skip

    def state(self) -> dict[str, np.ndarray]:
        """Return its moments and its step count, by name."""
        return {name: value.numpy().copy() for name, value in self._state.items()}


def snapshot(iteration: int, theta: Tensor, adam: FlatAdam | None = None) -> Snapshot:
    """Return theta and the optimizer's state, from which a run goes on bit for bit.

    Where theta does not begin with the parameters that the optimizer moves, as it is a mean of them or has another
    last layer, the state holds those as well.
    """
    (parameters,) = arrays(theta)
    state = adam.state() if adam else {}
    if adam and not torch.equal(adam.theta, theta[: len(adam.theta)]):
        state[MOVED] = adam.theta.numpy().copy()
    return Snapshot(iteration, parameters, state)


class MetaTrainer(TrainingClock):
    """The run of a problem whose tasks adapt by gradient steps: its theta, its reports, its snapshots.

    adapt_to: the rule by which copies adapt in reports, where it is not by gradient steps; more: what theta holds
    besides an initialization, where the run begins.
    """

    config: AdaptationConfig

    def __init__(
        self, problem: Problem, config: AdaptationConfig, resume: Snapshot | None, adapt_to: AdaptTo | None = None,
        more: Tensor | None = None,
    ) -> None:  # fmt: skip
        super().__init__(config, resume)
        self.problem, self.adapt_to = problem, adapt_to
        init = problem.model.init(generator(config.seed, "init"))
        begun = init if more is None else torch.cat([init, more])
        self.theta = torch.from_numpy(resume.theta.copy()) if resume else begun
        self._watched = families.unseen(config.task, "watched", *WATCHED[isinstance(config.task, Episodes)])

    def update_ema(self, theta: Tensor, average: float) -> None:
        """Let the run's theta be an exponential mean of `theta` over the updates and the initialization.

        After Polyak, Juditsky 1992, whose mean is uniform. Called after each update and before it is counted. Each
        update keeps the fraction `average` of the mean so far; early on, all weigh the same. With `average` 0 the
        mean is `theta` itself.
        """
        self.theta.lerp_(theta, max(1 - average, 1 / (self.iteration + 2)) if average else 1.0)

    def report(self, theta: Tensor | None = None, adam: FlatAdam | None = None) -> OuterStep:
        """Measure the query loss on fixed unseen tasks before and after the inner steps, from `theta` if given."""
        config, batch = self.config, self._watched
        theta = self.theta if theta is None else theta
        init, descent = config.parts(theta.detach())
        phi = init.expand(batch.tasks, -1)
        x, y, steps = batch.support_x, batch.support_y, config.inner_steps
        if self.adapt_to:
            adapted = self.adapt_to(self.problem, phi, x, y, config, steps)
        else:
            *_, adapted = adapt(self.problem, phi, x, y, descent, steps)
        losses, scores = [], []
        for copies in (phi, adapted):
            predicted = self.problem.predict(copies, batch.query_x)
            losses.append(self.problem.loss_of(predicted, batch.query_y).mean().item())
            if self.problem.score:
                scores.append(self.problem.score(predicted, batch.query_y).mean().item())
        self.check(sum(losses), theta, adam)
        accuracies = (scores[0], scores[-1]) if scores else (None, None)
        return OuterStep(self.iteration, losses[0], losses[-1], *accuracies)

    def after_update(self, losses: Tensor, adam: FlatAdam | None = None) -> Iterator[Event]:
        """Count an update with outer losses [tasks], or their mean [1]; yield what is due: a report, a snapshot."""
        if self.record_update(losses):
            yield self.report(adam=adam)
        if self.snapshot_due:
            yield snapshot(self.iteration, self.theta, adam)
