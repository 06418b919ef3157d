"""Sets of a learner's drawings: classes with a few drawings each, and queries; kept as strokes, asked as pictures."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from core.demos.questions import JudgeDrawings
from core.events import MethodAnswer
from core.tasks import glyphs
from core.tasks.strokes import DrawingError, checked, render
from lessons.demos.compare import LABELS
from lessons.demos.fewshot import LETTERS
from lessons.engine.language import t

MOST_CLASSES, MOST_SHOTS, MOST_QUERIES = 5, 5, 4
LARGEST = 256 * 1024  # bytes of a file that is read
FORMAT = 1
EXAMPLE = (3, 41, 77)  # generated characters that the page opens with


@dataclass(frozen=True)
class Drawings:
    """Strokes by box: "A1", "A2", "B1", ... for classes, "?1", "?2", ... for queries."""

    boxes: Mapping[str, list[np.ndarray]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As plain lists."""
        return {key: [np.round(one, 3).tolist() for one in strokes] for key, strokes in self.boxes.items()}

    def to_text(self) -> str:
        """As a file."""
        return json.dumps({"format": FORMAT, "boxes": self.to_json()})


def keys(classes: int, shots: int, queries: int) -> tuple[list[list[str]], list[str]]:
    """The names of the boxes: a list a class, and those of the queries."""
    return [[f"{LETTERS[k]}{i + 1}" for i in range(shots)] for k in range(classes)], [
        f"?{i + 1}" for i in range(queries)
    ]


def known() -> set[str]:
    """Every name that a box can have."""
    rows, queries = keys(MOST_CLASSES, MOST_SHOTS, MOST_QUERIES)
    return {*(name for row in rows for name in row), *queries}


def from_boxes(told: object) -> Drawings:
    """Drawings from what a browser or a file says; unknown boxes are left out. Raises DrawingError."""
    if not isinstance(told, Mapping):
        raise DrawingError("the drawings could not be read")
    found = {key: checked(told[key]) for key in sorted(known() & told.keys())}
    return Drawings({key: strokes for key, strokes in found.items() if strokes})


def from_text(text: bytes) -> Drawings:
    """Drawings from a file. Raises DrawingError."""
    if len(text) > LARGEST:
        raise DrawingError("the file is too large to be a set of drawings")
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise DrawingError("the file is damaged, or not a set of drawings") from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise DrawingError("the file does not hold a set of drawings")
    return from_boxes(told.get("boxes"))


@cache
def example() -> Drawings:
    """Three generated characters, each drawn once, and the second once more as a query."""
    boxes = {f"{LETTERS[k]}1": glyphs.strokes(one, 1) for k, one in enumerate(EXAMPLE)}
    return Drawings(boxes | {"?1": glyphs.strokes(EXAMPLE[1], 2)})


def question(
    drawn: Drawings, classes: int, shots: int, queries: int
) -> tuple[JudgeDrawings | None, list[str], dict[str, str]]:
    """What to ask, the boxes of the queries that are asked, and a friendly word for each box that cannot be used.

    Every class needs as many drawings as the one with the fewest has; None until each class and a query have one.
    """
    rows, asked = keys(classes, shots, queries)
    pictures, words = dict[str, np.ndarray](), dict[str, str]()
    for key in (*(one for row in rows for one in row), *asked):
        try:
            pictures[key] = render(drawn.boxes.get(key, []))
        except DrawingError as error:
            if key in drawn.boxes:
                words[key] = str(error)
    support = [[pictures[key] for key in row if key in pictures] for row in rows]
    ready = [key for key in asked if key in pictures]
    fewest = min(len(one) for one in support)
    if not fewest or not ready:
        return None, ready, words
    return (
        JudgeDrawings(np.stack([one[:fewest] for one in support]), np.stack([pictures[key] for key in ready])),
        ready,
        words,
    )


def missing(drawn: Drawings, classes: int, shots: int, queries: int) -> str:
    """What is still to be drawn before anybody can answer, in words."""
    rows, asked = keys(classes, shots, queries)
    empty = [LETTERS[k] for k, row in enumerate(rows) if not any(key in drawn.boxes for key in row)]
    if empty:
        return t("Draw at least one of each class first; nothing yet in {letters}.", letters=", ".join(empty))
    if not any(key in drawn.boxes for key in asked):
        return t("Now draw one to be recognized, in the row with the question mark.")
    return ""


def reason(one: MethodAnswer, query: int) -> str:
    """What an answer rests on, in words and in numbers of this answer."""
    share = one.probabilities[query]
    best = int(share.argmax())
    if one.before.shape[1]:
        before = one.before[query]
        return t(
            "before its steps {letter} had {before:.0%}, after them {after:.0%}",
            letter=LETTERS[best], before=float(before[best]), after=float(share[best]),
        )  # fmt: skip
    if one.attention.shape[1]:
        attention = one.attention[query]
        way = one.probabilities.shape[1]
        at = int(attention.argmax())
        box = f"{LETTERS[at % way]}{at // way + 1}"
        told = {
            "siamese": "it takes {box} for the same character with {share:.0%}",
            "mann": "{share:.0%} of what it read was written when it was told of {box}",
        }.get(one.name, "{share:.0%} of its attention is on {box}")
        return t(told, box=box, share=float(attention[at]))
    told = "its mean is the nearest" if one.name == "prototypes" else "nearest pixel by pixel"
    return t(told)


def about_answers(found: list[MethodAnswer], query: int) -> str:
    """Who agrees with whom about one query."""
    votes = [int(one.probabilities[query].argmax()) for one in found]
    counts = np.bincount(votes)
    best = int(counts.argmax())
    told = t(
        "**Notice** {count} of {all} methods say {letter}",
        count=int(counts[best]),
        all=len(votes),
        letter=LETTERS[best],
    )
    others = [t(LABELS[one.name]) for one, vote in zip(found, votes, strict=True) if vote != best]
    told += "; " + t("{names} say something else. ", names=", ".join(others)) if others else ". "
    sure = max(found, key=lambda one: float(one.probabilities[query].max()))
    told += t(
        "{name} is the surest ({share:.0%}). ", name=t(LABELS[sure.name]), share=float(sure.probabilities[query].max())
    )
    return told + t("Next: draw a second one of a class that was mistaken, or one that lies between two classes.")
