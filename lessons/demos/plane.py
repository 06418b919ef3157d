"""What is measured on the plane of two parameters."""

import numpy as np

from core.events import Arrows


def angle(first: np.ndarray, second: np.ndarray) -> float:
    """Return the angle between two arrows in degrees; nan where either of them is zero."""
    norms = np.linalg.norm(first) * np.linalg.norm(second)
    if not norms or not np.isfinite(norms):
        return float("nan")
    return float(np.degrees(np.arccos(np.clip(first @ second / norms, -1, 1))))


def outer_arrow(arrows: Arrows) -> np.ndarray:
    """Return the mean of the tasks' contributions, [2]."""
    return arrows.contributions.mean(0)
