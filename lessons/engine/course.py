"""The course: its lessons in order, with their questions and goals.

A lesson is a folder: texts in each language, and `lesson.py` with a `LESSON`. Questions and goals
are sections of the text, named in `lesson.py`, and look like this:

    ## check 1
    What does the outer loop of MAML move?

    - [x] The initialization θ.
      Yes: the copies φ are thrown away.
    - [ ] Each task's copy φ.
      Those move in the *inner* loop, and are thrown away after each outer update.

Every answer has its own reason below it. A goal has two such entries, the text shown once it is
reached (`[x]`) and the text shown until then (`[ ]`), with numbers from the screen in braces: {rate:.2f}.
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
    "characters",
    "maml",
    "first_order",
    "reptile",
    "fewshot_maml",
    "fewshot_reptile",
    "what_adapts",
    "siamese",
    "matching",
    "ntm",
    "mann",
    "in_context",
    "choosing",
    "reading",
)
CHECKS = 3  # the minimum of a lesson

Facts = Mapping[str, float]
_ENTRY = re.compile(r"- \[(?P<right>[x ])\] (?P<text>.+)")


@dataclass(frozen=True)
class Goal:
    """A state of the screen to reach by experiment: `reached` decides it from the facts named in `facts`."""

    facts: tuple[str, ...]
    reached: Callable[[Facts], bool]


@dataclass(frozen=True)
class Lesson:
    """The structure of a lesson.

    page: the address of its page; minutes: how long it takes; goals: by name; presets: values for the controls
    of the page, by name of the preset and of the control, each with a label in the text, `## preset NAME`;
    symbols: the facts of the screen that `## symbols` shows as current values of the formulas' symbols;
    lights: for symbols of `## explain`, in TeX, the parts of the stage that they light up, with spaces between them;
    labs: what the learner writes here, by names of `core.labs.catalog`.
    """

    page: str
    minutes: int
    goals: Mapping[str, Goal]
    checks: int = CHECKS
    presets: Mapping[str, Mapping[str, float | str]] = field(default_factory=dict)
    symbols: tuple[str, ...] = ()
    labs: tuple[str, ...] = ()
    lights: Mapping[str, str] = field(default_factory=dict)

    @property
    def questions(self) -> tuple[str, ...]:
        """The names of the sections that are questions, the prediction first."""
        return "predict", *(f"check {i + 1}" for i in range(self.checks))

    @property
    def steps(self) -> tuple[str, ...]:
        """The names of all questions, goals and labs of the lesson."""
        return *self.questions, *(f"goal {name}" for name in self.goals), *(f"lab {name}" for name in self.labs)


@dataclass(frozen=True)
class Answer:
    """An answer that a learner can choose, and the reason why it is right or wrong."""

    text: str
    right: bool
    reason: str


@dataclass(frozen=True)
class Question:
    """A question and its answers, exactly one of which is right."""

    text: str
    answers: tuple[Answer, ...]

    @property
    def right(self) -> int:
        """The number of the right answer, from 0."""
        return next(i for i, answer in enumerate(self.answers) if answer.right)


@dataclass(frozen=True)
class GoalText:
    """The texts of a goal: what to reach, the text once it is reached, the text before, and its part about the screen;
    all but the first with {facts}.
    """

    text: str
    reached: str
    not_yet: str
    screen: str


@cache
def lesson(name: str) -> Lesson:
    """Return the lesson in folder `name`. Raises LessonError."""
    try:
        content = import_module(f"lessons.{name}.lesson").LESSON
    except (ModuleNotFoundError, AttributeError):
        raise LessonError(f"lessons/{name}/lesson.py:1: there is no LESSON in it") from None
    assert isinstance(content, Lesson)
    return content


def question(name: str, part: str, language: str = "") -> Question:
    """Return the question in section `part` of lesson `name`, in `language` or else in the learner's language.

    Raises LessonError with file and line.
    """
    return _question(name, part, language or now())


@cache
def _question(name: str, part: str, language: str) -> Question:
    section = find(name, part, language)
    text, answers = _entries(section)
    if len(answers) < 2:
        raise section.broken("a question needs at least two answers: lines that begin with '- [ ]' or '- [x]'")
    if sum(answer.right for answer in answers) != 1:
        raise section.broken("exactly one answer must be right: '- [x]'")
    return Question(text, answers)


def goal_text(name: str, goal: str, language: str = "") -> GoalText:
    """Return the texts of a goal of lesson `name`, like `question`. Raises LessonError with file and line."""
    return _goal_text(name, goal, language or now())


@cache
def _goal_text(name: str, goal: str, language: str) -> GoalText:
    section = find(name, f"goal {goal}", language)
    text, entries = _entries(section)
    if [entry.right for entry in entries] not in ([True, False], [False, True]):
        raise section.broken("a goal needs one entry '- [x]' for when it is reached and one '- [ ]' for until then")
    texts = {entry.right: f"{entry.text} {entry.reason}" for entry in entries}
    for template in texts.values():
        _only(section, template, lesson(name).goals[goal].facts)
    (screen,) = (entry.reason for entry in entries if not entry.right)
    return GoalText(text, texts[True], texts[False], screen)


def symbols_text(name: str, language: str = "") -> str:
    """Return the text on the symbols' current values, with {facts}. Raises LessonError with file and line."""
    section = find(name, "symbols", language)
    _only(section, section.text, lesson(name).symbols)
    return section.text.strip()


