"""The sinusoid demo: its tasks, points and initializations. Numpy only."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from core.demos.answers import Travelled
from core.demos.questions import Fit
from core.events import Fitted, Swept
from core.options import ConfigError
from core.storage.checkpoints import Checkpoint, shipped
from core.training.config import AdaptationConfig
from core.words import Words
from lessons.demos.shipped import arrays, measurements

X_LIMIT, Y_LIMIT, MOST_POINTS = 5.0, 7.0, 30
GRID = np.linspace(-X_LIMIT, X_LIMIT, 121)  # where curves are drawn, as in core/demos/adapt.py
STEPS = 20
FIRST_PAINT = Path(__file__).parents[1] / "recorded" / "first_paint.npz"
TRAVELS = FIRST_PAINT.with_name("travels.json")
SWEEP_STEPS = 10
HOME_TASKS = (1, 37, 8)
DEFAULT_TASK, DEFAULT_SHOTS, DEFAULT_RATE = 1, 10, 0.01


@dataclass(frozen=True)
class Task:
    """y = amplitude * sin(x - phase); phase in radians."""

    amplitude: float
    phase: float

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the true function at `x`."""
        return self.amplitude * np.sin(x - self.phase)


def task_of(seed: int) -> Task:
    """Draw the `seed`-th task from p(T), rounded to values that the sliders can hold."""
    source = np.random.default_rng([seed, 0])
    return Task(round(source.uniform(0.1, 5.0), 1), round(source.uniform(0.0, math.pi), 2))


def support_of(seed: int, task: Task, shots: int, noise: float) -> list[tuple[float, float]]:
    """Draw the support points of `task` with `seed`: x uniform, y with normal noise."""
    x = np.random.default_rng([seed, 1]).uniform(-X_LIMIT, X_LIMIT, MOST_POINTS)[:shots]
    y = task(x) + noise * np.random.default_rng([seed, 2]).standard_normal(MOST_POINTS)[:shots]
    return [(round(float(a), 3), round(float(b), 3)) for a, b in zip(x, y, strict=True)]


def points_text(points: Sequence[Sequence[float]]) -> str:
    """Return points as a link holds them: "x,y;x,y"."""
    return ";".join(f"{x:g},{y:g}" for x, y in points)


def points_from_text(text: str) -> tuple[list[tuple[float, float]], bool]:
    """Return the points of a link, and whether they had to be brought into range.

    Raises ConfigError if the text is not a list of points.
    """
    try:
        pairs = [tuple(float(v) for v in pair.split(",")) for pair in text.split(";") if pair]
    except ValueError:
        pairs = []
    if not pairs or any(len(pair) != 2 or not all(map(math.isfinite, pair)) for pair in pairs):
        raise ConfigError(Words("points {given!r}: expected x,y;x,y;...", given=text[:40]))
    clamped = [(max(-X_LIMIT, min(X_LIMIT, x)), max(-Y_LIMIT, min(Y_LIMIT, y))) for x, y in pairs[:MOST_POINTS]]
    return clamped, clamped != pairs


@cache
def recorded(name: str) -> Checkpoint[AdaptationConfig]:
    """Return a shipped run: "maml", "reptile" or "joint"."""
    return shipped(f"{name}-sinusoid", AdaptationConfig)


@cache
def inits(method: str) -> dict[str, np.ndarray]:
    """Return the three initializations that the demo compares, by name."""
    return {
        "random": recorded("maml").start,
        "joint": recorded("joint").snapshot.theta,
        method: recorded(method).snapshot.theta,
    }


def fit_request(task: Task, points: Sequence[Sequence[float]], thetas: dict[str, np.ndarray], rate: float) -> Fit:
    """Return the request to fit `points` from each of `thetas` by 20 steps. Raises ConfigError."""
    x, y = zip(*points, strict=True) if points else ((), ())
    return Fit(tuple(x), tuple(y), thetas, task.amplitude, task.phase, rate, STEPS)


@cache
def first_paint(seed: int, method: str) -> list[Fitted] | None:
    """Return the recorded fits of task `seed` as first shown, so that a page is never empty; None if not recorded."""
    file = arrays(FIRST_PAINT)
    if seed not in HOME_TASKS or not file:
        return None
    return [
        Fitted(name, file["grid"], *(file[f"{seed}_{name}_{part}"] for part in ("curves", "support", "query")))
        for name in ("random", "joint", method)
    ]


@cache
def travels(method: str) -> list[Travelled] | None:
    """Return the recorded ways of the three initializations on unseen tasks; None if not recorded."""
    content = measurements(TRAVELS)
    if method not in content:
        return None
    curves = ("losses", "ci95", "distances")
    return [Travelled(**row | {name: np.array(row[name]) for name in curves}) for row in content[method]]


@cache
def sweep() -> list[Swept] | None:
    """Return the recorded sweep of inner rates from the three initializations; None if not recorded."""
    file = arrays(FIRST_PAINT)
    if not file:
        return None
    tasks = int(file["sweep_tasks"])
    return [Swept(name, file["sweep_rates"], file[f"sweep_{name}"], tasks) for name in ("random", "joint", "maml")]


def is_first_paint(request: Fit, seed: int) -> bool:
    """Whether `request` is what `first_paint` recorded for task `seed`."""
    task = task_of(seed)
    points = support_of(seed, task, DEFAULT_SHOTS, 0.0)
    return (request.amplitude, request.phase, request.inner_rate) == (
        task.amplitude,
        task.phase,
        DEFAULT_RATE,
    ) and list(zip(request.x, request.y, strict=True)) == points
