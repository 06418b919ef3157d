"""The pages of characters by AppTest, on Omniglot where it is at hand and on generated glyphs everywhere."""

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.runtime.job import Job
from core.tasks import omniglot
from lessons.demos import fewshot
from lessons.engine.content import section
from tests.conftest import HAS_REAL
from tests.pages.conftest import ended
from tests.pages.test_pages import words

PAGES = Path(__file__).parents[2] / "pages"
GLYPHS = {"data": "generated glyphs"}
SHOWN = {"episode_answers": "with the answers"}
FEWSHOT = ["fewshot_maml", "fewshot_reptile"]


def open_page(name: str, **link: str) -> AppTest:
    linked = name in ("characters", "home")  # they link to other pages, which only the navigation knows
    at = AppTest.from_file(str(PAGES / ("main.py" if linked else f"{name}.py")), default_timeout=40)
    if linked:
        at.switch_page(f"{name}.py")
    for key, value in link.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception, at.exception
    return at


def button(at: AppTest, label: str):
    return next(b for b in at.button if b.label == label)


@pytest.mark.parametrize("name", [*FEWSHOT, "characters"])
def test_a_page_opens_on_what_data_there_are(name):
    at = open_page(name)
    assert at.title[0].value == section(name, "title")
    assert not at.error and not at.warning
    generated = any("Generated glyphs" in one.value for one in at.caption)
    assert generated != HAS_REAL


@pytest.mark.parametrize("name", [*FEWSHOT, "characters"])
def test_generated_glyphs_are_always_labelled(name):
    at = open_page(name, **GLYPHS)
    assert any("Generated glyphs" in one.value and "not Omniglot" in one.value for one in at.caption)


@pytest.mark.parametrize("name", FEWSHOT)
def test_the_demo_says_how_many_queries_are_right_after_each_step(name):
    at = open_page(name, **GLYPHS, **SHOWN)
    assert "After 1 step" in words(at) and "of 15 queries right" in words(at)
    at.slider(key="steps").set_value(0).run()
    assert "Before any step" in words(at)
    at.slider(key="steps").set_value(5).run()
    assert "After 5 steps" in words(at)
    at.number_input(key="task").set_value(7).run()
    assert "of 15 queries right" in words(at)
    assert not at.exception


def test_a_new_episode_has_its_own_link():
    at = open_page("fewshot_maml", **GLYPHS)
    button(at, "New episode").click().run()
    assert at.number_input(key="task").value != 1
    assert not at.exception


@pytest.mark.parametrize(
    ("picked", "says"),
    [
        ("1.2.3.4.99999", "does not exist"),
        ("1.2.3", "needs 5 different"),
        ("1.1.2.3.4", "needs 5 different"),
        ("<script>", "is not a list of characters"),
        ("-1.2.3.4.5", "does not exist"),
    ],
)
def test_characters_of_a_link_that_cannot_be_used_are_said(picked, says):
    at = open_page("fewshot_maml", **GLYPHS, **SHOWN, picked=picked)
    assert any(says in warning.value for warning in at.warning)
    assert "of 15 queries right" in words(at)


def test_own_characters_go_from_the_browser_to_the_demo():
    picked = "3.40.77.120.500"
    at = open_page("characters", **GLYPHS, picked=picked)
    assert "Your own episode" in words(at)
    linked = [link.proto.query_string for link in at.get("page_link")]
    assert any(query.startswith(f"picked={picked}&data=generated+glyphs") for query in linked)
    at = open_page("fewshot_maml", **GLYPHS, **SHOWN, picked=picked)
    assert not at.warning and "of 15 queries right" in words(at)


def test_the_browser_leaves_out_what_does_not_exist():
    at = open_page("characters", **GLYPHS, picked="5.abc.99999.6.6")
    assert any("left out" in warning.value for warning in at.warning)
    assert "Click 3 more" in words(at)


def test_the_browser_walks_alphabets_and_drawers():
    at = open_page("characters", **GLYPHS)
    at.selectbox(key="alphabet").set_value("generated alphabet 4").run()
    assert "generated alphabet 4, character 1, drawn by 20 hands" in words(at)
    assert "training alphabet" not in words(at), "the shipped networks have trained on none of them"
    at.number_input(key="character").set_value(9).run()
    assert "generated alphabet 4, character 9" in words(at)
    at.selectbox(key="alphabet").set_value("generated alphabet 44").run()
    assert "generated alphabet 44, character 9" in words(at)
    assert not at.exception


def test_an_episode_of_any_shape_is_drawn():
    at = open_page("characters", **GLYPHS, n="10", k="5", split="new alphabets")
    assert "10 classes, 50 pictures to learn from" in words(at)
    at = open_page("characters", **GLYPHS, n="99", k="0")
    assert at.slider(key="n").value == 10 and at.slider(key="k").value == 1
    assert len(at.warning) == 2


