"""The pages that compare all methods and let a learner draw, by AppTest."""

import json
import time

import pytest

from core.runtime.shared import pool
from lessons.demos import compare, draw
from lessons.demos.draw import Drawings, from_text
from lessons.engine.language import LANGUAGES, table
from tests.pages.test_fewshot_pages import GLYPHS, button, open_page
from tests.pages.test_pages import words


@pytest.mark.parametrize("kind", ["characters", "sinusoids"])
def test_all_play_and_what_is_noticed_is_on_screen(kind):
    at = open_page("compare", kind=kind, tasks="20", **GLYPHS)
    button(at, "Let them play").click().run()
    job = at.session_state["_contest"]
    assert pool().wait(job, 120).state == "done"
    at.run()
    assert ("is ahead" in words(at) or "are level" in words(at)) and "Of the networks" in words(at)
    table = at.dataframe[0].value
    assert len(table) == 10
    at.run()
    assert not at.exception


def test_published_figures_have_sources_and_ours_come_from_the_report():
    rows = compare.table()
    assert len(rows) == len(compare.published()) and all(row[3] for row in rows)
    measured = {(one["method"], one["setting"]): one for one in compare.ours()}
    assert measured["matching", "20-way 5-shot"]["score"] > 0.985
    slow = {("maml", "20-way 1-shot"), ("maml", "20-way 5-shot")}  # of which a thousand would take hours
    assert all(one["episodes"] == 1000 for what, one in measured.items() if what not in slow)
    assert compare.title_of(5, 1) == "Measured before on 1000 unseen episodes of Omniglot"
    assert compare.title_of(20, 5) == "Measured before on 60 to 1000 unseen episodes of Omniglot"
    at = open_page("compare", **GLYPHS)
    assert "| 98.5% | Vinyals et al. 2016, table 1 | cosine; ours: squared distance | not stated | 99.1% |" in words(at)


def test_the_example_is_recognized_and_the_reasons_are_told():
    at = open_page("draw")
    assert "methods say B" in words(at)
    assert "before its steps B had" in words(at) and "of its attention is on B" in words(at)
    assert "of its read was written when a label B came" in words(at)


def test_empty_and_dotted_drawings_get_a_friendly_word():
    at = open_page("draw")
    button(at, "Clear everything").click().run()
    assert "nothing yet in A, B, C" in words(at)
    at.session_state["_drawings"] = Drawings({"A1": [draw.np.array([[0.5, 0.5]])]})
    at.run()
    assert any("A1: this is only a dot" in one.value for one in at.caption)
    button(at, "The example").click().run()
    assert "methods say B" in words(at)


def test_a_set_is_kept_and_opened_again():
    text = draw.example().to_text().encode()
    at = open_page("draw")
    button(at, "Clear everything").click().run()
    at.file_uploader(key="drawings_file").set_value(("mine.json", text, "application/json")).run()
    assert "methods say B" in words(at)
    back = from_text(text)
    assert back.to_json() == draw.example().to_json()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"no json", "damaged, or not a set"),
        (b"[]", "does not hold a set"),
        (json.dumps({"format": 1, "boxes": {"A1": "x"}}).encode(), "a list of at most 40 strokes"),
        (b" " * (300 * 1024), "too large"),
    ],
)
def test_a_bad_set_changes_nothing_and_is_said(data, told):
    at = open_page("draw")
    at.file_uploader(key="drawings_file").set_value(("bad.json", data, "application/json")).run()
    assert any(told in one.value for one in at.warning)
    assert "methods say B" in words(at)


def test_more_drawings_than_one_class_has_are_left_out():
    drawn = draw.example()
    boxes = dict(drawn.boxes) | {"A2": drawn.boxes["A1"], "Z9": drawn.boxes["A1"]}
    asked, ready, _ = draw.question(Drawings(boxes), 3, 2, 1)
    assert asked.support.shape == (3, 1, 28, 28) and ready == ["?1"]
    assert "Z9" not in draw.from_boxes({"Z9": [[[0, 0], [1, 1]]]}).boxes


def test_the_answer_comes_soon_enough_to_be_watched():
    at = open_page("draw", n="5", k="5")
    begun = time.monotonic()
    at.run()
    assert time.monotonic() - begun < 5 and not at.exception


def test_the_words_of_the_published_table_are_in_both_languages():
    for other in LANGUAGES.keys() - {"en"}:
        words = {
            one[part] for one in compare.published() for part in ("budget", "setting", "differs", "source") if one[part]
        }
        words = {word for word in words if "-way" not in word}
        assert not {word for word in words if word not in table(other)}


def test_the_page_of_speed_draws_every_row_that_was_recorded():
    app = open_page("speed")
    assert not app.exception
    assert {"Against what one would use instead", "With the size", "Until a demo has learned"} <= {
        one.value for one in app.header
    }
