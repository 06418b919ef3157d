"""Notices of the page on Neural Turing Machines: texts on what the learner's screen shows now."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from core.events import OuterStep
from core.events.evaluations import BitErrors
from core.events.memory import Addressed, Tape, Written
from lessons.demos.heads import SHARP, Move, move, place
from lessons.engine.language import joined, listed, plural, t

LITTLE = 0.1  # a change of the memory below this length leaves nothing to read
NEAR = 0.01  # a machine with fewer wrong bits than this share of guessing copies


def walked(weightings: np.ndarray) -> tuple[int, int]:
    """Return in how many steps a head, weightings [t, rows], moved by one row in its more frequent direction, 1 or -1.

    The rows form a ring. Steps in which the head is at no row in particular do not count.
    """
    positions, rows = weightings.argmax(-1), weightings.shape[-1]
    clear = weightings.max(-1) > SHARP
    moves = (np.diff(positions) + rows // 2) % rows - rows // 2
    in_both = clear[1:] & clear[:-1]
    forth, back = (int(((moves == step) & in_both).sum()) for step in (1, -1))
    return (forth, 1) if forth >= back else (back, -1)


def about_tape(tape: Tape, kind: str, length: int, trained: int | None, parts: str = "") -> str:
    """Say how many bits are wrong and how the heads moved, counted from the weightings on screen.

    kind, length: of the task; trained: the longest sequence of the machine's training, None if it is untrained;
    parts: what the heads may use, a name of `memory.PARTS`, where the learner can choose it; what to try next is said
    only there.
    """
    answer_mask = tape.answer_mask.astype(bool)
    answers, bits = int(answer_mask.sum()), int(answer_mask.sum()) * tape.y.shape[1]
    write, read = tape.weightings[:, tape.readers], tape.weightings[:, 0]
    came = length if kind == "copy" else int((~answer_mask).sum())
    return joined(
        plural(
            tape.wrong, "**Notice** {count} of the {bits} bits of the answer is wrong.",
            "**Notice** {count} of the {bits} bits of the answer are wrong.", bits=bits,
        )
        if tape.wrong
        else t("**Notice** All {bits} bits of the answer are right.", bits=bits),
        plural(
            (answers - 1) // length,
            "The answer is the sequence once, then an end marker.",
            "The answer is the sequence {count} times, then an end marker.",
        )
        if kind == "repeat"
        else "",
        _trained(trained, length),
        _walk(write[:came], "write"),
        _followed(write[:length], read, answer_mask) if kind == "copy" else _walk(read[answer_mask], "read"),
        _next(parts, trained, length, tape.wrong) if parts else "",
    )  # fmt: skip


def _trained(trained: int | None, length: int) -> str:
    if trained is None:
        return t("This machine is untrained.")
    if length <= trained:
        return ""
    return t("It was trained up to length {trained}; this is length {length}.", length=length, trained=trained)


def _walk(weightings: np.ndarray, head: str) -> str:
    """Say in how many of the moves between steps a head moved by one row."""
    moves = len(weightings) - 1
    if moves < 1:
        return t(
            "There is one step of input, so there is no move to count."
            if head == "write"
            else "There is one step of answer, so there is no move to count."
        )
    count, way = walked(weightings)
    if head == "write":
        return plural(
            moves,
            "While the input comes in, the write head moves on by one row in {moved} of {count} move."
            if way > 0
            else "While the input comes in, the write head moves back by one row in {moved} of {count} move.",
            "While the input comes in, the write head moves on by one row in {moved} of {count} moves."
            if way > 0
            else "While the input comes in, the write head moves back by one row in {moved} of {count} moves.",
            moved=count,
        )
    return plural(
        moves,
        "During the answer, the read head moves on by one row in {moved} of {count} move."
        if way > 0
        else "During the answer, the read head moves back by one row in {moved} of {count} move.",
        "During the answer, the read head moves on by one row in {moved} of {count} moves."
        if way > 0
        else "During the answer, the read head moves back by one row in {moved} of {count} moves.",
        moved=count,
    )


def _followed(write: np.ndarray, read: np.ndarray, answer_mask: np.ndarray) -> str:
    """Say for how many answers of a copy the read head is where the vector was written, or was a step before. A row to
    which other vectors were written as well holds none of them.
    """
    rows = [place(weighting) for weighting in write]
    own = [row if rows.count(row) == 1 else None for row in rows]
    pairs = list(zip(np.flatnonzero(answer_mask), own, strict=True))
    counts = [sum(row is not None and place(read[at - lag]) == row for at, row in pairs) for lag in (0, 1)]
    lag = int(np.argmax(counts))
    return t(
        "Answers with the read head at the row where that vector alone was written: {count} of {length}."
        if lag == 0
        else "Answers that came a step after the read head stood at the row of their vector alone: {count} of "
        "{length}.",
        count=counts[lag],
        length=len(pairs),
    )


def _next(parts: str, trained: int | None, length: int, wrong: int) -> str:
    if parts == "shift":
        return joined(
            t("Without content a head can only walk to the rows beside it."),
            "" if wrong else t("For this sequence that is enough. For which task is it not?"),
        )
    if parts == "content":
        return t("Without the shift a head stays where it is or looks for something: it cannot step to the next row.")
    if trained is None:
        return t("Next: choose the shipped machine and compare.")
    if length <= trained:
        return t("Next: make the sequence longer than those of its training.")
    return t("Next: take content away, then the shift. Which of the two does this task need?")


def about_step(addressed: Addressed, step: int, head: int, head_name: str) -> str:
    """Say by which of the four stages one head moved at one step: each is left out in turn."""
    moved = move(addressed, step, head)
    return joined(
        t("**Notice**"),
        _where(moved, head_name),
        _content(moved),
        _shift(moved) if moved.shifts else "",
        _sharpening(moved),
    )


def _where(moved: Move, name: str) -> str:
    before, after = place(moved.before), place(moved.after)
    most = {"most": moved.after.max(), "row": int(moved.after.argmax())}
    if after is None:
        if before is None:
            return t(
                "The {head} is at no row, as before: its largest weight is {most:.0%}, on row {row}.", head=name, **most
            )
        return t(
            "The {head} leaves row {before} and is at no row now: its largest weight is {most:.0%}, on row {row}.",
            head=name, before=before, **most,
        )  # fmt: skip
    if before is None:
        return t("The {head} was at no row before and is at row {after} now.", head=name, after=after)
    if before == after:
        return t("The {head} stays at row {after}.", head=name, after=after)
    return t("The {head} moves from row {before} to row {after}.", head=name, before=before, after=after)


def _content(moved: Move) -> str:
    """Say what content did: where the head would be with the gate at 0, and where at 1."""
    if moved.gate == 0:
        return t("The gate is 0: content has no say.")
    after, gate = place(moved.after), moved.gate
    if after is None:
        return _torn(moved)
    with_0, with_1 = place(moved.kept) == after, place(moved.sought) == after
    if with_0 and with_1:
        return t(
            "Content and its last place agree: with the gate (here {gate:.2f}) at 0 or at 1 it would be there too.",
            gate=gate,
        )
    if with_0:
        return t(
            "**It needs no content** for that: with the gate (here {gate:.2f}) at 0 it would be there too, at 1 not.",
            gate=gate,
        )
    if with_1:
        return _sought(moved)
    return t(
        "**Only the mixture leads there**: with the gate (here {gate:.2f}) at 0 or at 1 it would not be there.",
        gate=gate,
    )


def _sought(moved: Move) -> str:
    kept = place(moved.kept)
    values = {"row": int(moved.content.argmax()), "share": moved.content.max(), "gate": moved.gate}
    if kept is None:
        return t(
            "**Content brings it there**: the key fits row {row} best ({share:.0%} of the content stage). With the "
            "gate (here {gate:.2f}) at 0 it would be at no row.",
            **values,
        )
    return t(
        "**Content brings it there**: the key fits row {row} best ({share:.0%} of the content stage). With the gate "
        "(here {gate:.2f}) at 0 it would be at row {kept}.",
        kept=kept,
        **values,
    )


def _torn(moved: Move) -> str:
    """Say why a head is at no row: where it would be with the gate at 0, and where at 1."""
    kept, sought, gate = place(moved.kept), place(moved.sought), moved.gate
    if kept is not None and sought is not None:
        return t(
            "**It is torn**: with the gate (here {gate:.2f}) at 0 it would be at row {kept}, at 1 at row {sought}.",
            gate=gate,
            kept=kept,
            sought=sought,
        )
    if kept is not None:
        return t(
            "**Content spreads it**: with the gate (here {gate:.2f}) at 0 it would be at row {kept}.",
            gate=gate,
            kept=kept,
        )
    if sought is not None:
        return t(
            "**Its last place spreads it**: with the gate (here {gate:.2f}) at 1 it would be at row {sought}.",
            gate=gate,
            sought=sought,
        )
    return t("With the gate (here {gate:.2f}) at 0 or at 1 it would be at no row either.", gate=gate)


def _shift(moved: Move) -> str:
    """Say what the shift did: where the head would be without it."""
    after, unshifted = place(moved.after), place(moved.unshifted)
    if after is None:
        if unshifted is None:
            return ""
        return t("**The shift spreads it**: without the shift it would be at row {row}.", row=unshifted)
    if unshifted == after:
        return t("The shift changes no row: without it the head would be there too.")
    if unshifted is None:
        return t("Without the shift it would be at no row.")
    return t("**The shift moves it**: without the shift it would be at row {row}.", row=unshifted)


def _sharpening(moved: Move) -> str:
    shifted, after = float(moved.shifted.max()), float(moved.after.max())
    values = {"gamma": moved.gamma, "shifted": shifted, "after": after}
    if f"{shifted:.0%}" == f"{after:.0%}":
        return t("Sharpening (γ = {gamma:.1f}) leaves its largest weight at {after:.0%}.", **values)
    if after > SHARP >= shifted:
        return t(
            "**Sharpening** (γ = {gamma:.1f}) takes its largest weight from {shifted:.0%} to {after:.0%}: without it "
            "the head would be at no row.",
            **values,
        )
    return t("Sharpening (γ = {gamma:.1f}) takes its largest weight from {shifted:.0%} to {after:.0%}.", **values)


def about_written(written: Written, step: int, writer: int, weighting: np.ndarray) -> str:
    """Say how much a write head changed the row with most of its weight, and the other rows."""
    row = int(weighting.argmax())
    changes = np.linalg.norm(written.memory[step + 1].astype(float) - written.memory[step], axis=-1)
    erased = float(weighting[row] * written.erase[step, writer].astype(float).mean())
    text = t(
        "**Notice** The write head has {share:.0%} of its weight on row {row}. There it erases {erased:.0%} of a "
        "number on average, and the row changes by {change:.2f} (the length of the difference).",
        share=weighting[row],
        row=row,
        erased=erased,
        change=changes[row],
    )
    if changes.sum() < LITTLE:
        return joined(
            text, t("All rows together change by {all:.2f}: this step writes next to nothing.", all=changes.sum())
        )
    others = t("That is {part:.0%} of all that changes in the memory at this step.", part=changes[row] / changes.sum())
    if changes[row] <= changes.sum() / 2:
        return joined(text, others, t("Most of what it writes is spread over other rows."))
    code = t("The row holds numbers that the controller has put together, not the bits themselves.")
    return joined(text, others, code)


def about_bits(steps: Sequence[OuterStep], _: int = 0) -> str:
    """Say what a machine's learning curve shows."""
    measured = [(step.iteration, step.accuracy_after) for step in steps if step.accuracy_after is not None]
    if len(measured) < 2:
        return ""
    (_, first), (iteration, last) = measured[0], measured[-1]
    text = t(
        "**Notice** From {first:.0%} of the bits right to {last:.1%} after {iteration} updates; guessing gets a half.",
        first=first,
        last=last,
        iteration=iteration,
    )
    rises = [after - before for (_, before), (_, after) in pairwise(measured)]
    best = int(np.argmax(rises))
    steepest = ""
    if rises[best] >= 0.005:
        steepest = t(
            "The steepest rise is between updates {start} and {end}: {rise:+.1%}.",
            start=measured[best][0], end=measured[best + 1][0], rise=rises[best],
        )  # fmt: skip
    following = (
        t("Look at the tape below: do the heads move from row to row?")
        if last > 0.98
        else t("To go on, give it more updates or shorter sequences.")
    )
    return joined(text, steepest, following)


