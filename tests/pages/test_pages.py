"""Every page by AppTest: it runs, says what it should, and survives what a link may ask of it."""

import shutil
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from lessons.engine import content, course
from lessons.engine.content import section
from lessons.engine.language import minus
from pages.session import progress
from tests.pages.conftest import ended

MAIN = str(Path(__file__).parents[2] / "pages" / "main.py")
PAGES = ["home", "tasks", "maml", "reptile"]


def open_page(name: str, **link: str) -> AppTest:
    """The page as a link opens it; the home page goes through the navigation, as a visitor does."""
    at = AppTest.from_file(MAIN if name == "home" else str(Path(MAIN).with_name(f"{name}.py")), default_timeout=20)
    for key, value in link.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception, at.exception
    return at


def words(at: AppTest) -> str:
    return "\n".join(one.value for kind in ("title", "markdown", "info", "warning", "error") for one in at.get(kind))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_with_its_title_and_no_error(name):
    at = open_page(name)
    assert at.title[0].value == section(name, "title")
    assert not at.error and not at.warning


def test_a_browser_is_told_its_page_before_it_is_asked_anything(monkeypatch):
    """An answer that comes ahead of the page's name is taken for one of the first page, which is then shown."""
    order, navigation = list[str](), st.navigation
    monkeypatch.setattr(st, "navigation", lambda *args, **more: order.append("page") or navigation(*args, **more))
    monkeypatch.setattr(progress, "_store", lambda **_: order.append("question"))
    open_page("home")
    assert order[:2] == ["page", "question"]


@pytest.mark.parametrize("name", ["maml", "reptile"])
def test_the_demo_says_what_is_on_screen_and_follows_the_slider(name):
    at = open_page(name)
    assert "After 1 step" in words(at)
    at.slider(key="steps").set_value(7).run()
    assert "After 7 steps" in words(at)
    at.slider(key="steps").set_value(0).run()
    assert "No start has seen a point" in words(at)
    assert not at.exception


def test_a_large_inner_rate_is_shown_to_explode():
    at = open_page("maml")
    at.slider(key="rate").set_value(0.09).run()
    assert "grows more than tenfold" in words(at)
    assert not at.exception


def test_new_task_changes_the_task_and_its_link():
    at = open_page("maml")
    before = (at.slider(key="amplitude").value, at.slider(key="phase").value)
    next(b for b in at.button if b.label == "New task").click().run()
    assert (at.slider(key="amplitude").value, at.slider(key="phase").value) != before
    assert at.query_params["task"]
    assert not at.exception


@pytest.mark.parametrize(
    ("link", "key", "value"),
    [
        ({"steps": "99"}, "steps", 20),
        ({"steps": "-4"}, "steps", 0),
        ({"rate": "7"}, "rate", 0.1),
        ({"rate": "nonsense"}, "rate", 0.01),
        ({"amplitude": "1e99"}, "amplitude", 6.0),
    ],
)
def test_a_link_out_of_range_is_clamped_with_a_notice(link, key, value):
    at = open_page("maml", **link)
    assert at.slider(key=key).value == value
    assert any(key in warning.value and "allowed is" in warning.value for warning in at.warning)
    assert float(at.query_params.get(key, value)) == value, "the link now opens what is on screen"


def test_a_place_of_the_stage_out_of_the_plane_is_clamped_with_a_notice():
    at = open_page("maml", theta1="-3", plane_steps="many", surface="moon")
    state = at.session_state
    assert (state["theta1"], state["plane_steps"], state["surface"]) == (0.0, 3, "at")
    assert sum("allowed is" in warning.value for warning in at.warning) == 3


def test_a_choice_of_a_link_that_does_not_exist_is_said():
    at = open_page("maml", order="third order")
    assert any("order" in warning.value and "second order, first order" in warning.value for warning in at.warning)


