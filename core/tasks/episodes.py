"""N-way K-shot episodes: a task is `way` characters, each with K drawings as support and Q as query.

Vinyals et al. 2016, section 4.1; rotations by quarter turns make new training classes. Episodes
are drawn for a whole meta-batch at once: no loop over images, classes or tasks.

Support and query are laid out shot by shot: the first `way` pictures hold each class once, so do
the next, and so on. Every `way` pictures in a row are therefore a balanced minibatch.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count

import torch
from torch import Tensor

from core.events import EpisodesDrawn, arrays
from core.options import ConfigError
from core.seeding import generator
from core.tasks import glyphs, omniglot
from core.tasks.batch import Batch
from core.tasks.characters import DRAWERS, Characters
from core.tasks.config import Episodes
from core.tasks.distort import distorted
from core.words import Words

TURNS = 4


@dataclass(frozen=True)
class EpisodeBatch(Batch):
    """Episodes. x [tasks, points, 28, 28] from 0 (paper) to 1 (ink); y [tasks, points] below `way`.

    characters [tasks, way]; turns [tasks, way]: quarter turns of each character; drawings [tasks, way, shots +
    queries]: the person who drew each picture, the support's first.
    """

    characters: Tensor
    turns: Tensor
    drawings: Tensor

    def drawn(self, iteration: int, theta: Tensor) -> EpisodesDrawn:
        """Return the event that shows these episodes and the theta they start from."""
        return EpisodesDrawn(iteration, *arrays(self.support_x, self.support_y, self.query_x, self.query_y, theta))


def load(name: str) -> Characters:
    """Return the characters called `name`: "omniglot" or "glyphs". Raises DataError."""
    return omniglot.load() if name == "omniglot" else glyphs.load()


@lru_cache(maxsize=2)
def _images(name: str) -> Tensor:
    return torch.from_numpy(load(name).images)


def draw(
    config: Episodes, tasks: int, source: torch.Generator, queries: int | None = None, unseen: bool = False
) -> EpisodeBatch:
    """Draw `tasks` episodes from the training classes, or from those never trained on (`unseen`).

    Raises DataError where the data are missing, ConfigError where there are too few classes.
    """
    queries = config.queries if queries is None else queries
    members = torch.from_numpy(load(config.data).members(config.split, unseen))
    turns = TURNS if config.rotations and not unseen else 1
    if config.way > len(members) * turns:
        text = "way={way}: this split has {classes} classes"
        raise ConfigError(Words(text, way=config.way, classes=len(members) * turns))
    if config.shots + queries > DRAWERS:
        text = "shots={shots} and queries={queries}: a character has {drawers} drawings"
        raise ConfigError(Words(text, shots=config.shots, queries=queries, drawers=DRAWERS))
    # the largest of random numbers are a draw without replacement, for all tasks at once
    chance = torch.rand(tasks, len(members) * turns, generator=source)
    if config.within and not unseen:
        chance -= _elsewhere(config, members, turns, tasks, source).float()  # below all other chances
    classes = chance.topk(config.way).indices
    drawings = torch.rand(tasks, config.way, DRAWERS, generator=source).topk(config.shots + queries).indices
    batch = compose(config.data, members[classes % len(members)], classes // len(members), drawings, config.shots)
    if config.distort and not unseen:
        batch = replace(batch, support_x=distorted(batch.support_x, source), query_x=distorted(batch.query_x, source))
    return batch


def _elsewhere(config: Episodes, members: Tensor, turns: int, tasks: int, source: torch.Generator) -> Tensor:
    """Return which classes [tasks, members * turns] lie outside the alphabet of a task that keeps to one alphabet.

    All of its characters are turned the same way. Only alphabets of at least `way` characters are chosen, or the
    largest ones where none has as many: the remaining classes then come from anywhere.
    """
    data = load(config.data)
    family = torch.from_numpy(data.alphabet)[members].long()
    family = (family + torch.arange(turns)[:, None] * len(data.alphabets)).flatten()
    sizes = torch.bincount(family)
    large = (sizes >= sizes.max().clamp(max=config.way)).nonzero()[:, 0]
    chosen = large[torch.randint(len(large), (tasks,), generator=source)]
    alone = torch.rand(tasks, generator=source) < config.within
    return alone[:, None] & (family != chosen[:, None])


def compose(data: str, characters: Tensor, turns: Tensor, drawings: Tensor, shots: int) -> EpisodeBatch:
    """Return the episodes of these characters [tasks, way], turns [tasks, way] and drawings [tasks, way, points]."""
    tasks, way, each = drawings.shape
    images = _images(data)[characters[..., None], drawings]
    for quarter in range(1, TURNS):
        turned = turns == quarter
        if turned.any():
            images[turned] = torch.rot90(images[turned], quarter, (-2, -1))
    x = images.transpose(1, 2).float().div_(255).flatten(1, 2)  # shot by shot
    y = torch.arange(way).repeat(tasks, each)
    first = shots * way
    return EpisodeBatch(x[:, :first], y[:, :first], x[:, first:], y[:, first:], characters, turns, drawings)


def by_numbers(
    data: str, characters: tuple[int, ...], drawings: tuple[tuple[int, ...], ...], shots: int
) -> EpisodeBatch:
    """Return the episode of characters [way] and drawings [way, points]. Raises ConfigError where they do not exist."""
    chosen = torch.tensor(characters)[None]
    if not 0 <= chosen.min() <= chosen.max() < len(load(data).images):
        raise ConfigError(Words("the episode names a character that does not exist"))
    return compose(data, chosen, torch.zeros_like(chosen), torch.tensor(drawings)[None], shots)


def stream(config: Episodes, tasks: int, seed: int, start: int = 0) -> Iterator[EpisodeBatch]:
    """Yield meta-batches without end for iterations `start`, `start + 1`, ...; the same for the same seed."""
    for iteration in count(start):
        yield draw(config, tasks, generator(seed, "train", iteration))


def training_classes(config: Episodes) -> int:
    """Return how many classes there are to train on, quarter turns counted."""
    return len(load(config.data).members(config.split, unseen=False)) * (TURNS if config.rotations else 1)


def images(config: Episodes, amount: int, source: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw single images of training classes, for ordinary supervised learning: x [amount, 28, 28], y [amount]."""
    members = torch.from_numpy(load(config.data).members(config.split, unseen=False))
    y = torch.randint(training_classes(config), (amount, 1), generator=source)
    drawings = torch.randint(DRAWERS, (amount, 1, 1), generator=source)
    batch = compose(config.data, members[y % len(members)], y // len(members), drawings, 1)
    return batch.support_x[:, 0], y[:, 0]


def every_drawing(config: Episodes) -> tuple[Tensor, Tensor]:
    """Return the unseen characters [characters] and all their drawings [characters, 20, 28, 28], ink 1."""
    members = torch.from_numpy(load(config.data).members(config.split, unseen=True))
    return members, _images(config.data)[members].float() / 255
