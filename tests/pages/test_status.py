"""The instructor's page and the line of metrics: numbers only, and a key where one is asked for."""

import asyncio
import json
import logging

from starlette.requests import Request

from core.methods.maml.config import MamlConfig
from core.runtime import status
from core.runtime.shared import pool
from pages.session import server
from tests.pages.test_fewshot_pages import open_page
from tests.pages.test_pages import words


def answer(query: bytes = b"") -> tuple[int, str]:
    found = asyncio.run(server.metrics(Request({"type": "http", "query_string": query, "headers": []})))
    return found.status_code, bytes(found.body).decode()


def test_the_page_shows_workers_and_memory():
    at = open_page("status")
    shown = {one.label: one.value for one in at.metric}
    assert shown["Workers busy"].startswith("0 / ") and shown["Jobs waiting"] == "0"
    assert float(shown["Memory of all workers"].removesuffix(" MB")) > 100


def test_metrics_can_be_scraped():
    code, text = answer()
    rows = dict(line.split() for line in text.splitlines() if not line.startswith("#"))
    assert code == 200 and float(rows["learn_meta_learning_ready"]) >= 2
    assert set(status.NAMES) == {name.removeprefix("learn_meta_learning_") for name in rows}


def test_a_key_keeps_others_out(monkeypatch):
    monkeypatch.setenv(server.KEY, "sesame")
    assert answer()[0] == 403 and answer(b"key=wrong")[0] == 403 and answer(b"key=sesame")[0] == 200
    assert not open_page("status").metric and "needs the key" in words(open_page("status"))
    assert open_page("status", key="sesame").metric


def test_the_log_says_how_a_job_ended_and_not_whose_it_was(caplog):
    with caplog.at_level(logging.INFO, logger=status.LOG.name):
        job = pool().wait(pool().start(MamlConfig(iterations=20, test_tasks=10), "somebody"))
    told = json.loads(caplog.records[-1].message)
    assert job.state == "done" and told["state"] == "done" and told["kind"] == "Maml"
    assert "somebody" not in caplog.text
