"""Handwritten characters as one array, whether they are Omniglot's or generated. No torch."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

SIDE, DRAWERS = 28, 20
TRAIN_CHARACTERS = 1200  # of Omniglot's 1623, the rest for tests (Vinyals et al. 2016, section 4.1.1)
SPLIT_SEED = 0
SPLITS = ("characters", "alphabets")


@dataclass(frozen=True, eq=False)
class Characters:
    """A set of characters, each drawn by 20 hands.

    name: "omniglot" or "glyphs"; images: [characters, 20, 28, 28] bytes, paper 0 and ink 255; alphabets: their names;
    alphabet: [characters] the alphabet of each; names: of the characters; background: how many of the alphabets,
    the first ones, are for training when the split is by alphabet; turned: the files that they were read from whose
    drawings were white on black and have been turned round.
    """

    name: str
    images: np.ndarray
    alphabets: tuple[str, ...]
    alphabet: np.ndarray
    names: tuple[str, ...]
    background: int
    turned: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The source of the pictures, which a page must state."""
        return "Omniglot" if self.name == "omniglot" else "generated glyphs"

    @cached_property
    def _shuffled(self) -> np.ndarray:
        return np.random.default_rng(SPLIT_SEED).permutation(len(self.images))

    def members(self, split: str, unseen: bool) -> np.ndarray:
        """Return the characters of one side of a split.

        split: "characters" (shuffled, 1200 to train and 423 to test in Omniglot, the same share
        in other sets) or "alphabets" (background and evaluation alphabets, Lake et al. 2015).
        """
        if split == "alphabets":
            return np.flatnonzero((self.alphabet >= self.background) == unseen)
        first = round(len(self.images) * TRAIN_CHARACTERS / 1623)
        return np.sort(self._shuffled[first:] if unseen else self._shuffled[:first])

    def of_alphabet(self, number: int) -> np.ndarray:
        """Return the characters of alphabet `number`."""
        return np.flatnonzero(self.alphabet == number)

    def episode(self, split: str, unseen: bool, way: int, each: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the numbers of an episode that a page shows: characters [way] and drawings [way, each]."""
        source = np.random.default_rng([seed, 11])
        members = source.permutation(self.members(split, unseen))[:way]
        return members, np.stack([source.permutation(DRAWERS)[:each] for _ in range(way)])
