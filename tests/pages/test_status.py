"""The instructor's page and the line of metrics: numbers only, and a key where one is asked for."""

import asyncio
import json
import logging

import pytest
import streamlit as st

from core.methods.maml.config import MamlConfig
from core.runtime import status
from core.runtime.pool import ENDED_HERE
from core.runtime.shared import pool
from core.storage import run_store
from pages.session import gate, server
from tests.core.waiting import until
from tests.pages.test_fewshot_pages import open_page
from tests.pages.test_gate import ask
from tests.pages.test_pages import words


def answer(query: bytes = b"", host: str = "127.0.0.1", **headers: str) -> tuple[int, str]:
    return ask(gate.numbers, "/metrics", query, host, **headers)


def test_the_page_shows_workers_and_memory():
    at = open_page("status")
    shown = {one.label: one.value for one in at.metric}
    assert shown["Workers busy"].startswith("0 / ") and shown["Jobs waiting"] == "0"
    assert float(shown["Memory of all workers"].removesuffix(" MB")) > 100


def test_metrics_can_be_scraped():
    assert answer()[0] == 200
    text = asyncio.run(server.metrics(None)).body.decode()
    rows = dict(line.split() for line in text.splitlines() if not line.startswith("#"))
    assert float(rows["learn_meta_learning_ready"]) >= 2
    assert set(status.NAMES) == {name.removeprefix("learn_meta_learning_") for name in rows}


def test_a_key_keeps_others_out(monkeypatch):
    monkeypatch.setenv(server.KEY, "sesame")
    assert answer()[0] == 403 and answer(b"key=wrong")[0] == 403 and answer(b"key=sesame")[0] == 200
    assert not open_page("status").metric and "for the instructor" in words(open_page("status"))
    assert open_page("status", key="sesame").metric


@pytest.mark.parametrize(
    ("host", "headers", "status"),
    [
        ("127.0.0.1", {}, 200), ("::1", {}, 200), ("::ffff:127.0.0.1", {"host": "localhost:8501"}, 200),
        ("127.0.0.1", {"host": "[::1]:8501"}, 200), ("10.0.0.7", {}, 403), ("", {}, 403), ("testclient", {}, 403),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, 403), ("127.0.0.1", {"forwarded": "for=10.0.0.7"}, 403),
        ("127.0.0.1", {"x-forwarded-proto": "https"}, 403), ("127.0.0.1", {"host": "course.example"}, 403),
    ],
)  # fmt: skip
def test_without_a_key_only_this_machine_sees_the_numbers(host: str, headers: dict[str, str], status: int):
    for path in ("/metrics", "/_stcore/metrics", "/metrics/"):
        code, text = ask(gate.numbers, path, b"key=", host, **headers)
        assert code == status and (code == 200 or server.KEY in text)
    assert ask(gate.numbers, "/maml", b"", host, **headers)[0] == 200, "the pages are open to all"


def test_the_status_page_is_closed_as_the_metrics_are(monkeypatch):
    monkeypatch.setattr(type(st.context), "ip_address", "10.0.0.7")
    assert not open_page("status").metric and "for the instructor" in words(open_page("status"))


def test_the_log_says_how_a_job_ended_and_not_whose_it_was(caplog):
    with caplog.at_level(logging.INFO, logger=status.LOG.name):
        job = pool().wait(pool().start(MamlConfig(iterations=20, test_tasks=10), "somebody"))
    told = json.loads(caplog.records[-1].message)
    assert job.state == "done" and told["state"] == "done" and told["kind"] == "Maml"
    assert "somebody" not in caplog.text


def test_an_instructor_lets_a_run_pause_and_ends_it():
    job = pool().start(MamlConfig(iterations=1_000_000), "somebody")
    until(lambda: job.steps)
    at = open_page("status")
    labels = [one.label for one in at.button]
    assert labels == ["Pause", "End"] and "maml · sinusoid" in words(at) and "somebody" not in words(at)
    at.button[0].click().run()
    until(lambda: job.paused)
    assert next(one.label for one in at.button) == "Go on"
    at.button[1].click().run()
    until(lambda: job.over)
    assert (job.state, job.reason) == ("cancelled", ENDED_HERE)
    assert not at.run().button


def test_a_run_that_cannot_be_stored_is_counted_and_shown(monkeypatch):
    monkeypatch.setattr(run_store, "store", refuse)
    before = pool().unkept
    job = pool().wait(pool().start(MamlConfig(iterations=20, test_tasks=10), "somebody"))
    until(lambda: job.kept)
    assert pool().unkept == before + 1 and "the disk is full" in words(open_page("status"))


def refuse(*_: object) -> str:
    raise run_store.RunStoreError("the disk is full")
