"""A learner's progress: answers, goals, the last place. Their browser stores it, and they can save it as a file."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from lessons.engine.content import LessonError
from lessons.engine.course import COURSE, lesson, question

FORMAT = 1
LARGEST = 64 * 1024  # bytes of a file that is still read
MOST_ANSWERS = 9


class ProgressError(ValueError):
    """A file is not a learner's progress; the message says why, in plain words."""


@dataclass
class Progress:
    """answers: by "lesson/question", the first and the latest answer; goals: those reached, as "lesson/goal";
    place: the lesson that was open last.
    """

    answers: dict[str, tuple[int, int]] = field(default_factory=dict)
    goals: set[str] = field(default_factory=set)
    place: str = ""

    def answer(self, name: str, part: str, chosen: int) -> None:
        """Store an answer; the first answer to a question remains the one that counts."""
        first, _ = self.answers.get(f"{name}/{part}", (chosen, chosen))
        self.answers[f"{name}/{part}"] = (first, chosen)

    def done(self, name: str, part: str) -> bool:
        """Return whether a step of a lesson is done: a prediction or check answered, or a goal reached."""
        kind, _, rest = part.partition(" ")
        return f"{name}/{rest}" in self.goals if kind == "goal" else f"{name}/{part}" in self.answers

    def share(self, name: str) -> float:
        """Return the fraction of a lesson's steps that are done."""
        steps = lesson(name).steps
        return sum(self.done(name, step) for step in steps) / len(steps)

    def score(self, name: str) -> tuple[int, int]:
        """Return how many checks were right at the first try, and how many were answered. Predictions do not count."""
        answered = [
            (question(name, part).right, self.answers[f"{name}/{part}"][0])
            for part in lesson(name).questions
            if part != "predict" and f"{name}/{part}" in self.answers
        ]
        return sum(right == first for right, first in answered), len(answered)

    def merged(self, other: "Progress") -> "Progress":
        """Return the union of both; where both have an answer, it is this progress's."""
        return Progress(other.answers | self.answers, other.goals | self.goals, self.place or other.place)

    def to_text(self) -> str:
        """Return the JSON text that `from_text` reads."""
        content = asdict(self) | {"format": FORMAT, "goals": sorted(self.goals)}
        return json.dumps(content, ensure_ascii=False, sort_keys=True)


def from_text(text: str | bytes) -> Progress:
    """Read what `to_text` wrote, without steps that the course no longer has. Raises ProgressError."""
    if len(text) > LARGEST:
        raise ProgressError("the file is too large to be a learner's progress")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise ProgressError("the file is damaged, or not one that this course saved") from None
    if not isinstance(content, Mapping) or content.get("format") != FORMAT:
        raise ProgressError("the file does not hold a learner's progress")
    answers, goals, place = content.get("answers"), content.get("goals"), content.get("place")
    progress = Progress(place=place if place in COURSE else "")
    for name in COURSE:
        plan = lesson(name)
        for part in plan.questions:
            chosen = _answer(answers, f"{name}/{part}", _count(name, part))
            if chosen:
                progress.answers[f"{name}/{part}"] = chosen
        if isinstance(goals, list):
            progress.goals |= {f"{name}/{goal}" for goal in plan.goals if f"{name}/{goal}" in goals}
    return progress


def _count(name: str, part: str) -> int:
    """Return the number of answers of a question; where its text is damaged, the most, so that no answer is lost."""
    try:
        return len(question(name, part).answers)
    except LessonError:
        return MOST_ANSWERS


def _answer(answers: Any, key: str, count: int) -> tuple[int, int] | None:
    """Return the first and the latest answer to a question with `count` answers, if both are valid."""
    choices = answers.get(key) if isinstance(answers, Mapping) else None
    if not isinstance(choices, list) or len(choices) != 2:
        return None
    if not all(isinstance(choice, int) and not isinstance(choice, bool) and 0 <= choice < count for choice in choices):
        return None
    return choices[0], choices[1]
