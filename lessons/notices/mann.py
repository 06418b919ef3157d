"""Notices of the page on memory-augmented networks: texts on what the learner's screen shows now."""

from collections.abc import Mapping, Sequence

import numpy as np

from core.events import OuterStep
from core.events.evaluations import ByInstance
from core.events.memory import Recalled
from lessons.demos.fewshot import LETTERS
from lessons.demos.memory import labels_in_rows, last_copies, read_shares
from lessons.engine.language import joined, plural, t

CLOSE = 0.5  # a lead below this gives the answer less than 1.65 times the probability of the runner-up
CLEARLY = 0.05  # two accuracies that differ by less are called alike


def about_sequence(recalled: Recalled, step: int, wipe: int) -> str:
    """Say how the pictures of a sequence are classified, and what changed after the memory was wiped."""
    right = recalled.p.argmax(-1) == recalled.y
    seen_before = recalled.instance > 0
    first, repeated = right[~seen_before], right[seen_before]
    text = t(
        "**Notice** The network names {first} of the {count} first pictures correctly, and {others} of the {count2} "
        "others ({share:.0%}). ",
        count=len(first), first=first.sum(), count2=len(repeated), others=repeated.sum(), share=repeated.mean(),
    )  # fmt: skip
    if wipe:
        before, after = right[:wipe][seen_before[:wipe]], right[wipe:][seen_before[wipe:]]
        if len(before) and len(after):
            text += t(
                "Of the pictures whose character it had seen before, {before:.0%} are right before the wipe and "
                "{after:.0%} after it. ",
                before=before.mean(), after=after.mean(),
            )  # fmt: skip
    letter, answer = LETTERS[recalled.y[step]], LETTERS[recalled.p[step].argmax()]
    return text + t(
        "Step {at} shows picture {instance} of {letter}; the network says {answer} ({p:.0%}).",
        at=step + 1, instance=recalled.instance[step] + 1, letter=letter, answer=answer, p=recalled.p[step].max(),
    )  # fmt: skip


def about_reading(recalled: Recalled, step: int) -> str:
    """Say which class has the largest share of a read, and whether that is the class of the picture."""
    if not recalled.writing.shape[1]:
        return t(
            "**Notice** A plain LSTM has no rows to read. All that it knows of this sequence is in its {units} units, "
            "which every step changes.",
            units=200,
        )
    shares, truth = read_shares(recalled, step)[:-1], int(recalled.y[step])
    if step == 0 or shares.sum() < 1e-3:
        return t("**Notice** No label has come yet, so there is nothing to look up.")
    best, letter = int(shares.argmax()), LETTERS[truth]
    if not (recalled.y[:step] == truth).any():
        return t(
            "**Notice** This is the first picture of {letter}, so no row holds its label. The largest share of the "
            "read, {share:.0%}, comes from rows with label {other}.",
            letter=letter, share=shares[best], other=LETTERS[best],
        )  # fmt: skip
    times = int((recalled.y[:step] == truth).sum())
    text = plural(
        times,
        "**Notice** Label {letter} had come once before this picture of {letter}. ",
        "**Notice** Label {letter} had come {count} times before this picture of {letter}. ",
        letter=letter,
    )
    if best == truth:
        return text + t(
            "The rows written then make up {share:.0%} of the read, the largest share.", share=shares[truth]
        )
    return text + t(
        "The rows written then make up {share:.0%} of the read; those with label {other} make up more, {most:.0%}.",
        share=shares[truth], other=LETTERS[best], most=shares[best],
    )  # fmt: skip


def lead(recalled: Recalled, step: int) -> tuple[int, int, np.ndarray]:
    """Return the answer of a step, the runner-up, and how much each source of votes adds to the lead of the one over
    the other: [way + 2], as in `Recalled.votes`.
    """
    second, best = recalled.p[step].argsort()[-2:].tolist()
    return best, second, recalled.votes[step, :, best] - recalled.votes[step, :, second]


def about_votes(recalled: Recalled, step: int) -> str:
    """Say what the lead of the answer over the runner-up is made of, and so how the network came to it."""
    best, second, parts = lead(recalled, step)
    own, controller = float(parts[best]), float(parts[-1])
    others = float(parts.sum()) - own - controller
    text = t(
        "**Notice** The votes add up to a lead of {whole:.1f} for {best} over {second}. Rows with label {best} give "
        "{own:+.1f} of it, all other rows {others:+.1f}, and the controller by itself {controller:+.1f}. ",
        whole=parts.sum() + 0.0, best=LETTERS[best], second=LETTERS[second],
        **{name: round(part, 1) + 0.0 for name, part in (("own", own), ("others", others), ("controller", controller))},
    )  # fmt: skip
    if parts.sum() < CLOSE:
        return text + t("So small a lead is hardly more than a guess.")
    if own >= max(others, controller):
        if best == recalled.y[step]:
            return text + t("So the network **looked the answer up**.")
        return text + t("So the network followed rows with label {best}, and that is wrong here.", best=LETTERS[best])
    if others >= controller:
        return text + t("So the network **ruled other labels out** more than it looked the answer up.")
    return text + t("So the controller answered mostly from its own state, not from the memory.")


