"""The page on learning in context: each chapter opens, its controls do what they say, and what it shows is so."""

import numpy as np
import pytest

from core.dispatch import answer
from lessons.demos import context, sinusoid
from lessons.engine.content import section
from tests.pages.test_pages import open_page, words

NAME = "in_context"
SCREENS = [
    {"chapter": "See"}, {"chapter": "Predict"}, {"chapter": "Play with it"},
    {"chapter": "Watch it learn", "learn_part": "Moments"},
    {"chapter": "Watch it learn", "learn_part": "Train it yourself"},
    {"chapter": "Watch it learn", "learn_part": "On 1000 functions"},
    *({"chapter": "Why", "why_part": part} for part in ("Words and formula", "One layer, one step", "Few functions")),
    {"chapter": "Code"}, {"chapter": "Write it"}, {"chapter": "Check"}, {"chapter": "Next"},
]  # fmt: skip


@pytest.mark.parametrize("link", SCREENS, ids=lambda link: " ".join(link.values()))
def test_each_screen_opens(link, one_at_a_time):
    at = open_page(NAME, **link)
    assert at.title[0].value == section(NAME, "title") and not at.error and not at.warning


def test_all_on_one_page_opens():
    at = open_page(NAME)
    assert not at.error and not at.warning and section(NAME, "see") in words(at)


@pytest.mark.parametrize(("seen", "chapter"), [(0, "Play with it"), (1, "See"), (10, "See")])
def test_the_picture_shows_what_was_read(seen, chapter, drawn, one_at_a_time):
    open_page(NAME, chapter=chapter, seen=str(seen))
    chart = drawn[-1]
    assert (
        chart["read"] == seen and len(chart["query"]["shares"]) == seen and len(chart["points"]) == context.OPENS_WITH
    )
    assert sum(chart["query"]["shares"]) <= 1.001
    steps = ["MAML, one step"] if seen else []
    assert [curve["name"] for curve in chart["curves"]] == ["true function", *steps, "transformer, no step"]


def test_a_neural_process_has_a_band_and_no_links(drawn, one_at_a_time):
    at = open_page(NAME, chapter="Play with it", who="the neural process")
    chart = drawn[-1]
    assert "query" not in chart and [curve["name"] for curve in chart["curves"]][2] == "MAML, ten steps"
    assert len(chart["band"]["low"]) == len(chart["grid"])
    assert all(low < high for low, high in zip(chart["band"]["low"], chart["band"]["high"], strict=True))
    assert "the neural process" in words(at)


def test_points_that_are_taken_away_are_no_longer_read(drawn, one_at_a_time):
    at = open_page(NAME, chapter="Play with it", seen="10")
    at.query_params["points"] = "1,2;3,1"
    at.run()
    assert not at.exception and drawn[-1]["read"] == 2


def test_before_the_first_point_the_answer_is_the_mean_of_all_tasks():
    """As the prediction's reason says: -1.6 cos x."""
    read = context.first_paint("in-context")
    assert read is not None
    mean = 2.55 * 2 / 3.14159265 * -np.cos(read.grid)
    assert abs(read.curves[0] - mean).max() < 0.2


def test_what_the_check_says_of_a_phase_outside_the_training_is_so():

    task = sinusoid.Task(2.6, 4.5)
    points = sinusoid.support_of(1, task, 20, 0.0)
    (read,) = answer(context.read_request("in-context", points, 0.0))
    missed = [abs(float(np.interp(x, read.grid, read.curves[20])) - y) for x, y in points]
    assert max(missed) > 1


def test_a_look_at_no_point_in_play_does_not_break_the_first_look(one_at_a_time):
    at = open_page(NAME, chapter="Play with it", seen="0")
    at.segmented_control(key="chapter").set_value("See").run()
    assert not at.exception and not at.error
    assert at.slider(key="seen").value >= 1
