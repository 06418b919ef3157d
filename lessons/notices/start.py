"""The notice of the start page: what one gradient step on the learner's own points has done."""

from collections.abc import Mapping

from core.events import Fitted
from lessons.engine.language import plural, t

ENOUGH = 3  # points that tell waves of one length apart
FAR_BEHIND, CLOSE = 3.0, 0.5  # times as wrong; mean squared error at which a curve passes close to its points


def about_own_points(fits: Mapping[str, Fitted], points: int) -> str:
    """Compare the errors of two networks on so many points, before and after one step. fits: "joint" and "maml"."""
    if not points:
        return t(
            "**Notice** Both curves are what the networks draw without a point: an average of what they were trained "
            "on. Next: click into the picture, or let some points be drawn."
        )
    learned, other = (float(fits[name].support_loss[1]) for name in ("maml", "joint"))
    before = float(fits["maml"].support_loss[0])
    text = plural(
        points,
        "**Notice** Mean squared error on your point after one step: {learned:.2f} for the network that has learned to "
        "learn ({before:.2f} before it), {other:.2f} for the other. ",
        "**Notice** Mean squared error on your {count} points after one step: {learned:.2f} for the network that has "
        "learned to learn ({before:.2f} before it), {other:.2f} for the other. ",
        learned=learned, before=before, other=other,
    )  # fmt: skip
    if points < ENOUGH:
        return text + t("So few points lie on many waves. Next: add points, one in each bend of a wave.")
    if learned <= CLOSE and other >= FAR_BEHIND * learned:
        return text + t("One step was enough for one of them. Next: move a point away from the wave.")
    if learned < other:
        return text + t(
            "The one that has learned to learn is ahead. Next: draw a plain wave, with a point in each bend."
        )
    return text + t(
        "Here it is not ahead: it has learned to learn *waves* with one swing in 6.3 units of x, and no other curves. "
        "Next: clear, and draw such a wave."
    )
