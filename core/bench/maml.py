"""A MAML meta-iteration on sinusoids against what a user would pick instead, and how its cost grows."""

import os
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor

from core.bench.contenders import available
from core.bench.timing import Growth, Row, compare, growth, on_threads, result_of
from core.methods.maml import algorithm as maml
from core.methods.maml.config import MamlConfig
from core.parallel.threads import use_threads
from core.seeding import generator
from core.tasks import sinusoid
from core.tasks.config import Sinusoid
from core.training.outer_loop import FlatAdam
from core.training.problem import sinusoid_problem

STEPS = (1, 5, 10)
TASKS = (4, 25, 64, 256)
ROUNDS = 9
CHECKED = 3  # iterations after which all must have the same theta


def rows() -> Iterator[Row | Growth]:
    """Time 10 shots, second order: 25 tasks with 1, 5 and 10 inner steps, 4 to 256 with 1; our cost by both.

    Raises AssertionError if results differ.
    """
    cores = os.cpu_count() or 1
    use_threads(cores, alone=True)
    try:
        for steps in STEPS:
            yield _against_contenders(MamlConfig(inner_steps=steps), cores)
        for tasks in TASKS:
            if tasks != MamlConfig().meta_batch:
                yield _against_contenders(MamlConfig(meta_batch=tasks), cores)
        by_tasks = {tasks: ours(MamlConfig(meta_batch=tasks))[0] for tasks in TASKS}
        yield growth("maml, sinusoid, 1 step, by tasks", by_tasks)
        by_steps = {steps: ours(MamlConfig(inner_steps=steps))[0] for steps in STEPS}
        yield growth("maml, sinusoid, 25 tasks, by inner steps", by_steps)
    finally:
        torch.set_num_threads(1)
        use_threads(1)


def _against_contenders(config: MamlConfig, cores: int) -> Row:
    """Time ours, which shards its operations where that pays, against contenders with a thread for each core."""
    our_iteration, theta = ours(config)
    contenders = {name: make(config, _theta(), _batches(config)) for name, make in available().items()}
    for _ in range(CHECKED):
        our_iteration()
        for iteration, _ in contenders.values():
            iteration()
    for _, theirs in contenders.values():
        torch.testing.assert_close(theta, theirs(), rtol=1e-3, atol=1e-4)
    steps = config.inner_steps
    return compare(
        f"maml, sinusoid, {config.meta_batch} tasks, 10 shots, {steps} step{'s' * (steps > 1)}",
        partial(on_threads, 1, our_iteration),
        {name: partial(on_threads, cores, iteration) for name, (iteration, _) in contenders.items()},
        ROUNDS,
    )


def _theta() -> Tensor:
    return sinusoid_problem().model.init(generator(0, "init"))


def _batches(config: MamlConfig) -> Iterator[sinusoid.SinusoidBatch]:
    return sinusoid.stream(Sinusoid(), config.meta_batch, config.seed)


def ours(config: MamlConfig) -> tuple[Callable[[], None], Tensor]:
    """Return a meta-iteration of the core, and the theta that it moves."""
    problem, theta, batches = sinusoid_problem(), _theta(), _batches(config)
    adam = FlatAdam(theta, config.outer_rate, None)

    def iteration() -> None:
        _, gradient = result_of(maml.meta_gradient(problem, theta, next(batches), config))
        adam.step(gradient)

    return iteration, theta
