"""Warm workers for every page, and no waiting for a browser that AppTest does not have."""

import time
from collections.abc import Iterator

import pytest
import streamlit as st

from core.runtime import shared
from core.runtime.job import Job
from pages.sections import chapters
from pages.widgets import components, figure


@pytest.fixture(scope="session", autouse=True)  # once, though files of other folders come between these
def warm_pool() -> Iterator[None]:
    pool = shared.pool()
    end = time.monotonic() + 300
    while not pool.ready():
        assert time.monotonic() < end
        time.sleep(0.05)
    yield
    shared.close()


def ended(job: Job, seconds: float = 300) -> Job:
    """The run once it is over and stored, as a page shows it; until then no page is drawn again and again."""
    assert shared.pool().wait(job, seconds).over
    while not job.settled:
        time.sleep(0.02)
    return job


@pytest.fixture(autouse=True)
def all_on_one_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a reader who prefers it sees a lesson; tests of single chapters ask for them."""
    monkeypatch.setattr(chapters, "wants_all", lambda: True)


@pytest.fixture(autouse=True)
def no_head_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figure, "HEAD_START", 0.0)


@pytest.fixture(autouse=True)
def on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(st.context), "ip_address", None)  # AppTest has a mock in its place


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """What the charts of points are given."""
    charts: list[dict] = []
    monkeypatch.setattr(components, "_plot", lambda key, data, **more: charts.append({"key": key} | data))
    return charts


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lesson shows one chapter, as learners first see it."""
    monkeypatch.setattr(chapters, "wants_all", lambda: False)