def about_usage(recalled: Recalled, step: int, rule: str, wipe: int) -> str:
    """Say which row a step emptied to write to, what that row had held, and how much was written elsewhere."""
    row = int(recalled.emptied[step, 0])
    held = labels_in_rows(recalled, wipe)
    before = int(held[step - 1, row]) if step else -1
    last = [s for s in range(step) if row in recalled.emptied[s]]
    if not last:
        return joined(
            t("**Notice** Step {at} writes to row {row}, which no earlier step had written to.", at=step + 1, row=row),
            _gated(recalled, step, row),
        )
    what = t("label {letter}", letter=LETTERS[before]) if before >= 0 else t("no label")
    text = t(
        "**Notice** Step {at} empties row {row}, written last at step {last} with {what}. ",
        at=step + 1, row=row, last=last[-1] + 1, what=what,
    )  # fmt: skip
    if rule == "in turn":
        why = t("Its turn had come, whether it was used or not.")
    else:
        why = t("Its usage was the lowest, {usage:.2f}.", usage=recalled.usage[step - 1, row])
    return joined(text.rstrip(), why, _gated(recalled, step, row))


def _gated(recalled: Recalled, step: int, row: int) -> str:
    """Say how much of a write the gate gave to the emptied row, and how much to the rows just read."""
    if not step:
        return ""  # nothing was read before
    writing = recalled.writing[step, 0].astype(float)
    share = writing[row] / writing.sum()
    return t(
        "{share:.0%} of its write goes there, and {rest:.0%} onto the rows that it read at the step before.",
        share=share, rest=1 - share,
    )  # fmt: skip


def about_rules(least: Recalled, turn: Recalled) -> str:
    """Compare two small memories on one sequence: how often each emptied the last row with a label."""
    often = [plural(len(last_copies(recalled)), "once", "{count} times") for recalled in (least, turn)]
    right = [int((recalled.p.argmax(-1) == recalled.y)[recalled.instance > 0].sum()) for recalled in (least, turn)]
    return t(
        "**Notice** In this sequence the rule of the least used row emptied a label's last row {least}, and writing in "
        "turn did so {turn}. Of the {all} pictures that are not the first of their character, they name {right} and "
        "{right2} correctly.",
        least=often[0], turn=often[1], all=int((least.instance > 0).sum()), right=right[0], right2=right[1],
    )  # fmt: skip


def about_instances(accuracies: Mapping[str, Sequence[float]]) -> str:
    """Say what the memory adds to the accuracy at the second and the last picture."""
    mann, lstm = accuracies["mann"], accuracies["lstm"]
    text = t(
        "**Notice** At the second picture, {mann:.1%} are right with the memory and {lstm:.1%} with the plain LSTM; at "
        "the last, {mann_last:.1%} and {lstm_last:.1%}. ",
        mann=mann[1], lstm=lstm[1], mann_last=mann[-1], lstm_last=lstm[-1],
    )  # fmt: skip
    return text + t(
        "Five labels fit into the units of an LSTM too, so it does not guess; what it keeps there, it cannot look at "
        "again one by one."
    )


def about_rule_scores(least_used: ByInstance, in_turn: ByInstance) -> str:
    """Compare the two rules of the small memory over all measured sequences, at the last picture."""
    (least, half), (turn, half2) = ((score.accuracy_by_instance[-1], score.ci95[-1]) for score in (least_used, in_turn))
    text = t(
        "**Notice** Over {sequences} sequences, at the last picture {least:.1%} ± {half:.1%} are right where the least "
        "used row is overwritten, and {turn:.1%} ± {half2:.1%} where rows are overwritten in turn. ",
        sequences=least_used.sequences, least=least, half=half, turn=turn, half2=half2,
    )  # fmt: skip
    if abs(least - turn) <= half + half2:
        return text + t("The intervals overlap: this test does not tell the two rules apart.")
    better = t("the least used row") if least > turn else t("rows in turn")
    return text + t("The intervals do not overlap: the better rule here is {rule}.", rule=better)


def about_binding(steps: Sequence[OuterStep], _: int = 0) -> str:
    """Say what a learning curve at the first and second picture shows."""
    measured = [step for step in steps if step.accuracy_after is not None and step.accuracy_before is not None]
    if len(measured) < 2:
        return ""
    last = measured[-1]
    assert last.accuracy_after is not None and last.accuracy_before is not None
    text = t(
        "**Notice** Now {first:.0%} of the first pictures of a character are right, and {second:.0%} of the second. ",
        first=last.accuracy_before, second=last.accuracy_after,
    )  # fmt: skip
    if last.accuracy_after > last.accuracy_before + CLEARLY:
        return text + t("It has begun to bind: a label that came once helps with the next picture of that character.")
    return text + t("It does not bind yet: a label that came once does not help with the next picture.")


def about_points(errors: Mapping[str, Sequence[float]]) -> str:
    """Say how the error falls with the number of points, with memory and without."""
    mann, lstm = errors["points"], errors["points lstm"]
    text = t(
        "**Notice** At the first point the error is {first:.2f}: nothing is known yet. After ten points it is "
        "{with_memory:.2f} with the memory and {lstm:.2f} with the plain LSTM. ",
        first=mann[0], with_memory=mann[10], lstm=lstm[10],
    )  # fmt: skip
    if lstm[10] <= mann[10]:
        return text + t(
            "The plain LSTM does as well here: amplitude and phase are two numbers, and they fit into its units. A "
            "memory pays where there are *many separate facts*."
        )
    return text + t("The memory helps: earlier values can be read again where x is alike.")