def _only(section: Section, text: str, facts: tuple[str, ...]) -> None:
    """Refuse a text with a fact in braces that it does not get."""
    try:
        used = [fact for _, fact, _, _ in Formatter().parse(text) if fact is not None]
    except ValueError as error:
        raise section.broken(f"the braces do not fit: {error}") from None
    for fact in used:
        if fact not in facts:
            raise section.broken(f"{{{fact}}} is not among the facts that it gets: {', '.join(facts)}")
    try:
        text.format(**dict.fromkeys(facts, 1.0))
    except (ValueError, LookupError, AttributeError) as error:
        raise section.broken(f"a number in braces cannot be written so: {error}") from None


def preset_label(name: str, preset: str, language: str = "") -> str:
    """Return the label of a preset's button. Raises LessonError."""
    return find(name, f"preset {preset}", language).text.strip()


def check(name: str) -> None:
    """Refuse a broken lesson. Raises LessonError with file and line."""
    plan = lesson(name)
    if plan.checks < CHECKS or not plan.goals:
        raise LessonError(f"lessons/{name}/lesson.py:1: a lesson has {CHECKS} checks and one goal at least")
    for language in LANGUAGES:
        check_texts(name, language)
    names = {language: set(sections(name, language)) for language in LANGUAGES}
    for part in plan.questions:
        if len({(len(q.answers), q.right) for q in (question(name, part, language) for language in LANGUAGES)}) > 1:
            raise LessonError(f"lessons/{name}/lesson.py:1: {part} differs between the languages: answers are numbers")
    for language, parts in names.items():
        missing = names[DEFAULT] ^ parts
        if missing:
            raise LessonError(f"lessons/{name}/{language}.md:1: not in all languages: {', '.join(sorted(missing))}")


@cache
def check_texts(name: str, language: str) -> None:
    """Refuse broken texts of one language. Raises LessonError with file and line."""
    plan = lesson(name)
    for part in plan.questions:
        question(name, part, language)
    for goal in plan.goals:
        goal_text(name, goal, language)
    for preset in plan.presets:
        preset_label(name, preset, language)
    if plan.symbols:
        symbols_text(name, language)
    for tex in plan.lights:
        if tex not in find(name, "explain", language).text:
            raise find(name, "explain", language).broken(f"lesson.py lights the symbol {tex}, which is not in it")
    for part, section in sections(name, language).items():
        _known(plan, part, section)
        for path in re.findall(r"\]\(/([\w-]*)[?#)]", section.text):
            if path not in pages():
                raise section.broken(f"there is no page /{path}")


def pages() -> set[str]:
    """Return the addresses that a text may link to."""
    return {lesson(name).page for name in COURSE} | OTHERS


OTHERS = {"glossary", "progress", "compare", "draw", "runs", "speed"}


def folders() -> list[str]:
    """Return the names of all folders that hold a lesson."""
    return sorted(path.parent.name for path in FOLDER.glob("*/lesson.py"))


def _known(plan: Lesson, part: str, section: Section) -> None:
    kind, _, rest = part.partition(" ")
    known = {"goal": plan.goals, "preset": plan.presets, "check": [str(i + 1) for i in range(plan.checks)]}
    if rest and kind in known and rest not in known[kind]:
        raise section.broken(f"lesson.py knows no {kind} '{rest}'")


def _entries(section: Section) -> tuple[str, tuple[Answer, ...]]:
    """Return the text before the entries, and the entries, each with the indented lines below it as its reason."""
    before: list[str] = []
    entries: list[tuple[int, bool, str, list[str]]] = []
    for i, line in enumerate(section.text.splitlines(), 1):
        entry = _ENTRY.fullmatch(line)
        if entry:
            entries.append((i, entry["right"] == "x", entry["text"].strip(), []))
        elif entries and line.startswith("  "):
            entries[-1][3].append(line.strip())
        elif entries and line.strip():
            raise section.broken("what follows an answer is its reason, and is indented by two spaces", i)
        else:
            before.append(line)
    if not "\n".join(before).strip():
        raise section.broken("there is no question above the answers")
    for i, _, text, reason in entries:
        if not reason:
            raise section.broken(f"the answer '{text[:40]}' has no reason below it", i)
    answers = tuple(Answer(text, right, " ".join(reason)) for _, right, text, reason in entries)
    return "\n".join(before).strip(), answers
