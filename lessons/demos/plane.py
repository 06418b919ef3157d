"""What is asked of the plane of two parameters, and what is measured on it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.demos.questions import Plane
from core.events import Arrows
from core.options import ConfigError
from core.registry import WRITTEN
from core.words import Words
from lessons.demos.stepped import LARGEST, whole

Places = list[tuple[float, float]]  # amplitude and phase of each

EDGES = np.array([5.0, np.pi])  # of the plane: amplitude and phase begin at 0
OUTER_RATE = Plane.outer_rate  # of MAML and first order: an outer step is this times the mean of the downhill gradients
RATES: Mapping[str, float] = {"maml": OUTER_RATE, "fomaml": OUTER_RATE, "reptile": Plane.epsilon, WRITTEN.name: 1.0}
LIMITS = (5.0, 3.141)  # of what a learner moves: what a link holds is rounded, and stays inside
TASKS = 3
MOST_STEPS, HIGHEST_RATE = 10, 1.0  # inner steps of the stage, and their rate
SURFACES = ("at", "after")
ROUNDING = 1e-6  # of single precision
CANCELS = 0.03  # below this share of the tasks' mean length, their mean has no direction worth a number


@dataclass(frozen=True)
class Moved:
    """What a learner has done on the stage, checked. moving: there is more to come, at once; number: of the message."""

    number: int
    theta: tuple[float, float]
    stars: Places
    steps: int
    rate: float
    surface: str
    method: str
    moving: bool


def moved(message: object) -> Moved | None:
    """Return what a browser sent from the stage, brought into the plane; None if it is nothing that a stage sends."""
    if not isinstance(message, dict):
        return None
    theta, stars = _places([message.get("theta")], 1), _places(message.get("stars"), TASKS)
    number, steps = whole(message.get("n"), LARGEST), whole(message.get("steps"), MOST_STEPS)
    surface, method = str(message.get("surface"))[:9], str(message.get("method"))[:9]
    rate: Any = message.get("rate")
    if not theta or not stars or number is None or steps is None or surface not in SURFACES or method not in RATES:
        return None
    if type(rate) not in (int, float) or not 0 <= rate <= HIGHEST_RATE:
        return None
    return Moved(number, theta[0], stars, steps, round(rate, 2), surface, method, message.get("moving") is True)


def _places(values: Any, count: int) -> Places | None:
    """Return `count` places of the plane, brought into it, or None if `values` are none."""
    if not isinstance(values, list) or len(values) != count:
        return None
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in values):
        return None
    if not all(type(value) in (int, float) and abs(value) < 1e9 for pair in values for value in pair):
        return None  # no number, or none that is finite
    return [inside(*pair) for pair in values]


def inside(amplitude: float, phase: float) -> tuple[float, float]:
    """Return the nearest place of the plane, to three digits."""
    first, second = (min(max(float(v), 0.0), high) for v, high in zip((amplitude, phase), LIMITS, strict=True))
    return round(first, 3), round(second, 3)


def tasks_of(number: int) -> Places:
    """Return amplitude and phase of the tasks of set `number`."""
    if number == 0:
        return list(zip(Plane.amplitudes, Plane.phases, strict=True))
    source = np.random.default_rng([number, 11])
    amplitudes, phases = source.uniform(0.8, 4.5, TASKS), source.uniform(0.2, math.pi - 0.2, TASKS)
    return list(zip(amplitudes.round(2).tolist(), phases.round(2).tolist(), strict=True))


def stars_text(stars: Places) -> str:
    """Return the tasks' places as a link holds them: "a,p;a,p;a,p"."""
    return ";".join(f"{amplitude:g},{phase:g}" for amplitude, phase in stars)


def stars_from_text(text: str) -> tuple[Places, bool]:
    """Return the places of a link, and whether they had to be brought into the plane.

    Raises ConfigError if the text is not a list of three places.
    """
    try:
        pairs = [[float(value) for value in pair.split(",")] for pair in text[:200].split(";")]
    except ValueError:
        pairs = []
    stars = _places(pairs, TASKS)
    if stars is None:
        raise ConfigError(Words("stars {given!r}: expected a,p;a,p;a,p", given=text[:40]))
    far = any(
        abs(a - b) > 1e-3 for pair, star in zip(pairs, stars, strict=True) for a, b in zip(pair, star, strict=True)
    )
    return stars, far


def angle(first: np.ndarray, second: np.ndarray) -> float:
    """Return the angle between two arrows in degrees; nan where either of them is zero."""
    norms = np.linalg.norm(first) * np.linalg.norm(second)
    if not norms or not np.isfinite(norms):
        return float("nan")
    return float(np.degrees(np.arccos(np.clip(first @ second / norms, -1, 1))))


def task_arrows(arrows: Arrows) -> np.ndarray:
    """Return the outer step that each task proposes, [tasks, 2]: the tasks' arrows as they are drawn."""
    return RATES[arrows.name] * arrows.contributions


def outer_arrow(arrows: Arrows) -> np.ndarray:
    """Return the outer step, [2]: the mean of the tasks' arrows."""
    return task_arrows(arrows).mean(0)


def cancels(arrows: Arrows) -> bool:
    """Return whether the tasks' arrows cancel, or are none: their mean then has no direction worth a number."""
    lengths = np.linalg.norm(task_arrows(arrows), axis=1)
    return not np.linalg.norm(outer_arrow(arrows)) > max(CANCELS * lengths.mean(), 1e-6)


def angles(all_arrows: Sequence[Arrows]) -> dict[tuple[str, str], float]:
    """Return the angle between the outer arrows of each pair of methods, in degrees; nan where an arrow cancels."""
    steps = {a.name: outer_arrow(a) * (0 if cancels(a) else 1) for a in all_arrows}
    names = list(steps)
    return {(a, b): angle(steps[a], steps[b]) for i, a in enumerate(names) for b in names[i + 1 :]}


def leaving(all_arrows: Sequence[Arrows]) -> int:
    """Return how many tasks have an inner path that leaves the plane."""
    path = all_arrows[0].path  # all methods take the same inner steps here
    inside = (path >= -ROUNDING) & (path <= EDGES + ROUNDING)
    return int((~inside.all((0, 2))).sum())
