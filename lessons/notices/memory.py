"""What to notice on the memory pages, said from what is on the learner's screen."""

from collections.abc import Mapping, Sequence

import numpy as np

from core.events import OuterStep
from core.memory_events import Addressed, Recalled, Tape, Written
from lessons.demos.fewshot import LETTERS
from lessons.demos.memory import HAND_START, told_by
from lessons.engine.language import t

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
    asked = seen.answer_mask.astype(bool)
    bits = int(asked.sum()) * seen.y.shape[1]
    wrong = "**Notice** {wrong} of the {bits} bits it was asked for are wrong"
    told = t(
        wrong if seen.wrong else "**Notice** All {bits} bits it was asked for are right", wrong=seen.wrong, bits=bits
    )
    told += (
        t(", and {length} is more than the {trained} of its training. ", length=length, trained=trained)
        if length > trained
        else ". "
    )
    write, read = seen.weightings[:, seen.readers], seen.weightings[:, 0]
    steps = length if kind == "copy" else int((~asked).sum())
    wrote, way = walked(write[:steps])
    told += t(
        "While the input comes, the write head moves on by one row in {wrote} of {steps} steps",
        wrote=wrote,
        steps=max(steps - 1, 1),
    )
    told += t(" (upwards, around the ring)") if way < 0 and wrote else ""
    if kind == "copy":
        places, at = write[:length].argmax(-1), np.flatnonzero(asked)
        ahead, again = max(
            ((lag, int((read[at - lag].argmax(-1) == places).sum())) for lag in (0, 1)), key=lambda one: one[1]
        )
        told += t(
            "; for {again} of the {length} answers the read head goes to the row where that vector was written",
            again=again,
            length=length,
        )
        told += t(", one step ahead of the answer. ") if ahead and again else ". "
    else:
        fetched, _ = walked(read[asked])
        told += t(
            "; while it answers, the read head moves by one row in {fetched} of {steps}. ",
            fetched=fetched,
            steps=max(int(asked.sum()) - 1, 1),
        )
    if parts == "shift":
        return told + t(
            "Without content no head can look for anything: it can only walk. How would it find its way back "
            "to the first row?"
        )
    if parts == "content":
        return told + t("Without the shift no head can step to the row beside: what a tape is made of is gone.")
    if seen.wrong > bits / 4:
        return told + t("Next: choose the shipped machine, or a shorter sequence.")
    return told + t("Next: make it longer than the training was, then take the shift away.")


def about_step(seen: Addressed, at: int, head: int, what: str) -> str:
    """What each of the four stages did to one head's weighting at one step."""
    content, gated, shifted, after = (
        getattr(seen, part)[at, head] for part in ("content", "gated", "shifted", "sharpened")
    )
    gate, shift, gamma = seen.gate[at, head], seen.shift[at, head], seen.gamma[at, head]
    told = t(
        "**Notice** The {what} asks by content with strength β = {strength:.1f}: row {row} gets {content:.0%}. ",
        what=what,
        strength=seen.strength[at, head],
        row=content.argmax(),
        content=content.max(),
    )
    if gate > SHARP and content.max() > SHARP:
        told += t("The gate g = {gate:.2f} takes mostly that: **it looks for something**. ", gate=gate)
    elif gate > SHARP or content.max() < SHARP:
        told += t(
            "That is no place at all; the gate g = {gate:.2f} mixes it with where the head was, and that row "
            "still stands out: **it walks**. ",
            gate=gate,
        )
    else:
        told += t(
            "The gate g = {gate:.2f} keeps mostly where the head was: **it does not look, it walks**. ", gate=gate
        )
    move = int(shift.argmax()) - 1
    words = {-1: t("back by one row"), 0: t("not at all"), 1: t("on by one row")}
    told += t(
        "The shift moves it {way} ({by:.0%}), from row {before} to row {after}. ",
        way=words[move],
        shift=shift.max(),
        before=gated.argmax(),
        after=shifted.argmax(),
    )
    return told + t(
        "Sharpening with γ = {power:.1f} takes its largest weight from {shifted:.0%} to {after:.0%}.",
        gamma=gamma,
        shifted=shifted.max(),
        after=after.max(),
    )


