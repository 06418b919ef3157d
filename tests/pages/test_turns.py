"""Runs and questions of many learners, as a page shows them."""

import pytest

from core.methods.maml.config import MamlConfig
from core.runtime.answers import BusyError, UnavailableError
from core.runtime.pool import REPLACED
from core.runtime.shared import pool
from tests.core.waiting import until
from tests.pages.test_fewshot_pages import open_page
from tests.pages.test_pages import words

ME = "f" * 32
BROWSER = {"_learner": ME, "_progress_loaded": True}  # as if the browser had said who the learner is


def opened(page: str, **link: str):
    at = open_page(page, **link)
    for name, value in BROWSER.items():
        at.session_state[name] = value
    return at.run()


def test_a_run_is_found_again_after_a_reload_and_by_nobody_else():
    job = pool().start(MamlConfig(iterations=1_000_000), ME, page="maml")
    until(lambda: len(job.steps) > 1)
    at = opened("maml")
    assert at.session_state["_runs_maml"] == [job]
    cancel = next(one for one in at.button if one.label == "Cancel")
    assert not cancel.disabled
    assert "_runs_maml" not in open_page("maml").session_state or not open_page("maml").session_state["_runs_maml"]
    cancel.click().run()
    until(lambda: job.over)


def test_a_run_that_another_one_has_replaced_says_so():
    job = pool().start(MamlConfig(iterations=1_000_000), ME, page="maml")
    at = opened("maml")
    other = pool().start(MamlConfig(iterations=20, test_tasks=10), ME, page="reptile")
    until(lambda: job.settled and other.over)
    assert f"It ended because {REPLACED}" in words(at.run())


@pytest.mark.parametrize("again", [True, False])
def test_a_question_that_fails_is_not_asked_for_ever(monkeypatch, again):
    asked = []

    def ask(*_: object) -> None:
        asked.append(1)
        raise UnavailableError("the run stopped because of an error in the program (KeyError)", again)

    monkeypatch.setattr(pool(), "ask", ask)
    at = open_page("first_order")
    assert "error in the program" in words(at)
    assert any(one.label == "Try again" for one in at.button) is again
    assert len(asked) <= 3 and not any("warming up" in one.value for one in at.info)


def test_a_question_that_waits_is_told_its_place(monkeypatch):
    def ask(*_: object) -> None:
        raise BusyError(3)

    monkeypatch.setattr(pool(), "ask", ask)
    monkeypatch.setattr(pool(), "place_of", lambda _: 3)
    assert "3 questions are before this one" in words(open_page("first_order"))
