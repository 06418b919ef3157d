"""What pages ask of a metric method that has been trained: to answer an episode, and where it errs."""

from collections.abc import Iterator

import torch

from core.algorithms import metric
from core.algorithms.fit import GRID
from core.configs import Episodes
from core.evaluation import TEST_QUERIES
from core.events import Event, Mistake
from core.requests import Compare, CompareCurve, Mistakes, Table
from core.runs import method_of
from core.tasks import episodes, families
from core.tasks.batch import Batch


def episode(config: Compare) -> Iterator[Event]:
    """Yield one `Compared` of the episode. Raises ConfigError on characters that do not exist."""
    batch = episodes.by_numbers(config.data, config.characters, config.drawings, config.shots)
    yield method_of(config.training).look(torch.from_numpy(config.theta), batch)


def curve(config: CompareCurve) -> Iterator[Event]:
    """Yield one `Compared` whose queries are the 121 points of `core.algorithms.fit.GRID`."""
    x, y = (torch.tensor(one, dtype=torch.float32)[None, :, None] for one in (config.x, config.y))
    grid = GRID[None, :, None]
    yield method_of(config.training).look(torch.from_numpy(config.theta), Batch(x, y, grid, torch.zeros_like(grid)))


def mistakes(config: Mistakes) -> Iterator[Event]:
    """Yield up to `config.most` `Mistake`s of `config.episodes` unseen episodes, the surest first."""
    task, method, theta = config.training.tested, method_of(config.training), torch.from_numpy(config.theta)
    assert isinstance(task, Episodes)
    found = list[Mistake]()
    batch = families.unseen(task, "mistakes", config.episodes, TEST_QUERIES)
    assert isinstance(batch, episodes.EpisodeBatch)
    answers = method.look(theta, batch).answers
    y = batch.query_y.numpy()
    for i, query in zip(*(answers.argmax(-1) != y).nonzero(), strict=True):
        chosen = int(answers[i, query].argmax())
        found.append(
            Mistake(
                batch.characters[i].numpy(), batch.drawings[i].numpy(), int(query), int(y[i, query]), chosen,
                float(answers[i, query, chosen]),
            )
        )  # fmt: skip
    yield from sorted(found, key=lambda one: -one.certainty)[: config.most]


def table(config: Table) -> Iterator[Event]:
    """Yield a `FewShotEvaluation` for each way and each number of shots."""
    task = config.training.tested
    assert isinstance(task, Episodes)
    score = metric.judge(method_of(config.training), torch.from_numpy(config.theta), task)
    for way in config.ways:
        for shots in config.shots:
            yield score(way, shots, config.episodes)
