"""Tasks with a support and queries, drawn by their config: sinusoids and episodes."""

from collections.abc import Iterator
from typing import Any

import torch

from core.options import ConfigError
from core.seeding import generator
from core.tasks import episodes, sinusoid
from core.tasks.config import Episodes, Sequences, Task
from core.tasks.episodes import EpisodeBatch
from core.tasks.sinusoid import SinusoidBatch
from core.words import Words

AnyBatch = SinusoidBatch | EpisodeBatch
UNSEEN_SEED = 0  # unseen tasks do not depend on a run's seed: all runs are evaluated on the same tasks


def draw(task: Task, tasks: int, source: torch.Generator, queries: int | None = None, unseen: bool = False) -> AnyBatch:
    """Draw `tasks` tasks, from those held out for tests if `unseen`."""
    return _family(task).draw(task, tasks, source, queries, unseen)


def stream(task: Task, tasks: int, seed: int, start: int = 0) -> Iterator[AnyBatch]:
    """Return meta-batches without end for iterations `start`, `start + 1`, ...; the same for the same seed."""
    return _family(task).stream(task, tasks, seed, start)


def _family(task: Task) -> Any:
    """Return the module that draws `task`. Raises ConfigError for sequences, which have no support and no queries."""
    if isinstance(task, Sequences):
        raise ConfigError(Words("sequences have no support and no queries: core.tasks.sequences draws them"))
    return episodes if isinstance(task, Episodes) else sinusoid


def unseen(task: Task, name: str, tasks: int, queries: int, block: int = 0) -> AnyBatch:
    """Draw `tasks` fixed tasks of the stream `name`, from which no training run draws."""
    return draw(task, tasks, generator(UNSEEN_SEED, name, block), queries, unseen=True)


def unseen_episodes(task: Episodes, name: str, tasks: int, queries: int, block: int = 0) -> EpisodeBatch:
    """Draw fixed episodes, as `unseen` does."""
    return episodes.draw(task, tasks, generator(UNSEEN_SEED, name, block), queries, unseen=True)
