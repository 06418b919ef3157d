"""The notice of the plane of two parameters: what its outer arrows show now."""

from collections.abc import Sequence

import numpy as np

from core.events import Arrows
from lessons.demos.plane import angles, cancels, leaving
from lessons.engine.language import plural, t
from lessons.figures.theme import METHODS

AGREE = 5  # degrees
TINY = 0.02  # an inner rate at which the paths can hardly be seen


def about_plane(all_arrows: Sequence[Arrows], inner_steps: int, inner_rate: float) -> str:
    """Say what the outer arrows show."""
    if any(not np.isfinite(arrows.path).all() for arrows in all_arrows):
        return t(
            "**Notice** The inner steps grow without end: there are no arrows to compare. Try a smaller inner rate."
        )
    if not inner_steps or not inner_rate:
        return t(
            "**Notice** The copies do not move, so there is no inner path. MAML and first-order MAML are then the "
            "same: both go down the mean loss at θ. Reptile has no arrow at all. Next: take a few steps at a rate "
            "above 0."
        )
    weak = [METHODS[arrows.name].label for arrows in all_arrows if cancels(arrows)]
    text = t("**Notice** ")
    if weak:
        text += t(
            "The tasks' arrows nearly cancel for {names}: their mean is less than a thirtieth as long as they are, so "
            "its direction says nothing. There, the outer loop would hardly move θ. ",
            names=t(" and ").join(weak),
        )
    text += _compared(all_arrows, inner_steps)
    outside, tasks = leaving(all_arrows), all_arrows[0].path.shape[1]
    if outside:
        text += plural(
            outside, "{count} of the {tasks} inner paths leaves the picture. ",
            "{count} of the {tasks} inner paths leave the picture. ", tasks=tasks,
        )  # fmt: skip
    if inner_rate > TINY and not weak:
        text += t("Next: bring the inner rate down to 0.01. What becomes of the angles?")
    return text


def _compared(all_arrows: Sequence[Arrows], inner_steps: int) -> str:
    """Compare the directions of the outer arrows, where they have one."""
    between, text = angles(all_arrows), ""
    hessian, reptile = between[("maml", "fomaml")], between[("fomaml", "reptile")]
    if np.isfinite(hessian):
        text += t("MAML and first-order MAML point {hessian:.0f}° apart", hessian=hessian)
        text += (
            t(": here the curvature (the Hessian term), which first order leaves out, hardly turns the mean. ")
            if hessian < AGREE
            else t("; all of that is the curvature (the Hessian term), which first order leaves out. ")
        )
    if np.isfinite(reptile):
        text += t("Reptile is {reptile:.0f}° from first-order MAML. ", reptile=reptile)
        if inner_steps == 1:
            text += t(
                "With one inner step Reptile goes down the mean loss *at θ*; first-order MAML takes its gradients "
                "*at each φ*. "
            )
    return text
