"""A learner's progress: answers, goals, the last place, and which missed checks come back when.

Their browser stores it, and they can save it as a file.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from lessons.engine.content import LessonError
from lessons.engine.course import COURSE, lesson, question

FORMAT = 1
LARGEST = 64 * 1024  # bytes of a file that is still read
MOST_ANSWERS = 9
PAUSES = (1, 3, 7)  # days after which a missed check comes back; right each time, it then stays away
FARTHEST = 4_000_000  # a day's number that is still read, in the year 10,952


def today() -> int:
    """Return the number of this day, from the first day of the year 1."""
    return date.today().toordinal()


class ProgressError(ValueError):
    """A file is not a learner's progress; the message says why, in plain words."""


@dataclass
class Progress:
    """answers: by "lesson/question", the first and the latest answer; goals: those reached, as "lesson/goal"; labs:
    those passed, by name; place: the lesson that was open last; due: by "lesson/check", the day on which a missed check
    comes back, and how often it has been right since it was missed.
    """

    answers: dict[str, tuple[int, int]] = field(default_factory=dict)
    goals: set[str] = field(default_factory=set)
    place: str = ""
    due: dict[str, tuple[int, int]] = field(default_factory=dict)
    labs: set[str] = field(default_factory=set)

    def answer(self, name: str, part: str, chosen: int) -> None:
        """Store an answer; the first answer to a question remains the one that counts."""
        first, _ = self.answers.get(f"{name}/{part}", (chosen, chosen))
        self.answers[f"{name}/{part}"] = (first, chosen)
        if part != "predict" and chosen != question(name, part).right:
            self.due[f"{name}/{part}"] = (today() + PAUSES[0], 0)

    def reviews(self) -> list[str]:
        """Return the missed checks that are to be asked again today, the longest overdue first, across lessons."""
        waiting = [(day, key) for key, (day, times) in self.due.items() if day <= today() and times < len(PAUSES)]
        return [key for _, key in sorted(waiting)]

    def reviewed(self, key: str, right: bool) -> None:
        """Store how a check was answered when it came back; wrong, it begins again with the shortest pause."""
        times = self.due[key][1] + 1 if right else 0
        self.due[key] = (today() + PAUSES[min(times, len(PAUSES) - 1)], times)

    def done(self, name: str, part: str) -> bool:
        """Return whether a step of a lesson is done: a prediction or check answered, a goal reached, a lab passed."""
        kind, _, rest = part.partition(" ")
        if kind == "lab":
            return rest in self.labs
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
        return Progress(
            other.answers | self.answers, other.goals | self.goals, self.place or other.place, other.due | self.due,
            other.labs | self.labs,
        )  # fmt: skip

    def to_text(self) -> str:
        """Return the JSON text that `from_text` reads."""
        content = asdict(self) | {"format": FORMAT, "goals": sorted(self.goals), "labs": sorted(self.labs)}
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
    due, labs = content.get("due"), content.get("labs")
    progress = Progress(place=place if place in COURSE else "")
    for name in COURSE:
        plan = lesson(name)
        for part in plan.questions:
            chosen = _answer(answers, f"{name}/{part}", _count(name, part))
            if chosen:
                progress.answers[f"{name}/{part}"] = chosen
            pair = _pair(due, f"{name}/{part}")
            if pair and part != "predict" and 0 < pair[0] < FARTHEST and 0 <= pair[1] <= len(PAUSES):
                progress.due[f"{name}/{part}"] = pair
        if isinstance(goals, list):
            progress.goals |= {f"{name}/{goal}" for goal in plan.goals if f"{name}/{goal}" in goals}
        if isinstance(labs, list):
            progress.labs |= {lab for lab in plan.labs if lab in labs}
    return progress


def _count(name: str, part: str) -> int:
    """Return the number of answers of a question; where its text is damaged, the most, so that no answer is lost."""
    try:
        return len(question(name, part).answers)
    except LessonError:
        return MOST_ANSWERS


def _answer(answers: Any, key: str, count: int) -> tuple[int, int] | None:
    """Return the first and the latest answer to a question with `count` answers, if both are valid."""
    choices = _pair(answers, key)
    return choices if choices and all(0 <= choice < count for choice in choices) else None


def _pair(content: Any, key: str) -> tuple[int, int] | None:
    """Return the two whole numbers under `key`, if that is what is there."""
    pair = content.get(key) if isinstance(content, Mapping) else None
    if not isinstance(pair, list) or len(pair) != 2:
        return None
    if not all(isinstance(number, int) and not isinstance(number, bool) for number in pair):
        return None
    return pair[0], pair[1]
