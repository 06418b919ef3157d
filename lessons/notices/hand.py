"""The notice beside the head that the learner moves by hand: where it is, and what would bring it to the marked row."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.events.memory import Addressed
from lessons.demos.heads import Hand, by_hand
from lessons.demos.memory import FARTHEST, HAND, SHARPEST, STRONGEST
from lessons.engine.language import joined, plural, t

GOAL = 0.9  # the share of the weighting that the marked row must get
MOST_STEPS = 8  # once around the ring
ALIKE = 0.995  # a key with this cosine cannot be turned much closer
STILL = np.array([0.0, 1.0, 0.0])  # a shift by no row
SHARPNESSES = np.arange(1.0, SHARPEST + 0.5, 0.5)


def about_hand(addressed: Addressed, target: int, gates: Sequence[float]) -> str:
    """Say where the learner's own head is, and which change of one control, or how many steps, would reach `target`.

    gates: the gate of each step since the start, this one the last.
    """
    hand = by_hand(addressed, HAND)
    after = hand.after
    text = t(
        "**Notice** The largest weight is {share:.0%}, on row {row}; the marked row {target} has {goal:.0%}.",
        row=int(after.argmax()),
        share=after.max(),
        target=target,
        goal=after[target],
    )
    if after[target] > GOAL:
        return joined(text, t("**Reached.**"), _reached(hand, target, gates))
    return joined(text, _by_content(hand, target) if hand.gate > 0.5 else _by_walking(hand, target))


def _reached(hand: Hand, target: int, gates: Sequence[float]) -> str:
    kept = replace(hand, gate=0.0).after[target]
    if kept <= GOAL:
        return joined(
            t("Content did it: with the gate at 0 the row would have {kept:.0%}.", kept=kept),
            t("Can you walk there too? Start again, set the gate to 0 and use the shift."),
        )
    if hand.gate > 0:
        return t("This step did not need its content: with the gate at 0 the row would have {kept:.0%}.", kept=kept)
    if max(gates) > 0:
        return t("This step used no content, but an earlier one did.")
    return joined(
        t("You walked there in {count} steps.", count=len(gates)),
        t("Can you find the row by its content, in one step? Start again and set the gate to 1."),
    )


def _by_content(hand: Hand, target: int) -> str:
    """Say what keeps a head that looks for content from the marked row."""
    cosines = hand.cosines
    if not hand.key.any():
        return t("A key of zeros is like no row: set its numbers.")
    best, own = int(cosines.argmax()), float(cosines[target])
    if best != target:
        return t(
            "The key is most like row {best} (cosine {cosine:.2f}); its cosine with row {target} is {own:.2f}. Turn "
            "the key towards row {target}.",
            best=best,
            cosine=cosines[best],
            target=target,
            own=own,
        )
    return joined(t("The key is most like the marked row (cosine {own:.2f}).", own=own), _control(hand, target, own))


def _control(hand: Hand, target: int, own: float) -> str:
    """Say which single control would bring a head to the marked row, whose cosine with the key, `own`, is largest."""

    def share(**changed: float | np.ndarray) -> float:
        return float(replace(hand, **changed).after[target])  # type: ignore[arg-type]

    if (stronger := share(strength=STRONGEST)) > GOAL:
        return t("Raise the strength β: at {most:.0f} the row would have {share:.0%}.", most=STRONGEST, share=stronger)
    if (unmoved := share(shift=STILL)) > GOAL:
        return t("The shift moves the head away again: at 0 the row would have {share:.0%}.", share=unmoved)
    if (opened := share(gate=1.0)) > GOAL:
        return t("The gate keeps a part where the head was: at 1 the row would have {share:.0%}.", share=opened)
    if (sharper := share(gamma=SHARPEST)) > GOAL:
        return t("Sharpen it: with γ = {most:.0f} the row would have {share:.0%}.", most=SHARPEST, share=sharper)
    if own < ALIKE:
        return t("Turn the key closer still, or change more than one of strength, gate and shift.")
    return t("No single control does it from here: combine strength, gate and shift.")


def _by_walking(hand: Hand, target: int) -> str:
    """Say how far a head that stays near where it was has to go, and what becomes of it on the way."""
    after, rows = hand.after, len(hand.before)
    if hand.shift[1] == 1:
        return t("With a shift of 0 nothing moves the head. Choose a shift, then press *Take a step*.")
    for steps in range(2, MOST_STEPS + 1):
        share = hand.after_steps(steps)[target]
        if share > GOAL:
            return plural(
                steps - 1,
                "Press *Take a step* once with these settings: the row would have {share:.0%} then.",
                "Press *Take a step* {count} times with these settings: the row would have {share:.0%} then.",
                share=share,
            )
    sharper = float(replace(hand, gamma=SHARPEST).after[target])
    if sharper > GOAL:
        return t("Sharpen it: with γ = {most:.0f} the row would have {share:.0%}.", most=SHARPEST, share=sharper)
    away = (target - int(after.argmax())) % rows
    distance = plural(
        min(away, rows - away),
        "The largest weight is {count} row away from the marked one.",
        "The largest weight is {count} rows away from the marked one.",
    )
    return joined(distance if away else "", _hindered(hand, target))


def _hindered(hand: Hand, target: int) -> str:
    """Say why a head does not walk to the marked row with the settings that it has."""
    if hand.gate > 0:
        return t("The gate still takes {gate:.0%} from content: set it to 0 to walk only.", gate=hand.gate)
    if _reaches(hand, target, hand.gamma):
        return t("Every soft shift blurs the weighting, and the blur adds up. Raise the sharpness γ, which undoes it.")
    way = np.sign(hand.shift[2] - hand.shift[0])
    farther = replace(hand, shift=np.array([max(0.0, -way), 0.0, max(0.0, way)]) * FARTHEST + STILL * (1 - FARTHEST))
    if _reaches(farther, target, 0.0):
        return t("Only {moves:.0%} of the weighting moves: choose a larger shift.", moves=1 - hand.shift[1])
    return t("The weighting is too blurred to walk on. Press *Start again*.")


def _reaches(hand: Hand, target: int, above: float) -> bool:
    """Return whether a head with a sharpness larger than `above` walks to `target` in at most `MOST_STEPS` steps."""
    return any(
        replace(hand, gamma=gamma).after_steps(steps)[target] > GOAL
        for gamma in SHARPNESSES[SHARPNESSES > above]
        for steps in range(1, MOST_STEPS + 1)
    )