def about_lengths(results: dict[str, dict], trained: int, bits: int) -> str:
    """Say how errors grow beyond the lengths of training, for each set of addressing stages, and what guessing gets."""
    words = {"both": "with content and shift", "shift": "with the shift alone", "content": "with content alone"}
    parts, copies, guesses = list[str](), list[str](), list[str]()
    longest = max(max(result["lengths"]) for result in results.values())
    guess = bits * longest / 2
    for name, result in results.items():
        error = result["errors"][int(np.argmax(result["lengths"]))]
        parts.append(t("{machine}: {errors:.1f}", machine=t(words[name]), errors=error))
        (copies if error < NEAR * guess else guesses if error > guess / 2 else []).append(t(words[name]))
    text = t(
        "**Notice** Wrong bits at length {longest}, where the training went up to {trained}: {errors}. Guessing would "
        "get {guess:.0f} wrong.",
        longest=longest, trained=trained, errors=listed(parts), guess=guess,
    )  # fmt: skip
    return joined(
        text,
        t("Less than 1% of that: {machines}.", machines=listed(copies)) if copies else "",
        t("More than half of that: {machines}.", machines=listed(guesses)) if guesses else "",
    )


def about_repeats(score: BitErrors, trained: int, bits: int) -> str:
    """Say how often repeat copy is wrong at the longest trained length and at the longest measured one, at the most
    repeats. bits: of a vector, with the end marker. The score must have been measured by repeats.
    """
    assert score.by_repeats is not None and score.ci95_by_repeats is not None
    most = score.by_repeats.shape[1]
    at, longest = score.lengths.index(trained), int(np.argmax(score.lengths))
    wrong, values = score.by_repeats[at, -1], {"length": trained, "repeats": most, "bits": (trained * most + 1) * bits}
    text = (
        t(
            "**Notice** At length {length}, the longest of its training, and {repeats} repeats, {wrong:.1f} ± "
            "{half:.1f} of {bits} bits are wrong.",
            wrong=wrong, half=score.ci95_by_repeats[at, -1], **values,
        )
        if wrong
        else t(
            "**Notice** At length {length}, the longest of its training, and {repeats} repeats, all {bits} bits were "
            "right in each of the {sequences} sequences.",
            sequences=score.sequences // most, **values,
        )
    )  # fmt: skip
    return joined(text, t(
        "At length {length}, which it has never seen, {wrong:.1f} ± {half:.1f} of {bits} bits are wrong.",
        length=score.lengths[longest], wrong=score.by_repeats[longest, -1],
        half=score.ci95_by_repeats[longest, -1], bits=(score.lengths[longest] * most + 1) * bits,
    ))  # fmt: skip
