"""The outer loop of methods that have a gradient with respect to theta: Adam goes down it."""

from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor

from core.events import Event, Snapshot
from core.tasks.families import AnyBatch
from core.training.evaluation import evaluate
from core.training.outer_loop import FlatAdam, MetaTrainer, snapshot
from core.training.problem import Problem, problem_of

MetaGradient = Callable[[Problem, Tensor, AnyBatch, Any], tuple[Tensor, Tensor]]


def descend(
    config: Any, resume: Snapshot | None, meta_gradient: MetaGradient, more: Tensor | None = None
) -> Iterator[Event]:
    """Meta-train theta; yields the events of core.events. Raises DivergedError.

    config: an `AdaptationConfig` with an `outer_rate`. meta_gradient: of a problem, theta, a meta-batch and the config,
    the outer losses [tasks] and their gradient [parameters]; more: what theta holds besides an initialization.
    """
    run = MetaTrainer(problem_of(config.task), config, resume, more=more)
    adam = FlatAdam(run.theta, config.outer_rate, resume)
    yield snapshot(run.iteration, run.theta)
    yield run.report()

    for batch, lr_scale in run.meta_batches():
        losses, gradient = meta_gradient(run.problem, run.theta, batch, config)
        adam.step(gradient, lr_scale)
        yield from run.after_update(losses, adam)

    yield snapshot(run.iteration, run.theta, adam)
    yield evaluate(run.theta, config, run.iteration)
