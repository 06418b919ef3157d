"""What the stages of the memory methods say of each step, while a sequence is played."""

import numpy as np

from core.events.memory import Recalled, TapeAnswer
from lessons.demos.fewshot import LETTERS
from lessons.demos.heads import place
from lessons.engine.language import joined, plural, t

LITTLE = 0.1  # a change of the memory below this length leaves nothing to read


def about_step_of_tape(answer: TapeAnswer, step: int) -> str:
    """Say what a machine gets or answers at `step`, from 0, where its heads are and what it writes."""
    tape = answer.tape
    change = np.linalg.norm(
        answer.written.memory[step + 1].astype(float) - answer.written.memory[step].astype(float), axis=-1
    )
    if tape.answer_mask[step]:
        right = (tape.p[step] > 0.5) == (tape.y[step] > 0.5)
        begin = t("Answer: {right} of {bits} bits are right.", right=int(right.sum()), bits=len(right))
    else:
        begin = t("Input comes in.")
    return joined(
        begin,
        _at(tape.weightings[step, tape.readers], "write"),
        t("It writes next to nothing.")
        if change.sum() < LITTLE
        else t("The largest change is in row {row}.", row=int(change.argmax())),
        _at(tape.weightings[step, 0], "read"),
    )


def _at(weighting: np.ndarray, head: str) -> str:
    row, share = int(weighting.argmax()), float(weighting.max())
    if place(weighting) is None:
        return t(
            "The write head is at no row: its largest weight is {share:.0%}, on row {row}."
            if head == "write"
            else "The read head is at no row: its largest weight is {share:.0%}, on row {row}.",
            share=share, row=row,
        )  # fmt: skip
    return t(
        "The write head is at row {row} ({share:.0%})." if head == "write" else
        "The read head is at row {row} ({share:.0%}).",
        share=share, row=row,
    )  # fmt: skip


def about_answer(recalled: Recalled, step: int, wipe: int) -> str:
    """Say which picture a step shows, which label came with it, and what the network says."""
    truth, answer = int(recalled.y[step]), int(recalled.p[step].argmax())
    at = step + 1
    if step:
        came = t(
            "Step {at}: with this picture comes the label of the one before, {label}.",
            at=at, label=LETTERS[recalled.y[step - 1]],
        )  # fmt: skip
    else:
        came = t("Step {at}: no label has come yet.", at=at)
    times = int((recalled.y[:step] == truth).sum())
    seen = (
        plural(
            times,
            "It is of class {letter}, and that label has come once before.",
            "It is of class {letter}, and that label has come {count} times before.",
            letter=LETTERS[truth],
        )
        if times
        else t("It is of class {letter}, and that label has not come yet.", letter=LETTERS[truth])
    )
    p = recalled.p[step, answer]
    says = (
        t("The network says {letter} ({p:.0%}), which is right.", letter=LETTERS[answer], p=p)
        if answer == truth
        else t("The network says {letter} ({p:.0%}), which is wrong.", letter=LETTERS[answer], p=p)
    )
    return joined(came, seen, says, _since(recalled, step, wipe) if 0 < wipe <= step else "")


def _since(recalled: Recalled, step: int, wipe: int) -> str:
    """Say what the memory can still hold of the step's class after it was emptied: only labels that came since."""
    times = int((recalled.y[wipe - 1 : step] == recalled.y[step]).sum())
    if not times:
        return t("The memory was emptied after step {wipe}, and that label has not come since.", wipe=wipe)
    return plural(
        times,
        "The memory was emptied after step {wipe}; since then that label has come once.",
        "The memory was emptied after step {wipe}; since then that label has come {count} times.",
        wipe=wipe,
    )  # fmt: skip


def about_second(recalled: Recalled) -> str:
    """Say how many of the first and of the second pictures of a character are named correctly in a sequence."""
    right = recalled.p.argmax(-1) == recalled.y
    first, second = (right[recalled.instance == nth] for nth in (0, 1))
    return t(
        "**Notice** In this sequence {second} of the {count} second pictures are named correctly, and {first} of the "
        "first ones.",
        second=int(second.sum()), count=len(second), first=int(first.sum()),
    )  # fmt: skip
