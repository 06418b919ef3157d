"""What can be said of a training with a learner's function beside the reference's. Free of torch."""

from collections.abc import Sequence

from core.labs.verdict import Point
from core.words import Words

ALIKE = 0.01  # of a loss: a difference that nobody sees
EARLY = 3  # the share of the curve, one part of so many, in which rounding has not grown yet


def about(points: Sequence[Point]) -> Words | None:
    """Say that the two curves cannot be told apart, or that they part late; None where they differ from early on."""
    alike = [
        point.own is not None
        and point.reference is not None
        and abs(point.own - point.reference) <= ALIKE * abs(point.reference)
        for point in points
    ]
    if not alike or not all(alike[: -(-len(alike) // EARLY)]):
        return None
    if all(alike):
        return Words("Both curves are the same to the eye: your function does what the reference does.")
    return Words(
        "The curves are the same at first and part later. Where the check is passed this is rounding: sums in another "
        "order differ in the last digit, and training makes more and more of it."
    )