def about_written(seen: Written, at: int, writer: int, weighting: np.ndarray) -> str:
    """How much a write head changed the row it was most at."""
    row = int(weighting.argmax())
    erase = seen.erase[at, writer].mean()
    change = np.linalg.norm(seen.memory[at + 1, row] - seen.memory[at, row])
    told = t(
        "**Notice** The write head has {weighting:.0%} of its weight on row {row}; it erases {erase:.0%} "
        "of a number on average, and the row moved by {change:.2f}. ",
        weighting=weighting[row],
        row=row,
        erase=erase,
        change=change,
    )
    if change < 0.1:
        return told + t("At this step nothing is kept: it writes next to nothing, or where nothing is read again.")
    return told + t(
        "What the row holds is not the vector itself but a code that the controller chose and can read again."
    )


def about_hand(seen: Addressed, target: int) -> str:
    """Where the learner's own head came to be, which stage decided it, and how far the goal is."""
    after, content = seen.sharpened[0, 0], seen.content[0, 0]
    goal = after[target]
    told = t(
        "**Notice** Row {row} has {share:.0%}; the marked row {target} has {goal:.0%}. ",
        row=after.argmax(),
        share=after.max(),
        target=target,
        goal=goal,
    )
    gate = float(seen.gate[0, 0])
    if goal > 0.9:
        told += "**Reached.** "
        if gate < 0.5:
            return told + t("You came by walking from where the head was. Can you find the row by what is in it?")
        return told + t("Now reach it without content: gate 0, and shifts alone. What would it take?")
    if gate > 0.5 and content.max() < 0.5:
        return told + t(
            "The content stage is spread over several rows: raise the strength β, or make the key fit better."
        )
    if gate <= 0.5:
        steps = (target - HAND_START) % len(after)
        return told + t(
            "The gate keeps where the head was, row {start}; a shift moves it by one row a step, and the "
            "marked row is {away} rows away.",
            start=HAND_START,
            away=min(steps, len(after) - steps),
        )
    if after.max() < 0.9 and abs(float(seen.shift[0, 0, 1]) - 1) > 0.05:
        return told + t("A shift by part of a row blurs the weighting: sharpen it with γ, or shift by a whole row.")
    return told + t("Turn the key towards that row, number by number, and watch the cosines.")


def about_bits(steps: Sequence[OuterStep], _: int = 0) -> str:
    """What a machine's learning curve shows."""
    known = [one for one in steps if one.accuracy_after is not None]
    if len(known) < 2:
        return ""
    first, last = known[0], known[-1]
    assert first.accuracy_after is not None and last.accuracy_after is not None
    told = t(
        "**Notice** From {first:.0%}, which is guessing, to {last:.1%} of the bits. ",
        first=first.accuracy_after,
        last=last.accuracy_after,
    )
    shares = np.array([one.accuracy_after for one in known], dtype=float)
    jumps = np.diff(shares)
    best = int(jumps.argmax())
    if last.accuracy_after > 0.98:
        return told + t(
            "The steepest part is around update {iteration}: before it the machine keeps what fits into the "
            "controller; then it discovers the tape, and any length follows at once.",
            iteration=known[best + 1].iteration,
        )
    return told + t("It has not found the tape yet: give it more updates, or shorter sequences first.")


def about_lengths(found: dict[str, dict], trained: int) -> str:
    """How errors grow beyond the lengths of the training, and which part of addressing that takes."""
    parts = []
    for name, one in found.items():
        at = {a: b for a, b in zip(one["lengths"], one["errors"], strict=True)}
        longest = max(at)
        word = {"both": t("with both"), "shift": t("with the shift alone"), "content": t("with content alone")}[name]
        parts.append(t("{word} {at:.1f} wrong bits at length {longest}", word=word, at=at[longest], longest=longest))
    return (
        t("**Notice** Trained up to length {trained}: ", trained=trained)
        + "; ".join(parts)
        + t(
            ". A network that had learned sequences by heart would break right after the dashed line. One "
            "that has learned to *walk along a tape* does not know how long the tape is."
        )
    )


