"""The lesson on published code: the article's programs with their faults, and how a run of each program ends."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.demos.questions import RunProgram
from core.methods.reading.config import ReadingConfig
from lessons.demos.plane import angle
from lessons.demos.shipped import measurements
from lessons.demos.sinusoid import recorded
from lessons.engine.language import t

RECORDED = Path(__file__).parents[1] / "recorded" / "reading.json"
ITERATIONS, EVERY = 1500, 100  # of the recorded runs
FAMILIES = {"maml": "MAML", "reptile": "Reptile"}
STEPS = {"again": "from θ again", "on": "from the last step"}
LINKS = {"cut": "copied away", "overwritten": "written over θ", "kept": "in the graph"}
COPIES = {"no": "θ itself", "yes": "a copy of θ"}
SUMS = {"sum": "their sum", "mean": "their mean"}
RUNS = {
    "maml cut": ("inner steps from θ again, numbers copied elsewhere", ReadingConfig(family="maml")),
    "maml overwritten": ("φ written over θ", ReadingConfig(family="maml", adds_up=True, gradient_link="overwritten")),
    "maml again": ("graph kept, inner steps from θ again", ReadingConfig(family="maml", gradient_link="kept")),
    "maml right": ("repaired: MAML", ReadingConfig(family="maml").repaired),
    "reptile no copy": ("no copy: θ itself is trained", ReadingConfig(family="reptile")),
    "reptile sum": ("copies, but the sum of their arrows", ReadingConfig(family="reptile", copies=True)),
    "reptile right": ("repaired: Reptile", ReadingConfig(family="reptile").repaired),
}


def look(config: ReadingConfig, number: int) -> RunProgram:
    """Return the question what one pass of a program does to the random weights that the recorded runs start from."""
    return RunProgram(config, recorded("maml").start, number=number)


@cache
def measured() -> dict[str, Any]:
    """Return the recorded learning curves, by name in RUNS; empty if not recorded."""
    return measurements(RECORDED)


def about_pass(move: np.ndarray, repaired: np.ndarray, losses: np.ndarray) -> str:
    """Say what one pass did, from its numbers."""
    text = t(
        "**Notice** Inside the tasks the support loss went {path}", path=" → ".join(f"{loss:.2f}" for loss in losses)
    )
    if losses[-1] > losses[1]:
        text += t(": after the first step it gets no better, for the others do not build on it. ")
    else:
        text += t(": every step builds on the one before. ")
    length, wanted, degrees = float(np.linalg.norm(move)), float(np.linalg.norm(repaired)), angle(move, repaired)
    if length == 0:
        return text + t("And θ **has not moved at all**: nothing of the outer loss reaches it.")
    text += t(
        "θ moved by {length:.3f}, in the repaired program by {wanted:.3f}, {degrees:.0f}° apart. ",
        length=length, wanted=wanted, degrees=degrees,
    )  # fmt: skip
    if length > 3 * wanted:
        return text + t("That is no outer step: θ was trained on the tasks, or thrown far beyond their mean.")
    if degrees > 1:
        return text + t("It moves as far as it should, in another direction.")
    return text + t("That is the right step.")
