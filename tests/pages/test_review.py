"""Missed checks on Start and in Your progress: asked once their day has come, with the reason and the next day."""

import pytest

from lessons.engine.course import question
from lessons.engine.progress import Progress, today
from tests.pages.test_lessons import HERE, opened
from tests.pages.test_pages import words

MISSED = question("maml", "check 1")


def learner_of(days: int) -> Progress:
    progress = Progress()
    progress.answer("maml", "check 1", (MISSED.right + 1) % 3)
    progress.due["maml/check 1"] = (today() - days, 0)
    return progress


@pytest.mark.parametrize("name", ["home", "progress"])
def test_a_missed_check_is_asked_again_and_its_answer_kept(name):
    at = opened(name)
    assert "Once more" not in [one.value for one in at.header]
    at.session_state[HERE] = learner_of(days=0)
    at.run()
    assert MISSED.text in words(at) and "1 check that you missed" in words(at)
    at.radio(key="_review/maml/check 1").set_value(MISSED.right).run()
    assert MISSED.answers[MISSED.right].reason in [one.value for one in at.success]
    assert any("It comes back in 3 days." in one.value for one in at.caption)
    assert at.session_state[HERE].due["maml/check 1"] == (today() + 3, 1)
    at.run()
    assert not any(str(one.key).startswith("_review") for one in at.radio), "each is asked once"


def test_progress_that_is_forgotten_takes_the_questions_with_it():
    at = opened("progress")
    at.session_state[HERE] = learner_of(days=0)
    at.run()
    at.radio(key="_review/maml/check 1").set_value(MISSED.right).run()
    at.session_state[HERE] = Progress()
    at.run()
    assert not at.exception and "Once more" not in [one.value for one in at.header]


def test_one_whose_day_has_not_come_is_not_asked():
    at = opened("home")
    at.session_state[HERE] = learner_of(days=-1)
    at.run()
    assert not any(str(one.key).startswith("_review") for one in at.radio)


def test_the_summary_shows_questions():
    at = opened("progress")
    assert " ".join(MISSED.text.split()) in words(at) and "| check 1 |" not in words(at)
