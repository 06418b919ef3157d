"""Notices of the memory pages: texts on what the learner's screen shows now."""

from collections.abc import Sequence

import numpy as np

from core.events import OuterStep
from core.memory_events import Addressed, Tape, Written
from lessons.demos.memory import HAND_START
from lessons.engine.language import t

SHARP = 0.5  # a head is at a row if it has more than this weight there


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


def about_tape(tape: Tape, kind: str, length: int, trained: int, parts: str) -> str:
    """Say how many bits are wrong and how the heads moved, counted from the weightings on screen."""
    answer_mask = tape.answer_mask.astype(bool)
    bits = int(answer_mask.sum()) * tape.y.shape[1]
    wrong = "**Notice** {wrong} of the {bits} bits it was asked for are wrong"
    text = t(
        wrong if tape.wrong else "**Notice** All {bits} bits it was asked for are right", wrong=tape.wrong, bits=bits
    )
    text += (
        t(", and {length} is more than the {trained} of its training. ", length=length, trained=trained)
        if length > trained
        else ". "
    )
    write, read = tape.weightings[:, tape.readers], tape.weightings[:, 0]
    steps = length if kind == "copy" else int((~answer_mask).sum())
    wrote, way = walked(write[:steps])
    text += t(
        "While the input comes, the write head moves on by one row in {wrote} of {steps} steps",
        wrote=wrote,
        steps=max(steps - 1, 1),
    )
    text += t(" (upwards, around the ring)") if way < 0 and wrote else ""
    if kind == "copy":
        places, answer_steps = write[:length].argmax(-1), np.flatnonzero(answer_mask)
        ahead, again = max(
            ((lag, int((read[answer_steps - lag].argmax(-1) == places).sum())) for lag in (0, 1)), key=lambda m: m[1]
        )
        text += t(
            "; for {again} of the {length} answers the read head goes to the row where that vector was written",
            again=again,
            length=length,
        )
        text += t(", one step ahead of the answer. ") if ahead and again else ". "
    else:
        fetched, _ = walked(read[answer_mask])
        text += t(
            "; while it answers, the read head moves by one row in {fetched} of {steps}. ",
            fetched=fetched,
            steps=max(int(answer_mask.sum()) - 1, 1),
        )
    if parts == "shift":
        return text + t(
            "Without content no head can look for anything: it can only walk. How would it find its way back "
            "to the first row?"
        )
    if parts == "content":
        return text + t("Without the shift no head can step to the row beside: what a tape is made of is gone.")
    if tape.wrong > bits / 4:
        return text + t("Next: choose the shipped machine, or a shorter sequence.")
    return text + t("Next: make it longer than the training was, then take the shift away.")


def about_step(addressed: Addressed, step: int, head: int, head_name: str) -> str:
    """Say what each of the four stages did to one head's weighting at one step."""
    content, gated, shifted, after = (
        getattr(addressed, part)[step, head] for part in ("content", "gated", "shifted", "sharpened")
    )
    gate, shift, gamma = addressed.gate[step, head], addressed.shift[step, head], addressed.gamma[step, head]
    text = t(
        "**Notice** The {what} asks by content with strength β = {strength:.1f}: row {row} gets {content:.0%}. ",
        what=head_name,
        strength=addressed.strength[step, head],
        row=content.argmax(),
        content=content.max(),
    )
    if gate > SHARP and content.max() > SHARP:
        text += t("The gate g = {gate:.2f} takes mostly that: **it looks for something**. ", gate=gate)
    elif gate > SHARP or content.max() < SHARP:
        text += t(
            "That is no place at all; the gate g = {gate:.2f} mixes it with where the head was, and that row "
            "still stands out: **it walks**. ",
            gate=gate,
        )
    else:
        text += t(
            "The gate g = {gate:.2f} keeps mostly where the head was: **it does not look, it walks**. ", gate=gate
        )
    move = int(shift.argmax()) - 1
    words = {-1: t("back by one row"), 0: t("not at all"), 1: t("on by one row")}
    text += t(
        "The shift moves it {way} ({by:.0%}), from row {before} to row {after}. ",
        way=words[move],
        by=shift.max(),
        before=gated.argmax(),
        after=shifted.argmax(),
    )
    return text + t(
        "Sharpening with γ = {power:.1f} takes its largest weight from {shifted:.0%} to {after:.0%}.",
        power=gamma,
        shifted=shifted.max(),
        after=after.max(),
    )


