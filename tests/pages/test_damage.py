"""Every page on damaged files of the course, and on an error of its own: words, and no traceback anywhere."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit import error_util
from streamlit.testing.v1 import AppTest

from core.storage import checkpoints
from lessons.demos import context, fewshot, memory, metric, sinusoid
from pages.session import failing
from pages.session.navigation import GROUPS
from tests.pages.test_pages import open_page, words

NEED = (
    "maml",
    "reptile",
    "fewshot_maml",
    "fewshot_reptile",
    "siamese",
    "matching",
    "ntm",
    "mann",
    "in_context",
    "what_adapts",
)
FILES = [file for group in GROUPS.values() for file, _, _, _ in group]


@pytest.fixture
def truncated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All shipped runs cut in the middle."""
    for path in checkpoints.PRETRAINED.iterdir():
        data = path.read_bytes()
        (tmp_path / path.name).write_bytes(data[: len(data) // 2] if path.suffix == ".npz" else data)
    monkeypatch.setattr(checkpoints, "PRETRAINED", tmp_path)
    for module in (context, fewshot, memory, metric, sinusoid):
        cut = tmp_path / module.FIRST_PAINT.name
        cut.write_bytes(module.FIRST_PAINT.read_bytes()[:5000])
        monkeypatch.setattr(module, "FIRST_PAINT", cut)
    forget()
    yield
    forget()


def forget() -> None:
    """Forget the runs that were read."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("lessons.demos", "core.storage")):
            for value in vars(module).values():
                getattr(value, "cache_clear", lambda: None)()


@pytest.mark.parametrize("name", FILES)
def test_a_page_opens_on_truncated_runs_and_says_so(name: str, truncated: None):
    at = open_page(name)
    if name in NEED:
        assert "cannot be read" in words(at)


def test_an_error_of_a_page_is_a_line_in_the_log_and_words_on_the_page(caplog, monkeypatch):
    logger = logging.getLogger(failing.STREAMLITS)
    logger.addFilter(failing.one_line)
    monkeypatch.setattr(logger, "propagate", True)  # to caplog
    try:
        with caplog.at_level(logging.ERROR, failing.STREAMLITS):
            try:
                failing.reason(None)  # type: ignore[arg-type]
            except AttributeError as error:
                error_util._log_uncaught_app_exception(error)
        assert "a page failed at pages/session/failing.py:" in caplog.text and "AttributeError" in caplog.text
        assert "Traceback (" not in caplog.text and len(set(caplog.text.splitlines())) == 1
    finally:
        logger.removeFilter(failing.one_line)
    at = AppTest.from_function(fail).run()
    assert at.error[0].value.startswith("An error in the program stopped this part of the page.")


def fail() -> None:
    from pages.session.failing import shown

    assert shown(ValueError("x"))
