"""The notice of the plane of two parameters: what its outer arrows show now."""

from collections.abc import Sequence

import numpy as np

from core.events import Arrows, Walk
from lessons.demos.plane import angles, cancels, leaving, outer_arrow
from lessons.engine.language import joined, plural, t
from lessons.figures.theme import METHODS

AGREE = 5  # degrees
BEYOND = 1000  # a loss that says no more than that the steps diverge
TINY = 0.02  # an inner rate at which the paths can hardly be seen


def about_plane(all_arrows: Sequence[Arrows], inner_steps: int, inner_rate: float, reptile: bool = True) -> str:
    """Say what the outer arrows show. reptile: whether that method is known by now."""
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
    text += _compared(all_arrows, inner_steps, reptile)
    outside, tasks = leaving(all_arrows), all_arrows[0].path.shape[1]
    if outside:
        text += plural(
            outside, "{count} of the {tasks} inner paths leaves the picture. ",
            "{count} of the {tasks} inner paths leave the picture. ", tasks=tasks,
        )  # fmt: skip
    if inner_rate > TINY and not weak:
        text += t("Next: bring the inner rate down to 0.01. What becomes of the angles?")
    return text


def about_landscape(walks: Sequence[Walk]) -> str:
    """Say how high the mean loss is at theta and after the inner steps, and where MAML and joint training take it."""
    by_name = {walk.name: walk for walk in walks}
    maml, joint = by_name["maml"], by_name["joint"]
    steps = min(len(maml.places), len(joint.places)) - 1
    if steps < 1 or not max(walk.before.max() + walk.after.max() for walk in (maml, joint)) < BEYOND:
        return ""
    start, last = maml.after[0], maml.after[steps]
    return joined(
        t(
            "**The landscape** The mean loss is {before:.2f} at θ and {after:.2f} after the inner steps.",
            before=maml.before[0], after=start,
        ),
        plural(
            steps,
            "From here MAML goes down the loss after the steps: {count} more outer step takes it to {last:.2f}, "
            "with {at:.2f} at θ."
            if last < start
            else "Here {count} outer step of MAML does not lower the loss after the steps: it ends at {last:.2f}.",
            "From here MAML goes down the loss after the steps: {count} more outer steps take it to {last:.2f}, "
            "with {at:.2f} at θ."
            if last < start
            else "Here {count} outer steps of MAML do not lower the loss after the steps: it ends at {last:.2f}.",
            last=last, at=maml.before[steps],
        ),
        t(
            "From here joint training goes down the loss at θ: as many outer steps end at {at:.2f} there, and at "
            "{last:.2f} after the inner steps.",
            at=joint.before[steps], last=joint.after[steps],
        ),
    )  # fmt: skip


def _compared(all_arrows: Sequence[Arrows], inner_steps: int, knows_reptile: bool) -> str:
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
    if np.isfinite(reptile) and knows_reptile:
        text += t("Reptile is {reptile:.0f}° from first-order MAML. ", reptile=reptile)
        if inner_steps == 1:
            text += t(
                "With one inner step Reptile goes down the mean loss *at θ*; first-order MAML takes its gradients "
                "*at each φ*. "
            )
    return text


def about_own(own: Arrows, others: Sequence[Arrows]) -> str:
    """Say where the outer arrow of a method that the learner has written points."""
    maml = next(arrows for arrows in others if arrows.name == "maml")
    if not np.isfinite(own.path).all() or not np.isfinite(own.contributions).all():
        return t("**Your method** Its steps grow without end here. Try a smaller inner rate.")
    degrees = angles([maml, own])[maml.name, own.name]
    length = float(np.linalg.norm(outer_arrow(own)))
    if not np.isfinite(degrees):
        return t("**Your method** Its outer arrow is {length:.2f} long.", length=length)
    return t(
        "**Your method** Its outer arrow is {length:.2f} long and points {degrees:.0f}° away from MAML's.",
        length=length, degrees=degrees,
    )  # fmt: skip
