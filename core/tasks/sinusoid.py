"""Sinusoid regression (Finn et al. 2017, section 5.1): a task is y = A sin(x - phase).

p(T) is the distribution of amplitude and phase. A meta-batch of tasks is drawn in one go.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import torch
from torch import Tensor

from core.events import TasksDrawn, arrays
from core.seeding import generator
from core.tasks.batch import Batch
from core.tasks.config import Sinusoid

DRAWN_AHEAD = 32  # meta-batches drawn in one call, which makes drawing nearly free


@dataclass(frozen=True)
class SinusoidBatch(Batch):
    """Sinusoid tasks. x and y [tasks, points, 1]; amplitude and phase [tasks, 1, 1]. Phase in radians."""

    amplitude: Tensor
    phase: Tensor

    def drawn(self, iteration: int, theta: Tensor) -> TasksDrawn:
        """Return the event that shows these tasks and the theta they start from."""
        points = arrays(self.support_x, self.support_y, self.query_x, self.query_y)
        parts = [array.reshape(self.tasks, -1) for array in points]
        kinds = [array.reshape(-1) for array in arrays(self.amplitude, self.phase)]
        return TasksDrawn(iteration, *parts, *kinds, *arrays(theta))


def draw(
    config: Sinusoid, tasks: int, source: torch.Generator, queries: int | None = None, unseen: bool = False
) -> SinusoidBatch:
    """Draw `tasks` tasks from p(T), each with `config.shots` support and `queries` query points.

    Every new task is `unseen`: p(T) has no end.
    """
    amplitude = torch.empty(tasks, 1, 1).uniform_(config.amplitude_low, config.amplitude_high, generator=source)
    phase = torch.empty(tasks, 1, 1).uniform_(config.phase_low, config.phase_high, generator=source)
    return points_of(config, amplitude, phase, source, queries)


def points_of(
    config: Sinusoid, amplitude: Tensor, phase: Tensor, source: torch.Generator, queries: int | None = None
) -> SinusoidBatch:
    """Draw the points of the tasks with these amplitudes and phases, [tasks, 1, 1] each."""
    tasks, shots, queries = len(amplitude), config.shots, config.queries if queries is None else queries
    x = torch.empty(tasks, shots + queries, 1).uniform_(config.x_low, config.x_high, generator=source)
    y = amplitude * torch.sin(x - phase)
    if config.noise:
        # noise is on the support alone, never on the queries
        y[:, :shots] += config.noise * torch.randn(tasks, shots, 1, generator=source)
    return SinusoidBatch(x[:, :shots], y[:, :shots], x[:, shots:], y[:, shots:], amplitude, phase)


def stream_of_few(config: Sinusoid, few: int, tasks: int, seed: int, start: int = 0) -> Iterator[SinusoidBatch]:
    """Yield meta-batches of `few` fixed tasks, drawn from p(T) once, with new points each time."""
    fixed = draw(config, few, generator(seed, "few"), 0)
    for iteration in count(start):
        source = generator(seed, "train", iteration)
        chosen = torch.randint(few, (tasks,), generator=source)
        yield points_of(config, fixed.amplitude[chosen], fixed.phase[chosen], source)


def stream(config: Sinusoid, tasks: int, seed: int, start: int = 0) -> Iterator[SinusoidBatch]:
    """Yield meta-batches without end for iterations `start`, `start + 1`, ...; the same for the same seed."""
    block, skip = divmod(start, DRAWN_AHEAD)
    while True:
        many = draw(config, tasks * DRAWN_AHEAD, generator(seed, "train", block))
        columns = [tensor.split(tasks) for tensor in vars(many).values()]
        for row in list(zip(*columns, strict=True))[skip:]:
            yield SinusoidBatch(*row)
        block, skip = block + 1, 0
