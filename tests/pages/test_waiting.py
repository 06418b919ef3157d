"""While a worker has no time for its answer, what is under the learner's hand stays on the page."""

from typing import Any

import pytest

from pages.sections import chapters, parameter_space, sinusoid
from pages.widgets import components, plane_stage
from tests.pages.test_pages import open_page

POINTS = "1,2;3,1"


@pytest.fixture(autouse=True)
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chapters, "wants_all", lambda: False)


def _drawn(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[dict]:
    """Return a list that gets the data of everything that the component `name` of `module` draws."""
    drawn: list[dict] = []
    monkeypatch.setattr(module, name, lambda key, data, **more: drawn.append({"key": key} | data))
    return drawn


def test_the_points_stay_and_no_curve_is_drawn_that_is_not_theirs(monkeypatch: pytest.MonkeyPatch):
    drawn = _drawn(monkeypatch, components, "_plot")
    monkeypatch.setattr(sinusoid, "ask", lambda question: None)
    app = open_page("maml", chapter="Play with it", points=POINTS)
    assert not app.exception
    (chart,) = [data for data in drawn if data["key"] == "points_chart"]
    assert chart["points"] == [[1, 2], [3, 1]]
    truth, *curves = chart["curves"]
    assert len(truth["y"]) == len(chart["grid"]) and len(curves) == 3 and not any(curve["y"] for curve in curves)
    assert "being computed" in chart["alt"]
    assert not [notice for notice in app.info if "MAML init" in notice.value], (
        "nothing is said of curves that are not there"
    )


def test_the_plane_stays_where_the_learner_has_put_it(monkeypatch: pytest.MonkeyPatch):
    drawn = _drawn(monkeypatch, plane_stage, "_stage")
    app = open_page("maml", chapter="See")
    assert not app.exception
    assert drawn[-1]["key"] == "plane"
    before = drawn[-1]
    monkeypatch.setattr(parameter_space, "ask", lambda question: None)
    app.query_params["theta1"] = "3.25"
    app.run()
    assert not app.exception and len(drawn) > 1
    after = drawn[-1]
    assert after["theta"][0] == 3.25 and after["theta"] != before["theta"]
    assert after["answer"] == before["answer"], "what has been computed is still seen"
