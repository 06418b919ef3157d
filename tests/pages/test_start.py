"""The start page: the learner's own points, from the link, the chart and the button."""

import pytest

from lessons.demos import sinusoid
from tests.pages.test_lessons import opened
from tests.pages.test_pages import words

WAVE = sinusoid.points_text(sinusoid.support_of(1, sinusoid.task_of(1), 5, 0.0))


def press(at, label: str):
    return next(one for one in at.button if one.label == label).click().run()


def test_it_opens_without_a_point_and_a_link_brings_them():
    assert "without a point" in words(opened("home"))
    assert "on your 5 points after one step" in words(opened("home", drawn=WAVE))


def test_points_are_drawn_for_who_wants_it_and_cleared():
    at = press(opened("home"), "Draw some for me")
    assert "on your 5 points" in words(at) and at.query_params["drawn"]
    at = press(at, "Clear")
    assert "without a point" in words(at) and "drawn" not in at.query_params


@pytest.mark.parametrize("text", ["nan,1", "1,2;junk", "<script>", ";;;"])
def test_points_that_cannot_be_read_are_said(text: str):
    at = opened("home", drawn=text)
    assert any("points could not be read" in one.value for one in at.warning) and "without a point" in words(at)