def test_a_number_field_of_a_link_is_clamped_too():
    at = open_page("maml", meta_batch="100000", event="77")
    assert at.number_input(key="meta_batch").value == 256
    assert at.slider(key="event").value == 5
    assert len(at.warning) == 2


@pytest.mark.parametrize("points", ["1,2;junk", "nan,1", "1,2,3", ";;;", "<script>"])
def test_points_of_a_link_that_cannot_be_read_are_said_and_dropped(points):
    at = open_page("maml", points=points)
    assert any("points could not be read" in warning.value for warning in at.warning)
    assert "10 points" in words(at)


@pytest.mark.parametrize(("asked", "value"), [(80, 100), (-3, 100), (10**9, 50_000), (700, 700)])
def test_a_number_out_of_range_is_brought_into_it_and_said(asked: int, value: int):
    at = open_page("maml")
    at.number_input(key="iterations").set_value(asked).run()
    assert at.number_input(key="iterations").value == value
    said = [one.value for one in at.caption if "is not allowed: 100 to 50000" in one.value]
    assert said == (
        [minus(f"{asked:g}") + f" is not allowed: 100 to 50000. It is {value} now."] if asked != value else []
    )
    at.number_input(key="iterations").set_value(500).run()
    assert not [one for one in at.caption if "is not allowed" in one.value]
    assert not at.exception


def test_points_of_a_link_are_used():
    at = open_page("maml", points="-2,1;0,1.5;3,-1")
    assert "3 points" in words(at)
    assert not at.warning


def wait_for_end(at: AppTest, seconds: float = 120) -> None:
    at.run()  # while it trains
    ended(at.session_state["_runs_maml"][-1], seconds)
    at.run()


def retrain(at: AppTest) -> None:
    next(b for b in at.button if b.label == "Retrain").click().run()


def test_retrain_runs_in_a_worker_and_its_init_joins_the_demo():
    at = open_page("maml", iterations="300")
    retrain(at)
    wait_for_end(at)
    assert at.session_state["_runs_maml"][-1].state == "done"
    assert "init of your run" in words(at)
    assert "*before* adapting" in words(at)
    assert not at.exception


def test_a_diverging_run_is_said_in_words_and_keeps_its_curve():
    at = open_page("maml", inner_rate="10", inner_steps="5")
    retrain(at)
    wait_for_end(at)
    assert "no longer finite" in at.error[0].value and "try a smaller inner rate" in at.error[0].value
    assert at.session_state["_runs_maml"][-1].steps
    assert not at.exception


def test_two_sessions_do_not_see_each_others_runs():
    one, two = open_page("maml", iterations="50000"), open_page("maml", iterations="50000")
    retrain(one)
    retrain(two)
    assert one.session_state["_runs_maml"][0].id != two.session_state["_runs_maml"][0].id
    assert len(one.session_state["_runs_maml"]) == len(two.session_state["_runs_maml"]) == 1
    next(b for b in one.button if b.label == "Cancel").click().run()
    wait_for_end(one)
    assert one.session_state["_runs_maml"][0].state == "cancelled"
    assert not two.session_state["_runs_maml"][0].over
    next(b for b in two.button if b.label == "Cancel").click().run()
    wait_for_end(two)


@pytest.mark.parametrize("name", ["maml", "reptile"])
def test_the_stepper_walks_every_event(name):
    at = open_page(name)
    seen = []
    for _ in range(5):
        seen.append(next(m.value for m in at.markdown if m.value.startswith("**Event")))
        forward = next(b for b in at.button if b.label == "Forward")
        if forward.disabled:
            break
        forward.click().run()
    assert [text.split(": ")[1].rstrip("*") for text in seen] == [
        "tasks drawn", "inner step 1", "inner step 2", "outer arrows", "theta moves",
    ]  # fmt: skip
    next(b for b in at.button if b.label == "First").click().run()
    assert at.slider(key="event").value == 1
    assert not at.exception