def about_sequence(seen: Recalled, at: int, wipe: int) -> str:
    """How the pictures of a sequence are answered, and what became of it after the memory was wiped."""
    right = seen.p.argmax(-1) == seen.y
    again = seen.instance > 0
    first, others = right[~again], right[again]
    told = t(
        "**Notice** Of the {count} first pictures {first} were guessed rightly, of the {count2} others "
        "{others} are right ({share:.0%}). ",
        count=len(first),
        first=first.sum(),
        count2=len(others),
        others=others.sum(),
        share=others.mean(),
    )
    if wipe:
        before, after = right[:wipe][again[:wipe]], right[wipe:][again[wipe:]]
        if len(before) and len(after):
            soon = right[wipe : wipe + 5].mean()
            told += t(
                "Before the wipe {before:.0%} of the pictures seen before were right, after it {after:.0%}; of "
                "the first five after it {soon:.0%}. What it had been told is gone, and it is told again. ",
                before=before.mean(),
                after=after.mean(),
                soon=soon,
            )
    letter, said = LETTERS[seen.y[at]], LETTERS[seen.p[at].argmax()]
    told += t(
        "Step {at} shows picture {instance} of {letter} and is named {said} ({p:.0%}).",
        at=at + 1,
        instance=seen.instance[at] + 1,
        letter=letter,
        said=said,
        p=seen.p[at].max(),
    )
    return told


def about_reading(seen: Recalled, at: int) -> str:
    """Where one step's read goes back to: to the right class, or elsewhere."""
    if not seen.writing.shape[1]:
        return t(
            "**Notice** A plain LSTM has no rows to read: whatever it knows of this sequence must fit into "
            "its 200 units, which every step overwrites a little."
        )
    attention = told_by(seen, at)
    if at == 0 or attention.sum() < 1e-3:
        return t("**Notice** Nothing has been told yet, so there is nothing to read.")
    own = attention[seen.y[:at] == seen.y[at]].sum()
    share = own / attention.sum()
    before = int(seen.instance[at])
    told = t(
        "**Notice** {share:.0%} of what it read was written when a label {letter} was told",
        share=share,
        letter=LETTERS[seen.y[at]],
    )
    if before == 0:
        return told + t(": it is the first of its character, so it *must* look like nothing it knows.")
    told += (
        t(", which had happened once. ") if before == 1 else t(", which had happened {before} times. ", before=before)
    )
    if share > 0.6:
        return told + t("It finds the same character again by what it looks like alone, without any gradient step.")
    return told + t("It looked elsewhere too. Next: click the step before and the step after, and compare.")


def about_instances(found: Mapping[str, Sequence[float]]) -> str:
    """What memory gives, in points at the second picture."""
    mann, lstm = found["mann"], found["lstm"]
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
    """What a learning curve at the first and second picture shows."""
    known = [one for one in steps if one.accuracy_after is not None and one.accuracy_before is not None]
    if len(known) < 2:
        return ""
    last = known[-1]
    assert last.accuracy_after is not None and last.accuracy_before is not None
    told = t(
        "**Notice** At the first picture of a character {first:.0%} are right, at the second {second:.0%}. ",
        first=last.accuracy_before,
        second=last.accuracy_after,
    )
    if last.accuracy_after > last.accuracy_before + 0.1:
        return told + t("It has begun to bind: the second picture is found by what was told once.")
    return told + t(
        "So far it only rules out labels that others have been told: the first picture is *easier* than "
        "the second. Binding begins after some hundred updates."
    )


def about_points(found: Mapping[str, Sequence[float]]) -> str:
    """How the error falls with the points told, with memory and without."""
    mann, lstm = found["points"], found["points lstm"]
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
