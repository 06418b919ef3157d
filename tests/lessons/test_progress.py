"""A learner's progress as data: what counts, what is read again, what is refused."""

import json

import pytest

from lessons.engine.course import COURSE, lesson, question
from lessons.engine.progress import LARGEST, Progress, ProgressError, from_text


def some() -> Progress:
    found = Progress(place="maml")
    found.answer("maml", "predict", 0)
    found.answer("maml", "check 1", question("maml", "check 1").right)
    found.goals.add("maml/worse")
    return found


def test_the_first_answer_counts_and_a_prediction_is_not_judged():
    found = some()
    assert found.score("maml") == (1, 1)
    wrong = (question("maml", "check 2").right + 1) % 3
    found.answer("maml", "check 2", wrong)
    found.answer("maml", "check 2", question("maml", "check 2").right)
    assert found.score("maml") == (1, 2)
    assert found.answers["maml/check 2"] == (wrong, question("maml", "check 2").right)


def test_a_lesson_is_done_step_by_step():
    found = some()
    assert found.share("maml") == 3 / len(lesson("maml").steps)
    assert found.done("maml", "goal worse") and not found.done("maml", "check 3")
    assert all(found.share(name) == 0 for name in COURSE if name != "maml")


def test_it_is_read_again_as_it_was_written():
    assert from_text(some().to_text()) == some()


def test_two_are_merged_and_the_nearer_answer_stands():
    other = Progress(place="ntm", goals={"ntm/fail"})
    other.answer("maml", "predict", 2)
    found = some().merged(other)
    assert found.answers["maml/predict"] == (0, 0) and found.goals == {"maml/worse", "ntm/fail"}
    assert found.place == "maml"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"format": 0}', "[" * 20_000, "x" * (LARGEST + 1), b"\xff\xfe"]
)
def test_what_is_no_progress_is_refused_in_words(text):
    with pytest.raises(ProgressError, match="the file"):
        from_text(text)


def test_what_this_course_does_not_know_is_left_out():
    told = json.loads(some().to_text())
    told["answers"] |= {"maml/check 9": [0, 0], "none/predict": [0, 0], "ntm/predict": [9, 0]}
    told["answers"] |= {"ntm/check 1": "x", "ntm/check 2": [True, 0]}
    told["goals"] += ["none/none", 3]
    told["place"] = ["maml"]
    found = from_text(json.dumps(told))
    assert found.answers == some().answers and found.goals == some().goals and found.place == ""