def test_an_alphabet_of_a_link_that_does_not_exist_is_said():
    at = open_page("characters", **GLYPHS, alphabet="Klingon")
    assert any("Klingon" in warning.value for warning in at.warning)


@pytest.mark.parametrize("name", FEWSHOT)
def test_the_stepper_walks_every_event_of_an_episode(name):
    at = open_page(name, **GLYPHS)
    seen = []
    for _ in range(5):
        seen.append(next(m.value for m in at.markdown if m.value.startswith("**Event")))
        forward = next(b for b in at.button if b.label == "Forward")
        if not forward.disabled:
            forward.click().run()
    assert [text.split(": ")[1].rstrip("*") for text in seen] == [
        "tasks drawn", "inner step 1", "inner step 2", "outer arrows", "theta moves",
    ]  # fmt: skip
    assert not at.exception


def wait_for_end(at: AppTest, key: str, seconds: float = 300) -> Job:
    at.run()  # while it trains; then the run has both cores, and no page is drawn again and again
    job = ended(at.session_state[f"_runs_{key}"][-1], seconds)
    at.run()
    return job


@pytest.mark.parametrize("name", FEWSHOT)
def test_retraining_on_characters_joins_the_demo(name):
    at = open_page(
        name, **GLYPHS, **SHOWN, iterations="100", meta_batch="2", inner_steps="1" if name == "fewshot_maml" else "2"
    )
    button(at, "Retrain").click().run()
    job = wait_for_end(at, name)
    assert job.state == "done", job.reason
    assert job.steps[-1].accuracy_after is not None
    assert "init of your run" in words(at)
    assert "*Before* adapting it has" in words(at)
    assert not at.exception


def test_without_omniglot_everything_runs_on_glyphs_and_a_download_is_offered(monkeypatch):
    monkeypatch.setattr(omniglot, "available", lambda: False)
    at = open_page("fewshot_maml", data="Omniglot", **SHOWN)
    assert "Omniglot is not on this machine" in words(at)
    assert any("generated glyphs" in warning.value for warning in at.warning)
    assert "of 15 queries right" in words(at)
    assert button(at, "Download Omniglot")


def test_a_failed_download_is_said_and_can_be_tried_again(monkeypatch):
    monkeypatch.setattr(omniglot, "available", lambda: False)
    at = open_page("characters")
    job = Job(config=None, owner="")  # type: ignore[arg-type]
    job.state, job.reason = "failed", "https://somewhere could not be downloaded: Name or service not known"
    at.session_state["_download"] = job
    at.run()
    assert "could not be downloaded" in at.error[0].value
    assert button(at, "Download Omniglot")


def test_damaged_data_are_said_in_words(monkeypatch):
    from core.tasks.download import DataError

    def damaged(_):
        raise DataError("images_background.zip is damaged or cannot be read")

    monkeypatch.setattr(fewshot, "characters", damaged)
    at = open_page("fewshot_maml")
    assert "is damaged" in at.error[0].value


def test_a_missing_checkpoint_is_said_in_words(monkeypatch):
    monkeypatch.setitem(fewshot.RUNS, "maml", "nowhere")
    fewshot.recorded.cache_clear()
    at = open_page("fewshot_maml")
    assert "cannot be read" in at.error[0].value
    fewshot.recorded.cache_clear()


def test_a_remembered_answer_belongs_to_its_question(monkeypatch):
    from core.demos.questions import Trace
    from core.methods.maml.config import MamlConfig
    from core.tasks.config import Episodes
    from pages.session import questions

    asked = []
    monkeypatch.setattr(questions, "ask", lambda config: asked.append(config) or [len(asked)])
    monkeypatch.setattr(questions.st, "session_state", {})
    one, other = (Trace(MamlConfig(task=Episodes(data=data))) for data in ("omniglot", "glyphs"))
    assert [questions.remembered("trace", config) for config in (one, one, other, one)] == [[1], [1], [2], [3]]


def test_a_page_says_which_drawings_were_turned_round(monkeypatch):
    whole = replace(fewshot.characters("glyphs"), turned=("images_background.zip",))
    monkeypatch.setattr(fewshot, "characters", lambda data: whole)
    for lang, says in (
        ("English", "in images_background.zip are white on black"),
        ("中文", "images_background.zip 中的图"),
    ):
        at = open_page("fewshot_maml", lang=lang, **GLYPHS)
        assert any(says in one.value for one in at.caption)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("data", ["generated glyphs", "生成的字形"])
def test_a_choice_in_a_link_of_either_language_is_kept(lang, data):
    at = open_page("fewshot_maml", lang=lang, data=data)
    assert at.segmented_control(key="data").value == "generated glyphs" and not at.warning
