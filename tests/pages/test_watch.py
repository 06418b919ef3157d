"""Watch it learn, on its pages: the moments of the shipped run, and of a run of the learner's."""

import pytest

from lessons.demos import layers, moments
from pages.sections import chapters
from tests.pages.conftest import ended
from tests.pages.test_lessons import DATA, opened
from tests.pages.test_pages import retrain, words

LEARN = {"chapter": "Watch it learn"}


@pytest.fixture(autouse=True)
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chapters, "wants_all", lambda: False)


@pytest.mark.parametrize("name", moments.RUNS)
def test_each_moment_of_the_shipped_run_is_shown(name):
    page, _, learner = name.partition("_adapts_")  # a page may have several methods that learn
    chosen = {"learner": layers.NAMES[learner]} if learner else {}
    at = opened(f"{page}_adapts" if learner else page, **LEARN, **chosen)
    slider = at.select_slider(key="moment")
    assert len(slider.options) >= 20 and slider.value == len(slider.options) - 1
    assert f"**After {moments.recorded_for(name, 'glyphs' if name in DATA else '')[-1][0]} outer updates**" in words(at)
    slider.set_value(0).run()
    assert "**After 0 outer updates**" in words(at) and "At the end of the run" in words(at)
    assert not at.exception


def test_the_learners_run_has_moments_too():
    at = opened("maml", **LEARN, learn_part="Train it yourself", iterations="200")
    retrain(at)
    job = ended(at.session_state["_runs_maml"][-1])
    at.segmented_control(key="learn_part").set_value("Moments").run()
    at.selectbox(key="_watched_maml").select_index(1).run()
    at.select_slider(key="moment").set_value(0).run()
    assert "**After 0 outer updates**" in words(at) and "At the end of the run" not in words(at)
    at.select_slider(key="moment").set_value(20).run()
    assert f"**After {job.config.iterations} outer updates**" in words(at)


def test_it_plays():
    at = opened("reptile", **LEARN, moment="20")
    at.toggle(key="_plays_reptile").set_value(True).run()
    assert at.select_slider(key="moment").value <= 1


def test_a_link_holds_the_updates():
    at = opened("maml", **LEARN, moment="590")
    assert "**After 590 outer updates**" in words(at)
    at = opened("maml", **LEARN, moment="591")
    assert "**After 50000 outer updates**" in words(at) and "none of the stops" in words(at)
