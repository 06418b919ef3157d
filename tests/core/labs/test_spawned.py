"""Where nothing can be forked: the same jobs in new Python processes."""

import json
import sys

import pytest

from core.labs import methods, spawned, workbench
from core.labs.attempt import Job
from core.labs.budget import Budget, Ending
from core.labs.catalog import LABS, WHOLE
from core.labs.methods import MethodError
from core.labs.workbench import Workbench

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


# a judge on a system without fork and without limits, and so are the processes of its tries
ELSEWHERE = (
    "import sys, torch; sys.path.insert(0, sys.argv[1]); sys.modules['resource'] = None; sys.platform = '{platform}'; "
    "from core.labs import judge, spawned; sys.platform = 'linux'; "  # PyTorch's compiler, imported late, looks too
    "spawned.START = 'import sys; sys.modules[\"resource\"] = None; ' + spawned.START; judge.main()"
)


@pytest.fixture(params=["win32", "darwin"])
def elsewhere(request, monkeypatch):
    monkeypatch.setattr(workbench, "START", ELSEWHERE.format(platform=request.param))
    with Workbench() as bench:
        yield bench


def test_labs_are_checked_where_there_is_no_fork_and_no_limit(elsewhere):
    assert elsewhere.check(LAB.solution, LAB).passed
    wrong = LAB.mistakes[0]
    assert elsewhere.check(LAB.twin(wrong), LAB).mistake == wrong.name
    assert elsewhere.check(WHOLE.solution, WHOLE).passed
    with pytest.raises(MethodError, match="characters need Linux"):
        methods.described(elsewhere, WHOLE.solution, "glyphs", {}, [])


def test_a_judge_that_cannot_start_is_said_in_words(monkeypatch):
    for start in ("raise SystemExit(1)", "import no_such_module"):
        monkeypatch.setattr(workbench, "START", start)
        with Workbench() as bench:
            bench.warm()
            verdict = bench.check(LAB.solution, LAB)
            assert verdict.mistake == "broken" and "broke down" in verdict.said
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with Workbench() as bench:
        bench.warm()
        assert bench.check(LAB.solution, LAB).mistake == "broken"
        with pytest.raises(MethodError, match="broke down"):
            methods.described(bench, WHOLE.solution, "sinusoid", {}, [])
