"""The stage of the Neural Turing Machine: what its picture shows of each step of a pass over a sequence."""

from itertools import pairwise
from typing import Any

import numpy as np

from core.events.memory import Tape, TapeAnswer, Written
from lessons.demos.memory import USED, used_rows
from lessons.engine.language import joined, listed, named, plural, t
from lessons.figures.memory import STAGES
from lessons.figures.theme import MUTED, READ, WRITE
from lessons.figures.timeline import walking

FINEST = 10  # thousandths of a weighting: what is less is not drawn
LEVELS = 99  # of a number in the memory, to each side of 0
WHY = {
    "before": "A head starts from where it was one step ago.",
    "content": "Find a row by what is in it: the key is compared with every row.",
    "gated": "Choose: that row (gate 1), or where the head was (gate 0).",
    "shifted": "Walk: move by a row, whatever is written there.",
    "sharpened": "Undo the blur that soft shifts leave.",
}


def machine(answer: TapeAnswer, opened: bool = False) -> dict[str, Any]:
    """Return the numbers of the picture for all steps, of the rows that a head visits.

    opened: whether the four stages of addressing are drawn below it. A picture of whole steps is small: a row is in it
    once for each step that changes it so that the eye could see it.
    """
    tape, addressed = answer.tape, answer.addressed
    weightings = [tape.weightings, addressed.content, addressed.gated, addressed.shifted, _named(answer)]
    rows = used_rows(np.concatenate(weightings, 1))
    place_of = np.zeros(tape.weightings.shape[-1], int)
    place_of[rows] = np.arange(len(rows))
    asked = tape.answer_mask.astype(bool)
    wrong = asked[:, None] & ((tape.p > 0.5) != (tape.y > 0.5))
    order = _order(tape)
    data = {
        "steps": len(tape.x),
        "rows": rows.tolist(),
        "asked": asked.astype(int).tolist(),
        "x": _percent(tape.x),
        "y": [column if due else None for column, due in zip(_percent(tape.y), asked, strict=True)],
        "p": [column if due else None for column, due in zip(_percent(tape.p), asked, strict=True)],
        "wrong": [np.flatnonzero(bits).tolist() for bits in wrong],
        "least": int(1000 * USED),
        "memory": _memory(answer.written, rows),
        "erase": _percent(answer.written.erase[:, 0]),
        "add": _percent(answer.written.add[:, 0]),
        "heads": [
            {
                "kind": kind,
                "name": t(f"{kind} head"),
                "colour": WRITE if kind == "write" else READ,
                "at": [_sparse(weighting) for weighting in tape.weightings[:, head][:, rows]],
                "top": place_of[tape.weightings[:, head].argmax(-1)].tolist(),  # "at" leaves it out where it is tiny
            }
            for kind, head in order
        ],
        "stages": _stages(answer, rows, [head for _, head in order]) if opened else None,
    }
    return data | {"words": _words(), "alt": alt(tape)}


def _order(tape: Tape) -> list[tuple[str, int]]:
    """Return the heads that are drawn, by kind and number: the first that writes and the first that reads."""
    return [("write", tape.readers), ("read", 0)]


def _named(answer: TapeAnswer) -> np.ndarray:
    """Return ones [steps, 3, rows] at the rows that texts name: of the largest weights, and of the largest change."""
    change = np.linalg.norm(np.diff(answer.written.memory.astype(float), axis=0), axis=-1)
    drawn = [answer.tape.weightings[:, head] for _, head in _order(answer.tape)]
    return np.stack([np.eye(change.shape[-1])[each.argmax(-1)] for each in (*drawn, change)], 1)


def _percent(values: np.ndarray) -> list[list[int]]:
    """Return numbers as whole percents."""
    return np.round(100 * np.asarray(values, float)).clip(-999, 999).astype(int).tolist()  # type: ignore[no-any-return]


def _sparse(weighting: np.ndarray) -> list[int]:
    """Return where a weighting [rows] is not nearly 0: row, thousandths, row, thousandths, ..."""
    thousandths = np.round(1000 * np.asarray(weighting, float)).astype(int)
    return [number for row in np.flatnonzero(thousandths >= FINEST) for number in (int(row), int(thousandths[row]))]


def _memory(written: Written, rows: np.ndarray) -> dict[str, Any]:
    """Return the rows before the first step, and for each step those that it changes visibly, in `LEVELS`."""
    numbers = written.memory[:, rows].astype(float)
    largest = max(1.0, float(np.abs(numbers).max()))  # of all steps: a colour means the same at each
    levels = np.round(LEVELS * numbers / largest).astype(int)
    changed = [np.flatnonzero((after != before).any(-1)) for before, after in pairwise(levels)]
    return {
        "largest": round(largest, 2),
        "first": levels[0].tolist(),
        "changes": [[[int(row), levels[step + 1, row].tolist()] for row in r] for step, r in enumerate(changed)],
    }


def _stages(answer: TapeAnswer, rows: np.ndarray, heads: list[int]) -> list[dict[str, Any]]:
    """Return each stage of addressing: what it is called and for, its number, and the weighting after it."""
    addressed = answer.addressed
    unused = np.array_equal(addressed.gated, addressed.shifted)  # as in a machine whose heads have no shift
    shift = addressed.shift @ np.array([-1.0, 0.0, 1.0])
    values = {
        "content": ("β = {value}", addressed.strength),
        "gated": ("g = {value}", addressed.gate),
        "shifted": ("" if unused else "s = {value}", shift),
        "sharpened": ("γ = {value}", addressed.gamma),
    }
    return [
        {
            "name": t(name),
            "why": t("Not in use here: nothing moves.") if unused and part == "shifted" else t(WHY[part]),
            "colour": MUTED if part == "before" else None,
            "symbol": values[part][0] if part in values else "",
            "values": [
                (np.round(values[part][1][:, head].astype(float), 2) + 0.0).tolist() if part in values else []
                for head in heads
            ],
            "at": [[_sparse(weights) for weights in getattr(addressed, part)[:, head][:, rows]] for head in heads],
        }
        for part, name in STAGES.items()
    ]


def _words() -> dict[str, str]:
    return walking() | {
        "task": t("Task"),
        "head": t("Head"),
        "input": t("input"),
        "target": t("target"),
        "output": t("output"),
        "controller": t("controller"),
        "lstm": t("(a small network)"),
        "erase": t("erase"),
        "add": t("add"),
        "write": t("write head"),
        "read": t("read head"),
        "writes": t("write"),
        "reads": t("read"),
        "row": t("row {row}"),
        "spread": t("no row above {share:.0%}", share=USED),
        "along": t("The sequence, column by column; arrow keys go from step to step"),
        "tape": t("The tape: up and down keys light up a row"),
        "lit": t("row {row}: {write} of the write head, {read} of the read head"),
    }


def alt(tape: Tape) -> str:
    """Return the text alternative of the picture of all steps."""
    asked = tape.answer_mask.astype(bool)
    top_rows = {kind: tape.weightings[:, head].argmax(-1) for kind, head in _order(tape)}
    return joined(
        plural(
            len(tape.x),
            "A tape machine in {count} step: input bits, the rows of the memory with both heads, output bits.",
            "A tape machine in {count} steps: input bits, the rows of the memory with both heads, output bits.",
        ),
        t("{wrong} of {bits} bits of the answer are wrong.", wrong=tape.wrong, bits=int(asked.sum()) * tape.y.shape[1]),
        t(
            "Row with the most weight at each step: {rows}.",
            rows=listed(f"{t(f'{kind} head')} {named(map(str, rows))}" for kind, rows in top_rows.items()),
        ),
    )
