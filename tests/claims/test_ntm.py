"""What the page on Neural Turing Machines says of a tape, in words and in figures, is so."""

from itertools import pairwise
from typing import Any

import numpy as np

from lessons.demos import memory
from lessons.engine.language import table
from lessons.figures import memory as figures
from lessons.notices.ntm import about_tape
from tests.claims.registry import STATES, Claims
from tests.claims.screens import HALF, Screen, place, screens

tapes = Claims()

tapes.names("read head", "write head")


@tapes.says(
    "**Notice** {count} of the {bits} bits of the answer is wrong.",
    "**Notice** {count} of the {bits} bits of the answer are wrong.",
)
def _(screen: Screen, said: dict[str, Any]) -> bool:
    tape, asked = screen.answer.tape, screen.asked
    wrong = ((tape.p[asked] > HALF) != (tape.y[asked] > HALF)).sum()
    return said["count"] == wrong > 0 and said["bits"] == tape.y[asked].size


@tapes.says("**Notice** All {bits} bits of the answer are right.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    tape, asked = screen.answer.tape, screen.asked
    return bool((tape.p[asked] > HALF).astype(float).tolist() == tape.y[asked].tolist()) and (
        said["bits"] == tape.y[asked].size
    )


@tapes.says(
    "The answer is the sequence once, then an end marker.",
    "The answer is the sequence {count} times, then an end marker.",
)
def _(screen: Screen, said: dict[str, Any]) -> bool:
    answers = screen.answer.tape.y[screen.asked]
    vectors = screen.answer.tape.x[1 : screen.length + 1, :-2]
    return (
        screen.task == "repeat"
        and np.array_equal(answers[:-1, :-1], np.tile(vectors, (said["count"], 1)))
        and answers[-1, -1] == 1
    )


@tapes.says("This machine is untrained.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    return screen.trained is None


@tapes.says("It was trained up to length {trained}; this is length {length}.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    trained = memory.machine(screen.task).config.sequences.longest
    return (
        screen.trained is not None
        and said == {"trained": trained, "length": screen.length}
        and trained < said["length"]
    )


def single_moves(weightings: np.ndarray, way: int) -> int:
    places, rows = [place(weighting) for weighting in weightings], weightings.shape[-1]
    return sum(a is not None and b is not None and (b - a - way) % rows == 0 for a, b in pairwise(places))


WALKS = {
    "While the input comes in, the write head moves on by one row in {moved} of {count} ": 1,
    "While the input comes in, the write head moves back by one row in {moved} of {count} ": -1,
    "During the answer, the read head moves on by one row in {moved} of {count} ": 1,
    "During the answer, the read head moves back by one row in {moved} of {count} ": -1,
}


def counts_moves(template: str, way: int) -> None:
    @tapes.says(template + "move.", template + "moves.")
    def _(screen: Screen, said: dict[str, Any]) -> bool:
        tape, asked = screen.answer.tape, screen.asked
        if template.startswith("During"):
            weightings = tape.weightings[asked, 0]
        else:  # until the delimiter of a copy, else until the answer
            weightings = tape.weightings[: screen.length if screen.task == "copy" else int((~asked).sum()), 1]
        moved = single_moves(weightings, way)
        return (said["moved"], said["count"]) == (moved, len(weightings) - 1) and moved >= single_moves(
            weightings, -way
        )


for one, its_way in WALKS.items():
    counts_moves(one, its_way)


@tapes.says(
    "There is one step of input, so there is no move to count.",
    "There is one step of answer, so there is no move to count.",
)
def _(screen: Screen, said: dict[str, Any]) -> bool:
    return screen.task == "copy" and screen.length == 1


def answered_from(screen: Screen, lag: int) -> int:
    tape = screen.answer.tape
    steps = np.flatnonzero(screen.asked) - lag
    written = [place(weighting) for weighting in tape.weightings[: screen.length, 1]]
    alone = [row for row in written if row is not None and sum(row == other for other in written) == 1]
    return sum(row in alone and row == place(tape.weightings[at, 0]) for row, at in zip(written, steps, strict=True))


@tapes.says("Answers with the read head at the row where that vector alone was written: {count} of {length}.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    return screen.task == "copy" and said == {"count": answered_from(screen, 0), "length": screen.length}


@tapes.says("Answers that came a step after the read head stood at the row of their vector alone: {count} of {length}.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    return screen.task == "copy" and said == {"count": answered_from(screen, 1), "length": screen.length}


@tapes.says("Without content a head can only walk to the rows beside it.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    return screen.parts == "shift" and not screen.answer.addressed.gate.any()


@tapes.says("For this sequence that is enough. For which task is it not?")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    return screen.parts == "shift" and screen.answer.tape.wrong == 0


@tapes.says("Without the shift a head stays where it is or looks for something: it cannot step to the next row.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    addressed = screen.answer.addressed
    return screen.parts == "content" and np.array_equal(addressed.gated, addressed.shifted)


@tapes.says("Next: choose the shipped machine and compare.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    return screen.trained is None and screen.parts == "both"


@tapes.says("Next: make the sequence longer than those of its training.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    return screen.trained is not None and screen.length <= screen.trained < memory.LONGEST[screen.task]


@tapes.says("Next: take content away, then the shift. Which of the two does this task need?")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    return screen.parts == "both" and screen.trained is not None and screen.length > screen.trained


tapes.names(
    "input", "target", "output", "{name} row", "{name}, step %{{x}}, {what} %{{y}}: %{{z:.2f}}<extra></extra>",
    "wrong bit", "row", "channel", "where it was", "1 content", "2 interpolation", "3 shift", "4 sharpening",
    "The tape: what came in, what came out, and where the heads were",
    "{name}, number %{{x}}: %{{z:.2f}}<extra></extra>",
    "erase", "add", "row {row} before", "row {row} after", "Written: erase × row, then add, into row {row}",
)  # fmt: skip


@tapes.says("{count} steps; {wrong} of {bits} bits wrong.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    tape, asked = screen.answer.tape, screen.asked
    wrong = int(((tape.p[asked] > HALF) != (tape.y[asked] > HALF)).sum())
    return said == {"count": len(tape.x), "wrong": wrong, "bits": tape.y[asked].size}


@tapes.says("Row with the most weight at each step: {rows}.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    reads, writes = (", ".join(map(str, screen.answer.tape.weightings[:, i].argmax(-1))) for i in (0, 1))
    return said["rows"] == f"read head {reads}; write head {writes}"


@tapes.says("{name}: {share:.0%} on row {row}")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    stages = {text: name for name, text in figures.STAGES.items()}
    return abs(float(screen.stage(stages[said["name"]])[said["row"]]) - said["share"]) < 1e-3


@tapes.says("Erase between {erase:.2f} and {erase_most:.2f}; add between {add:.2f} and {add_most:.2f}.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    erase, add = (getattr(screen.answer.written, name)[screen.step, 0] for name in ("erase", "add"))
    values = (erase.min(), erase.max(), add.min(), add.max())
    return all(abs(float(a) - float(b)) < 0.006 for a, b in zip(said.values(), values, strict=True))


def pictured(screen: Screen) -> str:
    """The texts of the figures that stand beside the notices."""
    tape, written, step = screen.answer.tape, screen.answer.written, screen.step
    rows = memory.used_rows(tape.weightings)
    shown = [
        figures.tape(tape, step),
        figures.stages(screen.answer.addressed, step, screen.head, rows, "#000000", "Stages"),
        figures.row_written(written, step, 0, int(tape.weightings[step, 1].argmax())),
    ]
    return " ".join(each.alt for each in shown)


def speak_of(screen: Screen) -> str:
    return about_tape(screen.answer.tape, screen.task, screen.length, screen.trained, screen.parts)


def test_what_is_said_of_a_tape_is_so():
    for i, screen in enumerate(screens(2 * STATES, 1)):
        tapes.audit(lambda screen=screen: speak_of(screen), screen)
        if i % 2 == 0:
            tapes.audit(lambda screen=screen: pictured(screen), screen)
    seldom = ("by one row", "no move to count", "answer is wrong")
    rare = {template for template in tapes.checks if any(words in template for words in seldom)}
    assert sorted(tapes.checks.keys() - tapes.heard - rare) == []
    assert [template for template in tapes.checks if template not in table("zh")] == []
