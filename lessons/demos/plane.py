"""What is measured on the plane of two parameters."""

from collections.abc import Mapping, Sequence

import numpy as np

from core.demos.questions import Plane
from core.events import Arrows

EDGES = np.array([5.0, np.pi])  # of the plane: amplitude and phase begin at 0
OUTER_RATE = Plane.outer_rate  # of MAML and first order: an outer step is this times the mean of the downhill gradients
RATES: Mapping[str, float] = {"maml": OUTER_RATE, "fomaml": OUTER_RATE, "reptile": Plane.epsilon}
ROUNDING = 1e-6  # of single precision
CANCELS = 0.03  # below this share of the tasks' mean length, their mean has no direction worth a number


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
