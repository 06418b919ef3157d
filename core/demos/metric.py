"""Answers of trained metric methods to pages: their answers to an episode, and their mistakes."""

from collections.abc import Iterator

import numpy as np
import torch

from core.demos.adapt import GRID
from core.demos.questions import AnswerCurve, AnswerEpisode, Mistakes, Table, Verify
from core.events import Compared, Mistake, Verified
from core.events.evaluations import FewShotEvaluation
from core.registry import comparison_of
from core.tasks import episodes, families
from core.tasks.batch import Batch
from core.training import metric
from core.training.evaluation import TEST_QUERIES


def episode(config: AnswerEpisode) -> Iterator[Compared]:
    """Yield the `Compared` of the episode. Raises ConfigError on characters that do not exist."""
    batch = episodes.by_numbers(config.data, config.characters, config.drawings, config.shots)
    yield comparison_of(config.training).look(torch.from_numpy(config.theta), batch)


def curve(config: AnswerCurve) -> Iterator[Compared]:
    """Yield a `Compared` whose queries are the 121 points of `core.demos.adapt.GRID`."""
    x, y = (torch.tensor(values, dtype=torch.float32)[None, :, None] for values in (config.x, config.y))
    grid = GRID[None, :, None]
    yield comparison_of(config.training).look(torch.from_numpy(config.theta), Batch(x, y, grid, torch.zeros_like(grid)))


def verify(config: Verify) -> Iterator[Verified]:
    """Yield the `Verified` of the pairs that a run's own curve is measured on."""
    batch = families.unseen_episodes(config.training.tested_episodes, "watched", metric.WATCHED, TEST_QUERIES)
    shown = comparison_of(config.training).look(torch.from_numpy(config.theta), batch)
    yield metric.verified(0, torch.from_numpy(shown.attention), batch)


def mistakes(config: Mistakes) -> Iterator[Mistake]:
    """Yield up to `config.most` `Mistake`s of `config.episodes` unseen episodes, the largest lead first."""
    wrong = list[Mistake]()
    batch = families.unseen_episodes(config.training.tested_episodes, "mistakes", config.episodes, TEST_QUERIES)
    answers = comparison_of(config.training).look(torch.from_numpy(config.theta), batch).answers
    y = batch.query_y.numpy()
    for i, query in zip(*(answers.argmax(-1) != y).nonzero(), strict=True):
        chosen, truth = int(answers[i, query].argmax()), int(y[i, query])
        lead = float(np.log(answers[i, query, chosen] / max(answers[i, query, truth], metric.TINY)))
        characters, drawings = batch.characters[i].numpy(), batch.drawings[i].numpy()
        wrong.append(Mistake(characters, drawings, int(query), truth, chosen, lead))
    yield from sorted(wrong, key=lambda mistake: -mistake.lead)[: config.most]


def table(config: Table) -> Iterator[FewShotEvaluation]:
    """Yield a `FewShotEvaluation` for each way and each number of shots."""
    theta, task = torch.from_numpy(config.theta), config.training.tested_episodes
    score = metric.judge(comparison_of(config.training), theta, task)
    for way in config.ways:
        for shots in config.shots:
            yield score(way, shots, config.episodes)
