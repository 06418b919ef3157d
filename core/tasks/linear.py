"""Linear functions y = w . x (von Oswald et al. 2023, section 3): a task is a w, drawn normal; x is uniform."""

from collections.abc import Iterator

import torch

from core.seeding import generator
from core.tasks.batch import Batch
from core.tasks.config import Linear


def draw(config: Linear, tasks: int, source: torch.Generator, queries: int | None = None) -> Batch:
    """Draw `tasks` functions, x [tasks, points, inputs], y [tasks, points, 1]. Every new one is unseen."""
    shots, queries = config.shots, config.queries if queries is None else queries
    w = torch.randn(tasks, config.inputs, 1, generator=source)
    x = torch.empty(tasks, shots + queries, config.inputs).uniform_(-1, 1, generator=source)
    y = x @ w
    return Batch(x[:, :shots], y[:, :shots], x[:, shots:], y[:, shots:])


def stream(config: Linear, tasks: int, seed: int, start: int = 0) -> Iterator[Batch]:
    """Yield meta-batches without end for iterations `start`, `start + 1`, ...; the same for the same seed."""
    iteration = start
    while True:
        yield draw(config, tasks, generator(seed, "train", iteration))
        iteration += 1
