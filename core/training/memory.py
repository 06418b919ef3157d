"""What the memory methods share: a network runs through whole sequences, and its gradient goes back through them."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import torch
from torch import Tensor

from core.events import DivergedError, Event, OuterStep, Snapshot
from core.seeding import generator
from core.training.config import MemoryConfig
from core.training.outer_loop import FlatAdam, TrainingClock, snapshot

Drawn = TypeVar("Drawn")
# gradients through a memory come in bursts, a thousand times their usual size. With 0.999 Adam's second moment
# has forgotten bursts that are long past and a new one moves theta by three times the rate at once: runs that
# had every bit right for thousands of updates fell apart for good
BETAS = (0.9, 0.99)


def train(
    config: MemoryConfig,
    resume: Snapshot | None,
    init: Callable[[torch.Generator], Tensor],
    batches: Callable[[int], Iterator[Drawn]],
    loss: Callable[[Tensor, Drawn], Tensor],
    report: Callable[[Tensor, int], Sequence[Event]],
    evaluate: Callable[[Tensor, int], Event],
) -> Iterator[Event]:
    """Train theta by Adam with clipped gradients; yields the events of core.events. Raises DivergedError.

    init: a random theta; batches: those from an iteration on; loss: of theta on them, one value a sequence;
    report and evaluate: of theta after so many updates, an `OuterStep` and what else there is to show.
    """
    run = TrainingClock(config, resume)
    theta = torch.from_numpy(resume.theta.copy()) if resume else init(generator(config.seed, "init"))
    adam = FlatAdam(theta, config.outer_rate, resume, BETAS)
    drawn = batches(run.iteration)

    def reported() -> Sequence[Event]:
        events = report(theta, run.iteration)
        diverged = any(isinstance(one, OuterStep) and not math.isfinite(one.after) for one in events)
        if run.iteration and diverged:
            raise DivergedError(run.iteration)
        return events

    yield snapshot(run.iteration, theta)
    yield from reported()

    for lr_scale in run.within_budget():
        at = theta.detach().requires_grad_()
        losses = loss(at, next(drawn))
        (gradient,) = torch.autograd.grad(losses.mean(), at)
        adam.step(clipped(gradient, config.clip), lr_scale)
        if run.record_update(losses.detach()):
            yield from reported()
        if run.snapshot_due:
            yield snapshot(run.iteration, theta, adam)

    yield snapshot(run.iteration, theta, adam)
    yield evaluate(theta, run.iteration)


def clipped(gradient: Tensor, largest: float) -> Tensor:
    """Return `gradient` scaled to a norm of at most `largest` (Pascanu et al. 2013)."""
    return gradient * (largest / gradient.norm().clamp_min(1e-12)).clamp(max=1)