def test_the_plane_says_the_angles_and_the_landscape():
    at = open_page("reptile")
    assert "point" in words(at) and "°" in words(at) and "The landscape" in words(at)
    at.query_params["plane_steps"] = "0"
    at.run()
    assert "The copies do not move" in words(at)
    assert not at.exception


@pytest.mark.parametrize(
    ("stars", "said", "kept"),
    [
        ("1,1;2,2;9,-1", "stars of the link were out of the plane", "1,1;2,2;5,0"),
        ("1,1;2,2", "stars could not be read", None),
        ("nan,1;1,1;2,2", "stars could not be read", None),
        ("1e99,1;1,1;2,2;", "stars could not be read", None),
        ("<b>,1;1,1;2,2", "stars could not be read", None),
    ],
)
def test_stars_of_a_link_are_brought_into_the_plane_or_dropped(stars, said, kept):
    at = open_page("first_order", stars=stars)
    assert any(said in warning.value for warning in at.warning)
    assert at.query_params.get("stars") in (kept, [kept])
    assert not at.exception


def test_tasks_page_shows_when_one_average_would_do():
    at = open_page("tasks")
    assert "narrow the phases" in words(at)
    at.slider(key="spread").set_value(0.2).run()
    assert "their average does well" in words(at)
    next(b for b in at.button if b.label == "Next task").click().run()
    next(b for b in at.button if b.label == "Draw again").click().run()
    assert not at.exception


def test_a_page_without_its_recorded_run_says_so(monkeypatch):
    from core.storage.checkpoints import CheckpointError
    from lessons.demos import sinusoid

    def broken(name: str) -> None:
        raise CheckpointError(f"{name}-sinusoid.npz is damaged or not a checkpoint")

    monkeypatch.setattr(sinusoid, "recorded", broken)
    at = AppTest.from_file(MAIN, default_timeout=20).run()
    at.switch_page("maml.py").run()
    assert not at.exception
    assert "cannot be read" in at.error[0].value


def test_a_cold_worker_is_said_and_the_recorded_fit_is_there(monkeypatch):
    from core.runtime.pool import Pool, UnavailableError

    def cold(self, config, timeout=0):
        raise UnavailableError("the worker is warming up; this takes a few seconds after the server starts")

    monkeypatch.setattr(Pool, "ask", cold)
    monkeypatch.setattr(Pool, "ready", lambda self: False)
    at = open_page("maml")
    assert "After 1 step" in words(at)
    assert "warming up" in words(at)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda file: file.write_bytes(b"\xff\xfe" + file.read_bytes()[:500]), "cannot be read"),
        (lambda file: file.unlink(), "has no text"),
        (lambda file: file.write_text(file.read_text().replace("## check 1", "## chick 1")), "no section '## check 1'"),
    ],
)
def test_a_damaged_lesson_file_is_said_on_its_page_and_spares_the_others(monkeypatch, tmp_path, damage, said):
    shutil.copytree(content.FOLDER, tmp_path / "lessons", ignore=shutil.ignore_patterns("*.py", "*.npz", "__pycache__"))
    damage(tmp_path / "lessons" / "home" / "en.md")
    monkeypatch.setattr(content, "FOLDER", tmp_path / "lessons")
    cached = (content.sections, course._question, course._goal_text, course.check_texts)
    for one in cached:
        one.cache_clear()
    try:
        at = AppTest.from_file(MAIN, default_timeout=20).run()
        assert not at.exception
        assert "home/en.md" in at.error[0].value and said in at.error[0].value
        assert open_page("maml").title
    finally:
        for one in cached:
            one.cache_clear()


def _two_clicks() -> None:
    import streamlit as st

    from core.methods.maml.config import MamlConfig
    from pages.sections import training

    for _ in range(2):
        training._start("maml", MamlConfig(iterations=50_000))
    runs = training.jobs_of("maml")
    st.text(f"{len(runs)} run")
    training._cancel(runs[-1])


def test_a_click_that_comes_twice_starts_one_run():
    assert AppTest.from_function(_two_clicks, default_timeout=20).run().text[0].value == "1 run"
