"""The stage of the memory-augmented network: what its picture shows of each step of a sequence of pictures."""

from typing import Any

import numpy as np

from core.events.memory import Recalled
from lessons.demos.fewshot import LETTERS
from lessons.demos.memory import labels_in_rows
from lessons.engine.language import joined, plural, t
from lessons.figures.pictures import sheet
from lessons.figures.theme import class_colour

FEW = 16  # rows of a memory that are all shown; of a larger one, those that are written to
FINEST = 10  # thousandths of a read: what is less is not drawn


def timeline(recalled: Recalled, wipe: int) -> dict[str, Any]:
    """Return the numbers of the picture for all steps.

    wipe: the memory was emptied before this step, if not 0.
    """
    way, steps = recalled.p.shape[1], len(recalled.y)
    held, rows = labels_in_rows(recalled, wipe), shown_rows(recalled)
    row_of = {int(row): i for i, row in enumerate(rows)}
    return {
        "steps": steps,
        "sheet": sheet(recalled.x).to_json(),
        "letters": list(LETTERS[:way]),
        "colours": [class_colour(k) for k in range(way)],
        "y": recalled.y.tolist(),
        "instance": (recalled.instance + 1).tolist(),
        "p": np.round(100 * recalled.p.astype(float)).astype(int).tolist(),
        "answer": recalled.p.argmax(-1).tolist(),
        "ties": [_ties(recalled, step) for step in range(steps)],
        "rows": rows.tolist(),
        "held": held[:, rows].tolist(),
        "written": [sorted({row_of[int(row)] for row in emptied}) for emptied in recalled.emptied],
        "votes": (np.round(recalled.votes.astype(float), 1) + 0.0).tolist(),
        "sums": (np.round(recalled.votes.astype(float).sum(1), 1) + 0.0).tolist(),
        "wipe": wipe,
        "words": _words(way, bool(len(rows))),
        "alt": alt(recalled, wipe),
    }


def shown_rows(recalled: Recalled) -> np.ndarray:
    """Return the rows of the memory that are drawn, [n]."""
    if not recalled.emptied.shape[1]:
        return np.arange(0)
    return np.arange(recalled.usage.shape[1]) if recalled.usage.shape[1] <= FEW else np.unique(recalled.emptied)


def _ties(recalled: Recalled, step: int) -> list[int]:
    """Return from which steps a step reads: step, thousandths of the read, step, thousandths, ..."""
    read = recalled.sources[step].astype(float)
    shares = np.round(1000 * read / max(float(read.sum()), 1e-9)).astype(int)
    return [number for source in np.flatnonzero(shares >= FINEST) for number in (int(source), int(shares[source]))]


def walking() -> dict[str, str]:
    """Return the words of the buttons and the slider that go through the steps of a sequence."""
    return {
        "play": "▶ " + t("Play"),
        "pause": "⏸ " + t("Pause"),
        "back": t("One step back"),
        "forward": t("One step on"),
        "step": t("Step"),
        "count": t("Step {at} of {count}"),
    }


def _words(way: int, memory: bool) -> dict[str, Any]:
    letters = list(LETTERS[:way])
    return walking() | {
        "new": t("New sequence"),
        "wipe": t("Wipe the memory here"),
        "unwipe": t("Undo the wipe"),
        "wiped": t("wiped"),
        "along": t("The sequence, picture by picture; arrow keys go from step to step"),
        "bands": {
            "answer": t("answer"),
            "picture": t("picture"),
            "label": t("label"),
            "reads": t("reads") if memory else "",
            "rows": t("rows") if memory else "",
        },
        "picture": t("picture {instance} of {letter}"),
        "reads": t("It reads most from"),
        "nothing": t("It reads nothing: no label has come yet.") if memory else t("A plain LSTM has no rows to read."),
        "card": t("step {at}, label {letter}: {share} of the read"),
        "unlabelled": t("step {at}, no label: {share} of the read"),
        "says": t("It answers"),
        "votes": t("Votes for (+) and against (−) each class"),
        "sources": [t("rows with label {letter}", letter=letter) for letter in letters]
        + [t("a row without a label"), t("the controller")],
        "sum": t("sum: the scores"),
    }


def alt(recalled: Recalled, wipe: int) -> str:
    """Return the text alternative of the timeline."""
    right = int((recalled.p.argmax(-1) == recalled.y).sum())
    return joined(
        plural(
            len(recalled.y),
            "A timeline of {count} picture; the label of each comes one step late. Answers that are right: {right}.",
            "A timeline of {count} pictures; the label of each comes one step late. Answers that are right: {right}.",
            right=right,
        ),
        t("The memory is emptied after step {wipe}.", wipe=wipe) if wipe else "",
    )
