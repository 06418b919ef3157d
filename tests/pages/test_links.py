"""What a link may hold: any text for any control of any page, and no exception."""

import os
from pathlib import Path

import pytest
from streamlit.runtime.state.query_params import QueryParams
from streamlit.testing.v1 import AppTest

from pages.sections import lesson
from pages.session.navigation import GROUPS

PAGES = Path(__file__).parents[2] / "pages"
FILES = [file for group in GROUPS.values() for file, *_ in group]
TRIES = int(os.environ.get("LINK_TRIES", "2"))  # of the values below that each control is given; 0 is all of them
VALUES = (
    "1e309", "-1e309", "nan", "inf", "-inf", "1e400", "9" * 30, "-" + "9" * 30, "9" * 5000, "text", "", " ", "5\x00",
    "\x00", "x" * 3000, ["1", "2"], ["1e309", "1"], ["1", "1e309"], "![x](http://host.invalid/b.png)", "１２", "0x10",
    "1_0", "true", "中文", "1;2", "-0",
)  # fmt: skip
UNBOUND = (
    "points", "picked", "query", "pair", "task", "run", "step", "data", "moment", "wipe", "drawn", "stars", "theta1",
    "theta2", "plane_steps", "plane_rate", "surface", "show",
)  # fmt: skip


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names under which the page that runs has bound a control to its link."""
    found = set[str]()
    bind = QueryParams.bind_widget

    def noted(self, param_key: str, *args, **more) -> None:
        found.add(param_key)
        bind(self, param_key, *args, **more)

    monkeypatch.setattr(QueryParams, "bind_widget", noted)
    return found


def page_of(file: str, **link: object) -> AppTest:
    """A page through the navigation, not yet run."""
    at = AppTest.from_file(str(PAGES / "main.py"), default_timeout=60)
    if file != "home":
        at.switch_page(f"{file}.py")
    for key, value in link.items():
        at.query_params[key] = value
    return at


@pytest.mark.parametrize("file", FILES)
def test_no_link_breaks_a_page(file: str, bound: set[str]):
    at = page_of(file).run()
    assert not at.exception and at.title
    keys = sorted(bound - {"lang"} | set(UNBOUND))  # another language is no wrong value
    for start in range(TRIES or len(VALUES)):
        at = page_of(file)
        link = {key: VALUES[(start + 7 * i) % len(VALUES)] for i, key in enumerate(keys)}
        for _ in range(2):  # a browser that has not got the corrected link yet sends the old one again
            for key, value in link.items():
                at.query_params[key] = value
            at.run()
            assert not at.exception, (link, at.exception)
        assert not any("![x](http" in one.value.replace("`![x](http", "") for one in at.warning), at.warning


@pytest.mark.parametrize("text", ["1e309", "1e400", "inf", "9" * 30])
def test_a_number_beyond_all_numbers_is_the_largest_allowed_in_every_try(text: str):
    for _ in range(3):
        at = page_of("maml")
        for _ in range(3):
            at.query_params["meta_batch"] = text
            at.run()
            assert not at.exception
            assert at.number_input(key="meta_batch").value == 256
        assert at.query_params["meta_batch"] == "256"
        assert sum("meta_batch" in warning.value for warning in at.warning) == 1


def test_a_corrected_link_reruns_nothing(monkeypatch: pytest.MonkeyPatch):
    runs: list[int] = []
    heading = lesson.heading
    monkeypatch.setattr(lesson, "heading", lambda name: runs.append(1) or heading(name))
    at = page_of("maml")
    at.query_params |= {"steps": "99", "rate": "nan", "meta_batch": "1e309", "event": "-1"}
    at.run()
    assert len(runs) == 1
    assert len(at.warning) == 4
