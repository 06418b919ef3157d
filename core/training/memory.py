"""The training loop of the memory methods: a network runs through whole sequences, its gradient back through them."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import torch
from torch import Tensor

from core.events import Event, OuterStep, Snapshot
from core.seeding import generator
from core.training.config import MemoryConfig
from core.training.outer_loop import FlatAdam, TrainingClock, snapshot

SomeSequences = TypeVar("SomeSequences")
# gradients through a memory come in bursts, a thousand times their usual size. With 0.999 a burst enters Adam's second
# moment by a thousandth alone and moves theta by 0.1 / sqrt(0.001), three times the rate, at once: runs that had
# every bit right for thousands of updates fell apart for good. With 0.99 it is once the rate
BETAS = (0.9, 0.99)


def train(
    config: MemoryConfig,
    resume: Snapshot | None,
    init: Callable[[torch.Generator], Tensor],
    batches: Callable[[int], Iterator[SomeSequences]],
    loss: Callable[[Tensor, SomeSequences], Tensor],
    report: Callable[[Tensor, int], Sequence[Event]],
    evaluate: Callable[[Tensor, int], Event],
    warm_up: int = 0,
) -> Iterator[Event]:
    """Train theta by Adam with clipped gradients; yields the events of core.events. Raises DivergedError.

    init: draws theta; batches: those from an iteration on; loss: of theta on a batch, a value for each sequence;
    report and evaluate: of theta after so many updates, an `OuterStep` and further events; warm_up: updates in which
    the rate rises in a line.
    """
    run = TrainingClock(config, resume)
    theta = torch.from_numpy(resume.theta.copy()) if resume else init(generator(config.seed, "init"))
    adam = FlatAdam(theta, config.outer_rate, resume, BETAS)
    sequences = batches(run.iteration)

    def reported() -> Sequence[Event]:
        events = report(theta, run.iteration)
        run.check(sum(event.after for event in events if isinstance(event, OuterStep)), theta, adam)
        return events

    yield snapshot(run.iteration, theta)
    yield from reported()

    for lr_scale in run.within_budget():
        parameters = theta.detach().requires_grad_()
        losses = loss(parameters, next(sequences))
        (gradient,) = torch.autograd.grad(losses.mean(), parameters)
        risen = min((run.iteration + 1) / warm_up, 1.0) if warm_up else 1.0
        adam.step(clipped(gradient, config.clip), lr_scale * risen)
        if run.record_update(losses.detach()):
            yield from reported()
        if run.snapshot_due:
            yield snapshot(run.iteration, theta, adam)

    yield snapshot(run.iteration, theta, adam)
    yield evaluate(theta, run.iteration)


def clipped(gradient: Tensor, largest: float) -> Tensor:
    """Return `gradient` scaled to a norm of at most `largest` (Pascanu et al. 2013)."""
    return gradient * (largest / gradient.norm().clamp_min(1e-12)).clamp(max=1)
