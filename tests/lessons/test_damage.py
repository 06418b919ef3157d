"""Damaged input of the course: texts of lessons and stored progress are refused in words, whatever is in them.

`DAMAGES=100000 python -m pytest tests/lessons/test_damage.py` tries more than the suite does.
"""

import json
import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from lessons.engine import content, course
from lessons.engine.content import LessonError, sections
from lessons.engine.course import COURSE, lesson, question
from lessons.engine.progress import MOST_ANSWERS, Progress, ProgressError, from_text

DAMAGES = int(os.environ.get("DAMAGES", "2000"))
VALUES: list[Any] = [
    None, True, -1, 0, 1, 9, 10**30, 1.5, float("nan"), float("inf"), "", "maml", "\ud800", "x" * 300, [], [0], [0, 1],
    [0, 1, 2], [[0], 1], {}, {"a": 1}, "maml/predict",
]  # fmt: skip


def whole() -> Progress:
    """The progress of a learner who has done all."""
    progress = Progress(place="ntm")
    for name in COURSE:
        plan = lesson(name)
        for part in plan.questions:
            progress.answer(name, part, question(name, part).right)
        progress.goals |= {f"{name}/{goal}" for goal in plan.goals}
    return progress


def damaged(text: str, dice: random.Random) -> str | bytes:
    """The text with a value of another type in it, or with bytes changed, cut or doubled."""
    if dice.random() < 0.5:
        content = json.loads(text)
        key = dice.choice([*content, "new"])
        inner = content.get(key)
        if isinstance(inner, dict) and dice.random() < 0.7:
            inner[dice.choice([*inner, "maml/check 9", "x/y"])] = dice.choice(VALUES)
        elif isinstance(inner, list) and dice.random() < 0.7:
            inner.insert(dice.randrange(len(inner) + 1), dice.choice(VALUES))
        else:
            content[key] = dice.choice(VALUES)
        return json.dumps(dice.choice([content, [content], dice.choice(VALUES)]) if dice.random() < 0.1 else content)
    data = bytearray(text.encode())
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(data))
        match dice.randrange(4):
            case 0:
                data[at] = dice.randrange(256)
            case 1:
                del data[at : at + dice.randrange(1, 40)]
            case 2:
                data[at:at] = data[at : at + dice.randrange(1, 40)]
            case _:
                data[at:at] = dice.choice([b"[" * 3000, b"9" * 5000, b"\x00", b"\\ud800", b"1e999", b"NaN"])
    return bytes(data)


def test_damaged_progress_is_refused_in_words_or_read_within_bounds():
    text, read = whole().to_text(), 0
    for number in range(DAMAGES):
        try:
            progress = from_text(damaged(text, random.Random(number)))
        except ProgressError as error:
            assert "the file" in str(error)
            continue
        read += 1
        assert progress.place in ("", *COURSE)
        for key, chosen in progress.answers.items():
            name, _, part = key.partition("/")
            assert all(type(one) is int and 0 <= one < len(question(name, part).answers) for one in chosen)
        assert progress.goals <= {f"{name}/{goal}" for name in COURSE for goal in lesson(name).goals}
        for name in COURSE:
            assert 0 <= progress.share(name) <= 1 and progress.score(name)[0] <= 3
        assert from_text(progress.to_text()) == progress
    assert DAMAGES / 10 < read < DAMAGES


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of all texts, from which the course reads."""
    shutil.copytree(content.FOLDER, tmp_path / "lessons", ignore=shutil.ignore_patterns("*.npz", "*.py", "__pycache__"))
    monkeypatch.setattr(content, "FOLDER", tmp_path / "lessons")
    forget()
    yield tmp_path / "lessons"
    forget()


def forget() -> None:
    for cached in (sections, course._question, course._goal_text, course.check_texts):
        cached.cache_clear()


def test_an_answer_is_not_lost_where_the_text_of_its_lesson_is_damaged(copied: Path):
    text = whole().to_text()
    for damage in (b"", b"\xff\xfe", b"## title\n"):
        (copied / "maml" / "en.md").write_bytes(damage)
        forget()
        assert from_text(text).answers == json.loads(text, object_hook=as_tuples)["answers"]
    assert (
        max(len(question(name, part).answers) for name in COURSE if name != "maml" for part in lesson(name).questions)
        < MOST_ANSWERS
    )


def as_tuples(node: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) and len(value) == 2 else value for key, value in node.items()}


def test_a_damaged_text_is_refused_with_its_place(copied: Path):
    file, refused = copied / "maml" / "en.md", 0
    text = file.read_bytes()
    for number in range(max(DAMAGES // 20, 1)):
        dice, data = random.Random(number), bytearray(text)
        for _ in range(dice.randint(1, 6)):
            at = dice.randrange(len(data))
            data[at : at + dice.randrange(0, 60)] = dice.choice(
                [b"", b"{", b"}", b"{x}", b"\n## ", b"- [x]", b"\xff", b":zz"]
            )
        file.write_bytes(data)
        forget()
        try:
            course.check_texts("maml", "en")
        except LessonError as error:
            refused += 1
            assert str(error).startswith("lessons/maml/")
            continue
        for goal, plan in lesson("maml").goals.items():
            texts = course.goal_text("maml", goal, "en")
            assert texts.reached.format(**dict.fromkeys(plan.facts, 0.5))
    assert refused
