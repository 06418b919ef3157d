"""What one stage of addressing did to a head: its weighting as it is, and as it would be without that stage."""

from dataclasses import dataclass, replace

import numpy as np

from core.events.memory import Addressed

SHARP = 0.5  # a head is at a row if more than this share of its weight is there
TINY, LEAST = 1e-8, 1e-30  # as in core.models.addressing


@dataclass(frozen=True)
class Move:
    """One head at one step. Its weightings [rows]: before the step, after each stage, and after all four of them if
    the gate had been 0 (`kept`: no content), 1 (`sought`: content alone), or if there had been no shift (`unshifted`).
    """

    gate: float
    gamma: float
    before: np.ndarray
    content: np.ndarray
    gated: np.ndarray
    shifted: np.ndarray
    after: np.ndarray
    kept: np.ndarray
    sought: np.ndarray
    unshifted: np.ndarray

    @property
    def shifts(self) -> bool:
        """Whether the third stage did anything at all; in a machine without a shift it did not."""
        return not np.array_equal(self.gated, self.shifted)


def move(addressed: Addressed, step: int, head: int) -> Move:
    """Return what one head did at `step`, from 0."""
    before, content, gated, shifted, after = (
        np.asarray(getattr(addressed, part)[step, head], float)
        for part in ("before", "content", "gated", "shifted", "sharpened")
    )
    by = np.asarray(addressed.shift[step, head], float)
    if np.array_equal(gated, shifted):
        by = np.array([0.0, 1.0, 0.0])
    gamma = float(addressed.gamma[step, head])
    kept, sought = (sharpened(moved(weighting, by), gamma) for weighting in (before, content))
    unshifted = sharpened(gated, gamma)
    return Move(
        float(addressed.gate[step, head]), gamma, before, content, gated, shifted, after, kept, sought, unshifted
    )


def place(weighting: np.ndarray) -> int | None:
    """Return the row that holds more than half of a weighting [rows]; None if no row does."""
    row = int(weighting.argmax())
    return row if weighting[row] > SHARP else None


def moved(weighting: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Return a weighting [rows] after a shift; by [3]: how much to move by -1, 0 and 1 rows."""
    back, stay, forth = by
    return np.asarray(back * np.roll(weighting, -1) + stay * weighting + forth * np.roll(weighting, 1))


def sharpened(weighting: np.ndarray, gamma: float) -> np.ndarray:
    """Return a weighting [rows] to the power `gamma`, normalized."""
    weighting = weighting + TINY
    raised = weighting**gamma
    if raised.sum() < LEAST:
        raised = (weighting / weighting.max()) ** gamma
    return np.asarray(raised / raised.sum())


@dataclass(frozen=True)
class Hand:
    """A head moved by hand in a `memory` [rows, width]: what the controller sends to it, and where it is [rows]."""

    memory: np.ndarray
    key: np.ndarray
    strength: float
    gate: float
    shift: np.ndarray
    gamma: float
    before: np.ndarray

    @property
    def cosines(self) -> np.ndarray:
        """How alike the key and each row are, [rows]."""
        lengths = np.linalg.norm(self.memory, axis=1) * np.linalg.norm(self.key)
        return np.asarray(self.memory @ self.key / (lengths + TINY))

    @property
    def content(self) -> np.ndarray:
        """The weighting by content, [rows]."""
        powers = np.exp(self.strength * (self.cosines - self.cosines.max()))
        return np.asarray(powers / powers.sum())

    @property
    def after(self) -> np.ndarray:
        """The weighting after all four stages, [rows]."""
        gated = self.gate * self.content + (1 - self.gate) * self.before
        return sharpened(moved(gated, self.shift), self.gamma)

    def after_steps(self, steps: int) -> np.ndarray:
        """Return the weighting [rows] after so many steps with the same parameters, each from where the last ended."""
        hand = self
        for _ in range(steps - 1):
            hand = replace(hand, before=hand.after)
        return hand.after


def by_hand(addressed: Addressed, memory: np.ndarray, gate: float | None = None) -> Hand:
    """Return the only head of the only step of `addressed`, with another `gate` where it is given."""
    key, by, before = (np.asarray(values[0, 0], float) for values in (addressed.key, addressed.shift, addressed.before))
    strength, real_gate, gamma = (
        float(values[0, 0]) for values in (addressed.strength, addressed.gate, addressed.gamma)
    )
    return Hand(memory, key, strength, real_gate if gate is None else gate, by, gamma, before)