def about_written(written: Written, step: int, writer: int, weighting: np.ndarray) -> str:
    """Say how much a write head changed the row with most of its weight."""
    row = int(weighting.argmax())
    erase = written.erase[step, writer].mean()
    change = np.linalg.norm(written.memory[step + 1, row] - written.memory[step, row])
    text = t(
        "**Notice** The write head has {weighting:.0%} of its weight on row {row}; it erases {erase:.0%} "
        "of a number on average, and the row moved by {change:.2f}. ",
        weighting=weighting[row],
        row=row,
        erase=erase,
        change=change,
    )
    if change < 0.1:
        return text + t("At this step nothing is kept: it writes next to nothing, or where nothing is read again.")
    return text + t(
        "What the row holds is not the vector itself but a code that the controller chose and can read again."
    )


def about_hand(addressed: Addressed, target: int) -> str:
    """Say where the learner's own head ended up, which stage decided it, and how far away the goal is."""
    after, content = addressed.sharpened[0, 0], addressed.content[0, 0]
    goal = after[target]
    text = t(
        "**Notice** Row {row} has {share:.0%}; the marked row {target} has {goal:.0%}. ",
        row=after.argmax(),
        share=after.max(),
        target=target,
        goal=goal,
    )
    gate = float(addressed.gate[0, 0])
    if goal > 0.9:
        text += "**Reached.** "
        if gate < 0.5:
            return text + t("You came by walking from where the head was. Can you find the row by what is in it?")
        return text + t("Now reach it without content: gate 0, and shifts alone. What would it take?")
    if gate > 0.5 and content.max() < 0.5:
        return text + t(
            "The content stage is spread over several rows: raise the strength β, or make the key fit better."
        )
    if gate <= 0.5:
        steps = (target - HAND_START) % len(after)
        return text + t(
            "The gate keeps where the head was, row {start}; a shift moves it by one row a step, and the "
            "marked row is {away} rows away.",
            start=HAND_START,
            away=min(steps, len(after) - steps),
        )
    if after.max() < 0.9 and abs(float(addressed.shift[0, 0, 1]) - 1) > 0.05:
        return text + t("A shift by part of a row blurs the weighting: sharpen it with γ, or shift by a whole row.")
    return text + t("Turn the key towards that row, number by number, and watch the cosines.")


def about_bits(steps: Sequence[OuterStep], _: int = 0) -> str:
    """Say what a machine's learning curve shows."""
    measured = [step for step in steps if step.accuracy_after is not None]
    if len(measured) < 2:
        return ""
    first, last = measured[0], measured[-1]
    assert first.accuracy_after is not None and last.accuracy_after is not None
    text = t(
        "**Notice** From {first:.0%}, which is guessing, to {last:.1%} of the bits. ",
        first=first.accuracy_after,
        last=last.accuracy_after,
    )
    accuracies = np.array([step.accuracy_after for step in measured], dtype=float)
    jumps = np.diff(accuracies)
    best = int(jumps.argmax())
    if last.accuracy_after > 0.98:
        return text + t(
            "The steepest part is around update {iteration}: before it the machine keeps what fits into the "
            "controller; then it discovers the tape, and any length follows at once.",
            iteration=measured[best + 1].iteration,
        )
    return text + t("It has not found the tape yet: give it more updates, or shorter sequences first.")


def about_lengths(results: dict[str, dict], trained: int) -> str:
    """Say how errors grow beyond the lengths of training, with each set of addressing stages."""
    parts = []
    for name, result in results.items():
        errors = {length: error for length, error in zip(result["lengths"], result["errors"], strict=True)}
        last = max(errors)
        word = {"both": t("with both"), "shift": t("with the shift alone"), "content": t("with content alone")}[name]
        parts.append(t("{word} {at:.1f} wrong bits at length {longest}", word=word, at=errors[last], longest=last))
    return (
        t("**Notice** Trained up to length {trained}: ", trained=trained)
        + "; ".join(parts)
        + t(
            ". A network that had learned sequences by heart would break right after the dashed line. One "
            "that has learned to *walk along a tape* does not know how long the tape is."
        )
    )
