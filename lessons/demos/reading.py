"""What the lesson on published code shows: the article's programs with their faults, and what became of each."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.demos.questions import RunProgram
from core.methods.reading.config import ReadingConfig
from lessons.demos.shipped import measurements
from lessons.demos.sinusoid import recorded
from lessons.engine.language import t
from lessons.figures.plane import angle

RECORDED = Path(__file__).parents[1] / "recorded" / "reading.json"
ITERATIONS, EVERY = 1500, 100  # of the recorded runs
FAMILIES = {"maml": "MAML", "reptile": "Reptile"}
STEPS = {"again": "from θ again", "on": "from the last step"}
LINKS = {"cut": "copied away", "overwritten": "written over θ", "kept": "in the graph"}
COPIES = {"no": "θ itself", "yes": "a copy of θ"}
SUMS = {"sum": "their sum", "mean": "their mean"}
RUNS = {
    "maml cut": ("inner steps from θ again, numbers copied elsewhere", ReadingConfig(family="maml", link="cut")),
    "maml overwritten": ("φ written over θ", ReadingConfig(family="maml", adds_up=True, link="overwritten")),
    "maml again": ("graph kept, inner steps from θ again", ReadingConfig(family="maml", link="kept")),
    "maml right": ("repaired: MAML", ReadingConfig(family="maml").repaired),
    "reptile no copy": ("no copy: θ itself is trained", ReadingConfig(family="reptile")),
    "reptile sum": ("copies, but the sum of their arrows", ReadingConfig(family="reptile", copies=True)),
    "reptile right": ("repaired: Reptile", ReadingConfig(family="reptile").repaired),
}


def look(config: ReadingConfig, number: int) -> RunProgram:
    """The question what one pass of a program does, from the random weights that the recorded runs start with."""
    return RunProgram(config, recorded("maml").start, number=number)


@cache
def measured() -> dict[str, Any]:
    """The recorded learning curves, by name in RUNS; empty if not recorded."""
    return measurements(RECORDED)


def about_pass(found: np.ndarray, right: np.ndarray, losses: np.ndarray) -> str:
    """What one pass did, in words, from its numbers."""
    told = t(
        "**Notice** Inside the tasks the support loss went {path}", path=" → ".join(f"{one:.2f}" for one in losses)
    )
    if losses[-1] > losses[1]:
        told += t(": after the first step it gets no better, for the others do not build on it. ")
    else:
        told += t(": every step builds on the one before. ")
    length, wanted, degrees = float(np.linalg.norm(found)), float(np.linalg.norm(right)), angle(found, right)
    if length == 0:
        return told + t("And θ **has not moved at all**: nothing of the outer loss reaches it.")
    told += t(
        "θ moved by {length:.3f}, in the repaired program by {wanted:.3f}, {degrees:.0f}° apart. ",
        length=length, wanted=wanted, degrees=degrees,
    )  # fmt: skip
    if length > 3 * wanted:
        return told + t("That is no outer step: θ was trained on the tasks, or thrown far beyond their mean.")
    if degrees > 1:
        return told + t("It moves as far as it should, in another direction.")
    return told + t("That is the right step.")
