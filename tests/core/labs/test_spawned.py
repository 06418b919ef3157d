"""Where nothing can be forked: the same jobs in new Python processes."""

import json

import pytest

from core.labs import spawned
from core.labs.attempt import Job
from core.labs.budget import Budget, Ending
from core.labs.catalog import LABS

LAB = LABS["class-means"]
BUDGET = Budget(cpu=20, seconds=30, megabytes=8000)


def done(source: str, budget: Budget = BUDGET) -> tuple[list[dict], Ending]:
    *lines, ending = spawned.lines(Job("check", LAB.name, source), budget)
    return [json.loads(line) for line in lines], ending


def test_a_job_sends_its_outcomes():
    lines, ending = done(f"print('hello', len(__import__('os').environ))\n{LAB.solution}")
    assert [*map(list, lines)] == [["outcome"]] * 5 + [["end"]]
    assert (ending.reason, ending.output) == ("", "hello 0\n")


@pytest.mark.parametrize(
    ("code", "reason", "error"),
    [
        ("while True: pass", "seconds", None), ("while True: print('x' * 9999)", "prints", None),
        ("import os; os._exit(0)", "", None), ("1 / 0", "", "raises"), ("open('/etc/passwd')", "", "forbidden"),
    ],
)  # fmt: skip
def test_a_job_ends(code, reason, error):
    lines, ending = done(code, Budget(cpu=5, seconds=8, megabytes=8000))
    assert ending.reason == reason
    assert [line.get("error") for line in lines] == ([error] if error else [])
