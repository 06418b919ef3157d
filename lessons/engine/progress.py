"""What a learner has done: answers, goals, the last place. Kept by their browser, and as a file they can carry."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from lessons.engine.course import COURSE, lesson, question

FORMAT = 1
LARGEST = 64 * 1024  # bytes of a file that is read


class ProgressError(ValueError):
    """A file that is not a learner's progress, said in plain words."""


@dataclass
class Progress:
    """answers: by "lesson/question", the first answer and the one that stands now; goals: those reached, as
    "lesson/goal"; place: the lesson that was open last.
    """

    answers: dict[str, tuple[int, int]] = field(default_factory=dict)
    goals: set[str] = field(default_factory=set)
    place: str = ""

    def answer(self, name: str, part: str, chosen: int) -> None:
        """Keep an answer; the first one stays the one that counts."""
        first, _ = self.answers.get(f"{name}/{part}", (chosen, chosen))
        self.answers[f"{name}/{part}"] = (first, chosen)

    def done(self, name: str, part: str) -> bool:
        """Whether a step of a lesson is done: a prediction or a check answered, or a goal reached."""
        kind, _, rest = part.partition(" ")
        return f"{name}/{rest}" in self.goals if kind == "goal" else f"{name}/{part}" in self.answers

    def share(self, name: str) -> float:
        """The share of the steps of a lesson that are done."""
        steps = lesson(name).steps
        return sum(self.done(name, one) for one in steps) / len(steps)

    def score(self, name: str) -> tuple[int, int]:
        """How many checks were right at once, of how many answered. A prediction is not judged."""
        told = [
            (question(name, part).right, self.answers[f"{name}/{part}"][0])
            for part in lesson(name).questions
            if part != "predict" and f"{name}/{part}" in self.answers
        ]
        return sum(right == first for right, first in told), len(told)

    def merged(self, other: "Progress") -> "Progress":
        """Both together; where both have an answer, this one's."""
        return Progress(other.answers | self.answers, other.goals | self.goals, self.place or other.place)

    def to_text(self) -> str:
        """As it is kept."""
        told = asdict(self) | {"format": FORMAT, "goals": sorted(self.goals)}
        return json.dumps(told, ensure_ascii=False, sort_keys=True)


def from_text(text: str | bytes) -> Progress:
    """Read what `to_text` wrote, leaving out what this version of the course does not have. Raises ProgressError."""
    if len(text) > LARGEST:
        raise ProgressError("the file is too large to be a learner's progress")
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise ProgressError("the file is damaged, or not one that this course saved") from None
    if not isinstance(told, Mapping) or told.get("format") != FORMAT:
        raise ProgressError("the file does not hold a learner's progress")
    answers, goals, place = told.get("answers"), told.get("goals"), told.get("place")
    found = Progress(place=place if place in COURSE else "")
    for name in COURSE:
        one = lesson(name)
        for part in one.questions:
            chosen = _answer(answers, f"{name}/{part}", len(question(name, part).answers))
            if chosen:
                found.answers[f"{name}/{part}"] = chosen
        if isinstance(goals, list):
            found.goals |= {f"{name}/{goal}" for goal in one.goals if f"{name}/{goal}" in goals}
    return found


def _answer(told: Any, key: str, count: int) -> tuple[int, int] | None:
    """The first and the present answer to a question with `count` of them, where both make sense."""
    chosen = told.get(key) if isinstance(told, Mapping) else None
    if not isinstance(chosen, list) or len(chosen) != 2:
        return None
    if not all(isinstance(one, int) and not isinstance(one, bool) and 0 <= one < count for one in chosen):
        return None
    return chosen[0], chosen[1]
