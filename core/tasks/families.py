"""Tasks of any family, drawn by their config: the one place that knows which module draws what."""

from collections.abc import Iterator

import torch

from core.seeding import generator
from core.tasks import episodes, sinusoid
from core.tasks.config import Episodes, Sinusoid, Task
from core.tasks.episodes import EpisodeBatch
from core.tasks.sinusoid import SinusoidBatch

AnyBatch = SinusoidBatch | EpisodeBatch
UNSEEN_SEED = 0  # unseen tasks do not depend on a run's seed: all runs are judged on the same ones


def draw(task: Task, tasks: int, source: torch.Generator, queries: int | None = None, unseen: bool = False) -> AnyBatch:
    """Draw `tasks` tasks, from those kept for tests if `unseen`."""
    if isinstance(task, Episodes):
        return episodes.draw(task, tasks, source, queries, unseen)
    assert isinstance(task, Sinusoid), "sequences are drawn by core.tasks.sequences"
    return sinusoid.draw(task, tasks, source, queries, unseen)


def stream(task: Task, tasks: int, seed: int, start: int = 0) -> Iterator[AnyBatch]:
    """Meta-batches without end for iterations `start`, `start + 1`, ...; the same for the same seed."""
    if isinstance(task, Episodes):
        return episodes.stream(task, tasks, seed, start)
    assert isinstance(task, Sinusoid), "sequences are drawn by core.tasks.sequences"
    return sinusoid.stream(task, tasks, seed, start)


def unseen(task: Task, name: str, tasks: int, queries: int, block: int = 0) -> AnyBatch:
    """`tasks` fixed tasks of the stream `name`, which no training run draws from."""
    return draw(task, tasks, generator(UNSEEN_SEED, name, block), queries, unseen=True)


def unseen_episodes(task: Episodes, name: str, tasks: int, queries: int, block: int = 0) -> EpisodeBatch:
    """As `unseen`, of episodes."""
    return episodes.draw(task, tasks, generator(UNSEEN_SEED, name, block), queries, unseen=True)
