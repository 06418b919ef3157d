"""Where drawings stand in their data set: recordings hold these numbers, because the drawings are not ours to ship."""

from dataclasses import replace

import numpy as np

from core.events.memory import Recalled
from lessons.demos.fewshot import characters


def places_of(pictures: np.ndarray, data: str) -> np.ndarray:
    """Return the number of each of the pictures [n, 28, 28] among all drawings of `data`, [n]. Raises KeyError where
    one is none of them.
    """
    drawn = characters(data).images
    numbers = {picture.tobytes(): i for i, picture in enumerate(drawn.reshape(-1, *drawn.shape[2:]))}
    return np.array([numbers[picture.tobytes()] for picture in pictures], dtype=np.int32)


def pictured(recalled: Recalled, data: str) -> Recalled | None:
    """Return a recorded answer with its drawings, of which it holds the numbers [t] in place of the pictures; None
    where this machine's `data` is another set.
    """
    drawn = characters(data).images
    flat = drawn.reshape(-1, *drawn.shape[2:])
    return replace(recalled, x=flat[recalled.x]) if recalled.x.max() < len(flat) else None
