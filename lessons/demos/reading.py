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
    "maml cut": ("φ's numbers copied into another model", ReadingConfig(family="maml", adds_up=True)),
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


def about_pass(config: ReadingConfig, move: np.ndarray, repaired: np.ndarray, losses: np.ndarray) -> str:
    """Say what one pass of the program `config` did to theta, and how its inner steps went."""
    text = t(
        "**Notice** In the inner loop the support loss went {path}: {how}. ",
        path=" → ".join(f"{loss:.2f}" for loss in losses),
        how=t("each step starts where the last one ended")
        if config.adds_up or config.family == "reptile"
        else t("each step takes its gradient at the last φ but subtracts it from θ, so nothing adds up"),
    )
    length, wanted, degrees = float(np.linalg.norm(move)), float(np.linalg.norm(repaired)), angle(move, repaired)
    if length == 0:
        return text + t("And θ **has not moved at all**: nothing of the outer loss reaches it.")
    text += t(
        "θ moved by {length:.3f}, in the repaired program by {wanted:.3f}, {degrees:.0f}° apart. ",
        length=length, wanted=wanted, degrees=degrees,
    )  # fmt: skip
    return text + _why(config)


def _why(config: ReadingConfig) -> str:
    """Say which faults of a program move theta as they do."""
    switches = (config.adds_up, config.gradient_link == "kept"), (config.copies, config.mean)
    if all(switches[config.family == "reptile"]):
        return t("This is the repaired program's step.")
    if config.family == "maml":
        if config.gradient_link == "overwritten":
            return t("Each φ was written over θ, so that θ was trained on one task after the other.")
        return t("The gradient reaches θ, but it belongs to a φ that is a single step away from θ.")
    if not config.copies:
        return t("No copy was made: θ itself was trained on one task after the other.")
    return t(
        "The arrows of the tasks were added up: the direction is right, and the step is {times} times as long as it "
        "should be.",
        times=config.meta_batch,
    )
