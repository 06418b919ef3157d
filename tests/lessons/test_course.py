"""The lessons as content: none is broken, and a broken one is refused with file and line."""

import re
import sys
from types import ModuleType

import pytest

from lessons.engine import content, course
from lessons.engine.content import LessonError
from lessons.engine.course import COURSE, Goal, Lesson
from lessons.engine.language import LANGUAGES

TEXT = """## title
A lesson
## predict
What now?

- [x] This.
  Because.
- [ ] That.
  No, because.
## check 1
One?

- [ ] a
  no
- [x] b
  yes
## check 2
Two?

- [ ] a
  no
- [x] b
  yes
## check 3
Three?

- [ ] a
  no
- [x] b
  yes
## goal far
Get far.

- [x] Reached:
  {x:.1f}.
- [ ] Not yet:
  {x:.1f}.
## preset one
One
"""
LESSON = Lesson("ours", 5, {"far": Goal(("x",), lambda facts: facts["x"] > 1)}, presets={"one": {"k": 1}})


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A function that checks a lesson with the given text and lesson.py."""
    monkeypatch.setattr(content, "FOLDER", tmp_path / "lessons")
    (tmp_path / "lessons" / "ours").mkdir(parents=True)
    module = ModuleType("lessons.ours.lesson")
    monkeypatch.setitem(sys.modules, "lessons.ours", ModuleType("lessons.ours"))
    monkeypatch.setitem(sys.modules, "lessons.ours.lesson", module)
    caches = (content.sections, course.lesson, course._question, course._goal_text, course.check_texts)

    def check(text=TEXT, lesson=LESSON, other=TEXT):
        for one in caches:
            one.cache_clear()
        for language, words in (("en", text), ("zh", other)):
            (tmp_path / "lessons" / "ours" / f"{language}.md").write_text(words)
        module.LESSON = lesson
        course.check("ours")

    yield check
    for one in caches:
        one.cache_clear()


@pytest.mark.parametrize("name", course.folders())
def test_no_lesson_is_broken(name):
    course.check(name)


def test_the_course_has_every_lesson_that_there_is():
    assert set(COURSE) == set(course.folders())


def test_a_whole_lesson_passes(written):
    written()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("- [x] This.\n  Because.", "- [x] This.", r"en.md:6: the answer 'This.' has no reason"),
        ("- [x] This.", "- [ ] This.", r"en.md:3: exactly one answer must be right"),
        ("- [ ] That.\n  No, because.\n", "", r"en.md:3: a question needs at least two answers"),
        ("What now?\n", "", r"en.md:3: there is no question above"),
        ("  No, because.", "  No, because.\nAnd more.", r"en.md:10: what follows an answer is its reason"),
        ("## check 3", "## check 4", r"en.md:1: there is no section '## check 3'"),
        ("## check 3", "## check 2", r"a second time"),
        ("## preset one", "## preset two", r"there is no section '## preset one'"),
        ("## title", "## preset two\nTwo\n## title", r"en.md:1: lesson.py knows no preset 'two'"),
        ("{x:.1f}.\n- [ ]", "{y:.1f}.\n- [ ]", r"en.md:31: \{y\} is not among the facts"),
        ("- [ ] Not yet:\n  {x:.1f}.\n", "", r"a goal needs one entry"),
        ("A lesson", "See [there](/nowhere).", r"en.md:1: there is no page /nowhere"),
    ],
)
def test_a_broken_text_is_refused_with_file_and_line(written, before, after, said):
    assert before in TEXT
    with pytest.raises(LessonError, match=said):
        written(TEXT.replace(before, after, 1))


def test_a_lesson_without_goals_or_with_too_few_checks_is_refused(written):
    for lesson in (Lesson("ours", 5, {}), Lesson("ours", 5, LESSON.goals, checks=2)):
        with pytest.raises(LessonError, match="3 checks and one goal"):
            written(lesson=lesson)


def test_a_symbol_that_the_explanation_does_not_have_is_refused(written):
    text = f"{TEXT}## explain\n$\\alpha$ is small.\n"
    lit = Lesson("ours", 5, LESSON.goals, presets=LESSON.presets, lights={r"\alpha": "rate"})
    written(text, lit, text)
    with pytest.raises(LessonError, match=r"zh.md:40: lesson.py lights the symbol \\alpha"):
        written(text, lit, text.replace("alpha", "beta"))


def test_languages_that_differ_are_refused(written):
    with pytest.raises(LessonError, match=r"lessons/ours/zh.md:1: there is no section '## check 3'"):
        written(other=TEXT[: TEXT.index("## check 3")])
    with pytest.raises(LessonError, match="predict differs between the languages"):
        written(other=TEXT.replace("- [x] This.", "- [ ] This.").replace("- [ ] That.", "- [x] That."))
    with pytest.raises(LessonError, match=r"zh.md:1: not in all languages: more"):
        written(text=TEXT + "## more\nMore.\n")


def test_a_missing_text_or_lesson_is_said(written, tmp_path):
    with pytest.raises(LessonError, match=r"lessons/none/en.md:1"):
        content.sections("none")
    with pytest.raises(LessonError, match=r"lessons/none/lesson.py:1"):
        course.lesson("none")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", COURSE)
def test_no_right_answer_is_known_by_its_length(name: str, language: str):
    for i in range(course.lesson(name).checks):
        answers = course.question(name, f"check {i + 1}", language).answers
        right = max(len(answer.text) for answer in answers if answer.right)
        wrong = max(len(answer.text) for answer in answers if not answer.right)
        assert right <= max(1.3 * wrong, wrong + 4), (
            f"check {i + 1}: the right answer has {right} characters, others {wrong}"
        )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", COURSE)
def test_what_happens_is_said_without_a_yes_or_a_no(name, language):
    """It is shown beside any guess, also a wrong one."""
    for answer in course.question(name, "predict", language).answers:
        assert not re.match(r"(Yes|No)\b|(对|是的|不|没错)[。，：]", answer.reason), answer.reason
