"""The course: its lessons in order, and what each asks of the learner.

A lesson is a folder: texts in each language, and `lesson.py` with a `LESSON`. Questions and goals
are sections of the text, named in `lesson.py`, and look like this:

    ## check 1
    What does the outer loop of MAML move?

    - [x] The initialization θ.
      Yes: the copies φ are thrown away.
    - [ ] Each task's copy φ.
      Those move in the *inner* loop, and are thrown away after each outer update.

Every answer has its own reason below it. A goal has two such entries, what is said once it is
reached (`[x]`) and until then (`[ ]`), with numbers from the screen in braces: {rate:.2f}.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from string import Formatter

from lessons.engine.content import FOLDER, LessonError, Section, find, sections
from lessons.engine.language import DEFAULT, LANGUAGES, now

COURSE = (
    "home",
    "tasks",
    "maml",
    "first_order",
    "reptile",
    "siamese",
    "matching",
    "ntm",
    "mann",
    "choosing",
    "reading",
)
CHECKS = 3  # the least that a lesson has

Facts = Mapping[str, float]
_ENTRY = re.compile(r"- \[(?P<right>[x ])\] (?P<text>.+)")


@dataclass(frozen=True)
class Goal:
    """Something to be reached by experiment: `reached` says whether, from the facts named `facts`."""

    facts: tuple[str, ...]
    reached: Callable[[Facts], bool]


@dataclass(frozen=True)
class Lesson:
    """What a lesson asks.

    page: the address of its page; minutes: how long it takes; goals: by name; presets: values for the controls
    of the page, by name of the preset and of the control, each with a label in the text, `## preset NAME`;
    symbols: the facts of the screen that `## symbols` tells, the formulas' symbols with their values now.
    """

    page: str
    minutes: int
    goals: Mapping[str, Goal]
    checks: int = CHECKS
    presets: Mapping[str, Mapping[str, float | str]] = field(default_factory=dict)
    symbols: tuple[str, ...] = ()

    @property
    def questions(self) -> tuple[str, ...]:
        """The sections that are questions, the prediction first."""
        return "predict", *(f"check {i + 1}" for i in range(self.checks))

    @property
    def steps(self) -> tuple[str, ...]:
        """All that can be done in the lesson: its questions, and its goals."""
        return *self.questions, *(f"goal {name}" for name in self.goals)


@dataclass(frozen=True)
class Answer:
    """One answer that can be chosen, and the reason that fits it."""

    text: str
    right: bool
    reason: str


@dataclass(frozen=True)
class Question:
    """A question and its answers, exactly one of them right."""

    text: str
    answers: tuple[Answer, ...]

    @property
    def right(self) -> int:
        """The number of the right answer, from 0."""
        return next(i for i, one in enumerate(self.answers) if one.right)


@dataclass(frozen=True)
class GoalText:
    """A goal in words: what to reach, what is said then, and until then; the last two with {facts}."""

    text: str
    reached: str
    not_yet: str


@cache
def lesson(name: str) -> Lesson:
    """The lesson in folder `name`. Raises LessonError."""
    try:
        found = import_module(f"lessons.{name}.lesson").LESSON
    except (ModuleNotFoundError, AttributeError):
        raise LessonError(f"lessons/{name}/lesson.py:1: there is no LESSON in it") from None
    assert isinstance(found, Lesson)
    return found


def question(name: str, part: str, language: str = "") -> Question:
    """The question in section `part` of lesson `name`, in the language that is asked for where none is named.

    Raises LessonError with file and line.
    """
    return _question(name, part, language or now())


@cache
def _question(name: str, part: str, language: str) -> Question:
    section = find(name, part, language)
    text, answers = _entries(section)
    if len(answers) < 2:
        raise section.broken("a question needs at least two answers: lines that begin with '- [ ]' or '- [x]'")
    if sum(one.right for one in answers) != 1:
        raise section.broken("exactly one answer must be right: '- [x]'")
    return Question(text, answers)


def goal_text(name: str, goal: str, language: str = "") -> GoalText:
    """The words of a goal of lesson `name`, as `question`. Raises LessonError with file and line."""
    return _goal_text(name, goal, language or now())


@cache
def _goal_text(name: str, goal: str, language: str) -> GoalText:
    section = find(name, f"goal {goal}", language)
    text, entries = _entries(section)
    if [one.right for one in entries] not in ([True, False], [False, True]):
        raise section.broken("a goal needs one entry '- [x]' for when it is reached and one '- [ ]' for until then")
    said = {one.right: f"{one.text} {one.reason}" for one in entries}
    for one in said.values():
        _only(section, one, lesson(name).goals[goal].facts)
    return GoalText(text, said[True], said[False])


def symbols_text(name: str, language: str = "") -> str:
    """What the symbols of the formulas are on the screen, with {facts}. Raises LessonError with file and line."""
    section = find(name, "symbols", language)
    _only(section, section.text, lesson(name).symbols)
    return section.text.strip()


def _only(section: Section, text: str, facts: tuple[str, ...]) -> None:
    """Refuse a text that asks for a number which nobody gives it."""
    try:
        used = [one for _, one, _, _ in Formatter().parse(text) if one is not None]
    except ValueError as error:
        raise section.broken(f"the braces do not fit: {error}") from None
    for one in used:
        if one not in facts:
            raise section.broken(f"{{{one}}} is not among the facts that it gets: {', '.join(facts)}")


def preset_label(name: str, preset: str, language: str = "") -> str:
    """What stands on the button of a preset. Raises LessonError."""
    return find(name, f"preset {preset}", language).text.strip()


def check(name: str) -> None:
    """Refuse a broken lesson. Raises LessonError with file and line."""
    one = lesson(name)
    if one.checks < CHECKS or not one.goals:
        raise LessonError(f"lessons/{name}/lesson.py:1: a lesson has {CHECKS} checks and one goal at least")
    for language in LANGUAGES:
        check_texts(name, language)
    others = {language: set(sections(name, language)) for language in LANGUAGES}
    for part in one.questions:
        if len({(len(asked.answers), asked.right) for asked in (question(name, part, of) for of in LANGUAGES)}) > 1:
            raise LessonError(f"lessons/{name}/lesson.py:1: {part} differs between the languages: answers are numbers")
    for language, parts in others.items():
        missing = others[DEFAULT] ^ parts
        if missing:
            raise LessonError(f"lessons/{name}/{language}.md:1: not in all languages: {', '.join(sorted(missing))}")


@cache
def check_texts(name: str, language: str) -> None:
    """Refuse broken texts of one language. Raises LessonError with file and line."""
    one = lesson(name)
    for part in one.questions:
        question(name, part, language)
    for goal in one.goals:
        goal_text(name, goal, language)
    for preset in one.presets:
        preset_label(name, preset, language)
    if one.symbols:
        symbols_text(name, language)
    for part, section in sections(name, language).items():
        _known(one, part, section)
        for path in re.findall(r"\]\(/([\w-]*)\)", section.text):
            if path not in pages():
                raise section.broken(f"there is no page /{path}")


def pages() -> set[str]:
    """The addresses that a text may link to."""
    return {lesson(name).page for name in COURSE} | OTHERS


OTHERS = {"glossary", "progress", "characters", "fewshot-maml", "fewshot-reptile", "compare", "draw", "runs", "speed"}


def folders() -> list[str]:
    """Every folder that holds a lesson."""
    return sorted(path.parent.name for path in FOLDER.glob("*/lesson.py"))


def _known(one: Lesson, part: str, section: Section) -> None:
    kind, _, rest = part.partition(" ")
    known = {"goal": one.goals, "preset": one.presets, "check": [str(i + 1) for i in range(one.checks)]}
    if rest and kind in known and rest not in known[kind]:
        raise section.broken(f"lesson.py knows no {kind} '{rest}'")


def _entries(section: Section) -> tuple[str, tuple[Answer, ...]]:
    """The text before the entries, and the entries, each with the lines below it that are indented."""
    before: list[str] = []
    found: list[tuple[int, bool, str, list[str]]] = []
    for i, line in enumerate(section.text.splitlines(), 1):
        entry = _ENTRY.fullmatch(line)
        if entry:
            found.append((i, entry["right"] == "x", entry["text"].strip(), []))
        elif found and line.startswith("  "):
            found[-1][3].append(line.strip())
        elif found and line.strip():
            raise section.broken("what follows an answer is its reason, and is indented by two spaces", i)
        else:
            before.append(line)
    if not "\n".join(before).strip():
        raise section.broken("there is no question above the answers")
    for i, _, text, reason in found:
        if not reason:
            raise section.broken(f"the answer '{text[:40]}' has no reason below it", i)
    answers = tuple(Answer(text, right, " ".join(reason)) for _, right, text, reason in found)
    return "\n".join(before).strip(), answers
