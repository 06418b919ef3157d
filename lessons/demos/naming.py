"""The naming game: a learner names the shuffled queries of an episode before a network does."""

import zlib
from dataclasses import dataclass

import numpy as np

from lessons.demos.fewshot import LETTERS, Episode

NONE = "-"  # a query that has no name yet


@dataclass(frozen=True)
class Naming:
    """The queries of an episode in the order in which a page shows them, and the learner's name for each.

    order: the number of the query at each place; names: a letter for each place, or NONE.
    """

    episode: Episode
    order: tuple[int, ...]
    names: str

    @property
    def truths(self) -> np.ndarray:
        """The class of the query at each place."""
        return np.array(self.order) % len(self.episode.characters)

    @property
    def named(self) -> np.ndarray:
        """Whether the query at each place has a name."""
        return np.array([name != NONE for name in self.names])

    def to_text(self) -> str:
        """Return the names as a link holds them, with the mark of the episode that they belong to."""
        return f"{mark(self.episode)}.{self.names}"


@dataclass(frozen=True)
class Score:
    """named: how many queries the learner has named; you, network: how many of these are right; chance: how many
    guessing has right on average.
    """

    named: int
    you: int
    network: int
    chance: float


def mark(episode: Episode) -> str:
    """Return a short mark of an episode: another episode hardly ever has the same."""
    return f"{zlib.crc32(repr(episode).encode()):08x}"


def naming(episode: Episode, text: str = "") -> Naming:
    """Return the names in a link's `text`, or none if they belong to another episode or cannot be read."""
    way = len(episode.characters)
    count = way * (len(episode.drawings[0]) - episode.shots)
    order = np.random.default_rng([*episode.characters, 29]).permutation(count)
    of, _, names = text.partition(".")
    fits = of == mark(episode) and are_names(names, way, count)
    return Naming(episode, tuple(order.tolist()), names if fits else NONE * count)


def are_names(names: object, way: int, count: int) -> bool:
    """Return whether `names`, which a browser sent, are letters of the classes or NONE, one for each query."""
    return isinstance(names, str) and len(names) == count and set(names) <= {*LETTERS[:way], NONE}


def score(names: Naming, predicted: np.ndarray) -> Score:
    """Compare the learner's names with the classes `predicted` [queries] by a network, on the queries with a name."""
    named, truths = names.named, names.truths
    yours = np.array([LETTERS.find(name) for name in names.names])
    network = predicted[list(names.order)]
    return Score(
        int(named.sum()),
        int((yours == truths)[named].sum()),
        int((network == truths)[named].sum()),
        float(named.sum() / len(names.episode.characters)),
    )
