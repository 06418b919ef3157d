"""Missed checks come back after one, three and seven days, and stay away once they were right three times."""

import pytest

from lessons.engine import progress as engine
from lessons.engine.course import COURSE, question
from lessons.engine.progress import PAUSES, Progress, from_text

KEY, RIGHT = "maml/check 1", question("maml", "check 1").right
WRONG = (RIGHT + 1) % 3


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The day that it is, which a test may change."""
    now = [739_000]
    monkeypatch.setattr(engine, "today", lambda: now[0])
    return now


def test_a_missed_check_comes_back_after_one_three_and_seven_days(day):
    learner = Progress()
    learner.answer("maml", "check 1", WRONG)
    learner.answer("maml", "check 1", RIGHT)
    for pause in PAUSES:
        assert learner.reviews() == []
        day[0] += pause - 1
        assert learner.reviews() == []
        day[0] += 1
        assert learner.reviews() == [KEY]
        learner.reviewed(KEY, right=True)
    day[0] += 1000
    assert learner.reviews() == []


def test_missed_again_it_begins_again(day):
    learner = Progress()
    learner.answer("maml", "check 1", WRONG)
    day[0] += 1
    learner.reviewed(KEY, right=True)
    day[0] += 3
    learner.reviewed(KEY, right=False)
    assert learner.due[KEY] == (day[0] + 1, 0)


def test_what_was_right_and_what_was_guessed_never_come_back(day):
    learner = Progress()
    learner.answer("maml", "check 1", RIGHT)
    learner.answer("maml", "predict", (question("maml", "predict").right + 1) % 3)
    day[0] += 1000
    assert learner.reviews() == [] and not learner.due


def test_they_are_mixed_across_lessons_the_longest_overdue_first(day):
    learner = Progress()
    for name in reversed(COURSE):
        learner.answer(name, "check 2", (question(name, "check 2").right + 1) % 3)
        day[0] += 1
    assert learner.reviews() == [f"{name}/check 2" for name in reversed(COURSE)]


def test_it_is_kept_and_what_is_damaged_is_left_out(day):
    learner = Progress()
    learner.answer("maml", "check 1", WRONG)
    assert from_text(learner.to_text()) == learner
    for damaged in ("[739001, 4]", "[739001, -1]", "[0, 1]", "[true, 1]", "[1e9, 1]", "[5000000, 1]", "7", "null"):
        text = learner.to_text().replace("[739001, 0]", damaged)
        assert text != learner.to_text() and not from_text(text).due
