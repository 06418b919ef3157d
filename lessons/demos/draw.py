"""A learner's drawings: classes with a few drawings each, and queries; stored as strokes, classified as pictures."""

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
from lessons.demos.compare import label
from lessons.demos.fewshot import LETTERS
from lessons.engine.language import joined, named, plural, t

MOST_CLASSES, MOST_SHOTS, MOST_QUERIES = 5, 5, 4
LARGEST = 256 * 1024  # bytes of a file that is still read
FORMAT = 1
EXAMPLE = (3, 41, 77)  # the generated characters that the page opens with


@dataclass(frozen=True)
class Drawings:
    """Strokes by box: "A1", "A2", "B1", ... for classes, "?1", "?2", ... for queries."""

    boxes: Mapping[str, list[np.ndarray]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the strokes as plain lists."""
        return {key: [np.round(stroke, 3).tolist() for stroke in strokes] for key, strokes in self.boxes.items()}

    def to_text(self) -> str:
        """Return the text of a file."""
        return json.dumps({"format": FORMAT, "boxes": self.to_json()})


def keys(classes: int, shots: int, queries: int) -> tuple[list[list[str]], list[str]]:
    """Return the names of the boxes: a list for each class, and those of the queries."""
    return [[f"{LETTERS[k]}{i + 1}" for i in range(shots)] for k in range(classes)], [
        f"?{i + 1}" for i in range(queries)
    ]


def known() -> set[str]:
    """Return every name that a box can have."""
    rows, queries = keys(MOST_CLASSES, MOST_SHOTS, MOST_QUERIES)
    return {*(name for row in rows for name in row), *queries}


def from_boxes(boxes: object) -> Drawings:
    """Read the boxes of a browser or a file, leaving out unknown ones. Raises DrawingError."""
    if not isinstance(boxes, Mapping):
        raise DrawingError("the drawings could not be read")
    drawings = {key: checked(boxes[key]) for key in sorted(known() & boxes.keys())}
    return Drawings({key: strokes for key, strokes in drawings.items() if strokes})


def from_text(text: bytes) -> Drawings:
    """Read drawings from a file. Raises DrawingError."""
    if len(text) > LARGEST:
        raise DrawingError("the file is too large to be a set of drawings")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise DrawingError("the file is damaged, or not a set of drawings") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DrawingError("the file does not hold a set of drawings")
    return from_boxes(content.get("boxes"))


@cache
def example() -> Drawings:
    """Return three generated characters, each drawn once, and the second once more as a query."""
    boxes = {f"{LETTERS[k]}1": glyphs.strokes(character, 1) for k, character in enumerate(EXAMPLE)}
    return Drawings(boxes | {"?1": glyphs.strokes(EXAMPLE[1], 2)})


def question(
    drawn: Drawings, classes: int, shots: int, queries: int
) -> tuple[JudgeDrawings | None, list[str], dict[str, str]]:
    """Return the question, the boxes of the queries in it, and a friendly reason for each box that cannot be used.

    All classes are cut to the size of the smallest. The question is None until each class and a query have a drawing.
    """
    rows, query_keys = keys(classes, shots, queries)
    pictures, problems = dict[str, np.ndarray](), dict[str, str]()
    for key in (*(key for row in rows for key in row), *query_keys):
        try:
            pictures[key] = render(drawn.boxes.get(key, []))
        except DrawingError as error:
            if key in drawn.boxes:
                problems[key] = str(error)
    support = [[pictures[key] for key in row if key in pictures] for row in rows]
    ready = [key for key in query_keys if key in pictures]
    fewest = min(map(len, support))
    if not fewest or not ready:
        return None, ready, problems
    return (
        JudgeDrawings(np.stack([row[:fewest] for row in support]), np.stack([pictures[key] for key in ready])),
        ready,
        problems,
    )


def missing(drawn: Drawings, classes: int, shots: int, queries: int) -> str:
    """Say what the learner must still draw before the methods can answer."""
    rows, query_keys = keys(classes, shots, queries)
    empty = [LETTERS[k] for k, row in enumerate(rows) if not any(key in drawn.boxes for key in row)]
    if empty:
        return t("Draw at least one of each class first; nothing yet in {letters}.", letters=named(empty))
    if not any(key in drawn.boxes for key in query_keys):
        return t("Now draw one to be recognized, in the row with the question mark.")
    return ""


def reason(answer: MethodAnswer, query: int) -> str:
    """Say what an answer is based on, with the numbers of this answer."""
    probabilities = answer.probabilities[query]
    best = int(probabilities.argmax())
    if answer.before.shape[1]:
        before = answer.before[query]
        return t(
            "before its steps {letter} had {before:.0%}, after them {after:.0%}",
            letter=LETTERS[best], before=float(before[best]), after=float(probabilities[best]),
        )  # fmt: skip
    if answer.attention.shape[1]:
        return _looked_at(answer, query)
    sentence = "its mean is the nearest" if answer.name == "prototypes" else "nearest pixel by pixel"
    return t(sentence)


def _looked_at(answer: MethodAnswer, query: int) -> str:
    """Say how much an answer's class has of what the method looked at, and which class has more where one has."""
    way = answer.probabilities.shape[1]
    by_class = answer.attention[query].reshape(-1, way)  # [shots, way]
    shares = by_class.max(0) if answer.name == "siamese" else by_class.sum(0)
    best, largest = int(answer.probabilities[query].argmax()), int(shares.argmax())
    sentence = {
        "siamese": "it takes a drawing of {letter} for the same character with {share:.0%}",
        "mann": "{share:.0%} of its read was written when a label {letter} came",
    }.get(answer.name, "{share:.0%} of its attention is on {letter}")
    text = t(sentence, letter=LETTERS[best], share=float(shares[best]))
    if shares[largest] <= shares[best]:
        return text
    return text + t(", although {other} has {more:.0%}", other=LETTERS[largest], more=float(shares[largest]))


def about_answers(answers: list[MethodAnswer], query: int) -> str:
    """Say which methods agree about one query."""
    votes = [int(answer.probabilities[query].argmax()) for answer in answers]
    counts = np.bincount(votes)
    best = int(counts.argmax())
    count, all_of_them = int(counts[best]), len(votes)
    text = plural(
        count,
        "**Notice** {count} of {all} methods says {letter}.",
        "**Notice** {count} of {all} methods say {letter}.",
        all=all_of_them,
        letter=LETTERS[best],
    )
    dissenters = [label(answer.name) for answer, vote in zip(answers, votes, strict=True) if vote != best]
    others = (
        plural(
            len(dissenters), "Another answer comes from {names}.", "Other answers come from {names}.",
            names=named(dissenters),
        )
        if dissenters
        else ""
    )  # fmt: skip
    sure = max(answers, key=lambda answer: float(answer.probabilities[query].max()))
    return joined(
        text,
        others,
        t("{name} is the surest ({share:.0%}).", name=label(sure.name), share=float(sure.probabilities[query].max())),
        t("Next: draw a second one of a class that was mistaken, or one that lies between two classes."),
    )
