"""Notices of the page on memory-augmented networks: texts on what the learner's screen shows now."""

from collections.abc import Mapping, Sequence

from core.events import OuterStep
from core.memory_events import Recalled
from lessons.demos.fewshot import LETTERS
from lessons.demos.memory import told_by
from lessons.engine.language import t


def about_sequence(recalled: Recalled, step: int, wipe: int) -> str:
    """Say how the pictures of a sequence are classified, and what changed after the memory was wiped."""
    right = recalled.p.argmax(-1) == recalled.y
    seen_before = recalled.instance > 0
    first, repeated = right[~seen_before], right[seen_before]
    text = t(
        "**Notice** Of the {count} first pictures {first} were guessed rightly, of the {count2} others "
        "{others} are right ({share:.0%}). ",
        count=len(first),
        first=first.sum(),
        count2=len(repeated),
        others=repeated.sum(),
        share=repeated.mean(),
    )
    if wipe:
        before, after = right[:wipe][seen_before[:wipe]], right[wipe:][seen_before[wipe:]]
        if len(before) and len(after):
            soon = right[wipe : wipe + 5].mean()
            text += t(
                "Before the wipe {before:.0%} of the pictures seen before were right, after it {after:.0%}; of "
                "the first five after it {soon:.0%}. What it had been told is gone, and it is told again. ",
                before=before.mean(),
                after=after.mean(),
                soon=soon,
            )
    letter, answered = LETTERS[recalled.y[step]], LETTERS[recalled.p[step].argmax()]
    text += t(
        "Step {at} shows picture {instance} of {letter} and is named {said} ({p:.0%}).",
        at=step + 1,
        instance=recalled.instance[step] + 1,
        letter=letter,
        said=answered,
        p=recalled.p[step].max(),
    )
    return text


def about_reading(recalled: Recalled, step: int) -> str:
    """Say whether one step read what earlier steps of the right class wrote, or something else."""
    if not recalled.writing.shape[1]:
        return t(
            "**Notice** A plain LSTM has no rows to read: whatever it knows of this sequence must fit into "
            "its 200 units, which every step overwrites a little."
        )
    attention = told_by(recalled, step)
    if step == 0 or attention.sum() < 1e-3:
        return t("**Notice** Nothing has been told yet, so there is nothing to read.")
    same_class = attention[recalled.y[:step] == recalled.y[step]].sum()
    share = same_class / attention.sum()
    before = int(recalled.instance[step])
    text = t(
        "**Notice** {share:.0%} of what it read was written when a label {letter} was told",
        share=share,
        letter=LETTERS[recalled.y[step]],
    )
    if before == 0:
        return text + t(": it is the first of its character, so it *must* look like nothing it knows.")
    text += (
        t(", which had happened once. ") if before == 1 else t(", which had happened {before} times. ", before=before)
    )
    if share > 0.6:
        return text + t("It finds the same character again by what it looks like alone, without any gradient step.")
    return text + t("It looked elsewhere too. Next: click the step before and the step after, and compare.")


def about_instances(accuracies: Mapping[str, Sequence[float]]) -> str:
    """Say what the memory adds to the accuracy at the second picture."""
    mann, lstm = accuracies["mann"], accuracies["lstm"]
    return t(
        "**Notice** At the second picture, {mann:.1%} with memory and {lstm:.1%} without; at the tenth "
        "{mann_last:.1%} and {lstm_last:.1%}. One look is enough for the memory; the LSTM, with the same "
        "controller and the same number of updates, has nowhere to put it.",
        mann=mann[1],
        lstm=lstm[1],
        mann_last=mann[-1],
        lstm_last=lstm[-1],
    )


def about_binding(steps: Sequence[OuterStep], _: int = 0) -> str:
    """Say what a learning curve at the first and second picture shows."""
    measured = [step for step in steps if step.accuracy_after is not None and step.accuracy_before is not None]
    if len(measured) < 2:
        return ""
    last = measured[-1]
    assert last.accuracy_after is not None and last.accuracy_before is not None
    text = t(
        "**Notice** At the first picture of a character {first:.0%} are right, at the second {second:.0%}. ",
        first=last.accuracy_before,
        second=last.accuracy_after,
    )
    if last.accuracy_after > last.accuracy_before + 0.1:
        return text + t("It has begun to bind: the second picture is found by what was told once.")
    return text + t(
        "So far it only rules out labels that others have been told: the first picture is *easier* than "
        "the second. Binding begins after some hundred updates."
    )


def about_points(errors: Mapping[str, Sequence[float]]) -> str:
    """Say how the error falls with the number of points, with memory and without."""
    mann, lstm = errors["points"], errors["points lstm"]
    return t(
        "**Notice** At the first point nothing is known, and the error is {first:.2f}; after ten points "
        "told it is {told:.2f} with memory and {lstm:.2f} without. ",
        first=mann[0],
        told=mann[10],
        lstm=lstm[10],
    ) + (
        t(
            "Here the plain LSTM does as well: amplitude and phase are two numbers, and they fit into its "
            "units. It is *many separate facts* that need a memory."
        )
        if lstm[-1] < 1.3 * mann[-1]
        else t("The values told are looked up by their x, and the answer lies between them.")
    )
