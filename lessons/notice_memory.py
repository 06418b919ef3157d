"""What to notice on the memory pages, said from what is on the learner's screen."""

from collections.abc import Sequence

import numpy as np

from core.events import OuterStep
from core.memory_events import Addressed, Tape, Written
from lessons.memory import HAND_START

SHARP = 0.5  # a head is at a row if it has so much of the weighting there


def walked(weightings: np.ndarray) -> tuple[int, int]:
    """In how many of the steps of a head, weightings [t, rows], it moved by one row, and which way more often.

    A row follows the last one. Steps in which the head is at no row in particular do not count.
    """
    at, rows = weightings.argmax(-1), weightings.shape[-1]
    clear = weightings.max(-1) > SHARP
    moves = (np.diff(at) + rows // 2) % rows - rows // 2
    both = clear[1:] & clear[:-1]
    forth, back = (int(((moves == step) & both).sum()) for step in (1, -1))
    return (forth, 1) if forth >= back else (back, -1)


def about_tape(seen: Tape, kind: str, length: int, trained: int, parts: str) -> str:
    """How many bits are wrong, and how the heads moved: counted from the weightings on screen."""
    asked = seen.asked.astype(bool)
    bits = int(asked.sum()) * seen.y.shape[1]
    told = f"**Notice** {seen.wrong} of the {bits} bits it was asked for are wrong" if seen.wrong else (
        f"**Notice** All {bits} bits it was asked for are right"
    )  # fmt: skip
    told += f", and {length} is more than the {trained} of its training. " if length > trained else ". "
    write, read = seen.weightings[:, seen.readers], seen.weightings[:, 0]
    steps = length if kind == "copy" else int((~asked).sum())
    wrote, way = walked(write[:steps])
    told += f"While the input comes, the write head moves on by one row in {wrote} of {max(steps - 1, 1)} steps"
    told += " (upwards, around the ring)" if way < 0 and wrote else ""
    if kind == "copy":
        places, at = write[:length].argmax(-1), np.flatnonzero(asked)
        ahead, again = max(
            ((lag, int((read[at - lag].argmax(-1) == places).sum())) for lag in (0, 1)), key=lambda one: one[1]
        )
        told += f"; for {again} of the {length} answers the read head goes to the row where that vector was written"
        told += ", one step ahead of the answer. " if ahead and again else ". "
    else:
        fetched, _ = walked(read[asked])
        told += f"; while it answers, the read head moves by one row in {fetched} of {max(int(asked.sum()) - 1, 1)}. "
    if parts == "shift":
        return told + (
            "Without content no head can look for anything: it can only walk. How would it find its way back to "
            "the first row?"
        )
    if parts == "content":
        return told + "Without the shift no head can step to the row beside: what a tape is made of is gone."
    if seen.wrong > bits / 4:
        return told + "Next: choose the shipped machine, or a shorter sequence."
    return told + "Next: make it longer than the training was, then take the shift away."


def about_step(seen: Addressed, at: int, head: int, what: str) -> str:
    """What each of the four stages did to one head's weighting at one step."""
    content, gated, shifted, after = (
        getattr(seen, part)[at, head] for part in ("content", "gated", "shifted", "sharpened")
    )
    gate, by, power = seen.gate[at, head], seen.by[at, head], seen.power[at, head]
    told = f"**Notice** The {what} asks by content with strength β = {seen.strength[at, head]:.1f}: row "
    told += f"{content.argmax()} gets {content.max():.0%}. "
    if gate > SHARP and content.max() > SHARP:
        told += f"The gate g = {gate:.2f} takes mostly that: **it looks for something**. "
    elif gate > SHARP or content.max() < SHARP:
        told += (
            f"That is no place at all; the gate g = {gate:.2f} mixes it with where the head was, and that row still "
            "stands out: **it walks**. "
        )
    else:
        told += f"The gate g = {gate:.2f} keeps mostly where the head was: **it does not look, it walks**. "
    move = int(by.argmax()) - 1
    words = {-1: "back by one row", 0: "not at all", 1: "on by one row"}
    told += f"The shift moves it {words[move]} ({by.max():.0%}), from row {gated.argmax()} to row {shifted.argmax()}. "
    return told + (
        f"Sharpening with γ = {power:.1f} takes its largest weight from {shifted.max():.0%} to {after.max():.0%}."
    )


def about_written(seen: Written, at: int, writer: int, weighting: np.ndarray) -> str:
    """How much a write head changed the row it was most at."""
    row = int(weighting.argmax())
    erase = seen.erase[at, writer].mean()
    change = np.linalg.norm(seen.memory[at + 1, row] - seen.memory[at, row])
    told = f"**Notice** The write head has {weighting[row]:.0%} of its weight on row {row}; it erases {erase:.0%} of a "
    told += f"number on average, and the row moved by {change:.2f}. "
    if change < 0.1:
        return told + "At this step nothing is kept: it writes next to nothing, or where nothing is read again."
    return told + "What the row holds is not the vector itself but a code that the controller chose and can read again."


def about_hand(seen: Addressed, target: int) -> str:
    """Where the learner's own head came to be, which stage decided it, and how far the goal is."""
    after, content = seen.sharpened[0, 0], seen.content[0, 0]
    goal = after[target]
    told = f"**Notice** Row {after.argmax()} has {after.max():.0%}; the marked row {target} has {goal:.0%}. "
    gate = float(seen.gate[0, 0])
    if goal > 0.9:
        told += "**Reached.** "
        if gate < 0.5:
            return told + "You came by walking from where the head was. Can you find the row by what is in it?"
        return told + "Now reach it without content: gate 0, and shifts alone. What would it take?"
    if gate > 0.5 and content.max() < 0.5:
        return told + "The content stage is spread over several rows: raise the strength β, or make the key fit better."
    if gate <= 0.5:
        steps = (target - HAND_START) % len(after)
        return told + (
            f"The gate keeps where the head was, row {HAND_START}; a shift moves it by one row a step, and the marked "
            f"row is {min(steps, len(after) - steps)} rows away."
        )
    if after.max() < 0.9 and abs(float(seen.by[0, 0, 1]) - 1) > 0.05:
        return told + "A shift by part of a row blurs the weighting: sharpen it with γ, or shift by a whole row."
    return told + "Turn the key towards that row, number by number, and watch the cosines."


def about_bits(steps: Sequence[OuterStep], _: int = 0) -> str:
    """What a machine's learning curve shows."""
    known = [one for one in steps if one.accuracy_after is not None]
    if len(known) < 2:
        return ""
    first, last = known[0], known[-1]
    assert first.accuracy_after is not None and last.accuracy_after is not None
    told = f"**Notice** From {first.accuracy_after:.0%}, which is guessing, to {last.accuracy_after:.1%} of the bits. "
    shares = np.array([one.accuracy_after for one in known], dtype=float)
    jumps = np.diff(shares)
    best = int(jumps.argmax())
    if last.accuracy_after > 0.98:
        return told + (
            f"The steepest part is around update {known[best + 1].iteration}: before it the machine keeps what fits "
            "into the controller; then it discovers the tape, and any length follows at once."
        )
    return told + "It has not found the tape yet: give it more updates, or shorter sequences first."


def about_lengths(found: dict[str, dict], trained: int) -> str:
    """How errors grow beyond the lengths of the training, and which part of addressing that takes."""
    parts = []
    for name, one in found.items():
        at = {a: b for a, b in zip(one["lengths"], one["errors"], strict=True)}
        longest = max(at)
        word = {"both": "with both", "shift": "with the shift alone", "content": "with content alone"}[name]
        parts.append(f"{word} {at[longest]:.1f} wrong bits at length {longest}")
    return (
        f"**Notice** Trained up to length {trained}: " + "; ".join(parts) + ". A network that had learned sequences by "
        "heart would break right after the dashed line. One that has learned to *walk along a tape* does not know "
        "how long the tape is."
    )
