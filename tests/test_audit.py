"""The audit of packages tells apart what it knows, what it cannot know, and that it could not look."""

import json
import os
import re
import signal
import sys

import pytest

from tests.audit import audit

SKIPPED = {"name": "a", "skip_reason": "Dependency not found on PyPI and could not be audited: a (1)"}
CLEAN = {"name": "b", "version": "2", "vulns": []}
BAD = {"name": "c", "version": "3", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["4"]}]}


def fake(packages=None, status: int = 0, more: str = "") -> list[str]:
    """A command that answers as pip-audit does."""
    text = "" if packages is None else json.dumps({"dependencies": packages, "fixes": []})
    return [sys.executable, "-c", f"import os, sys, time\n{more}\nprint({text!r})\nsys.exit({status})"]


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        (fake([CLEAN, SKIPPED]), 0, "nothing known of 1 packages; not in the list: 1"),
        (fake([SKIPPED, SKIPPED]), 0, "this registry has no list of vulnerabilities: none of 2 packages"),
        (fake([CLEAN, BAD], 1), 1, "known vulnerabilities:\nc 3: PYSEC-2026-1"),
        (fake(status=1, more="sys.stderr.write('ConnectionError: no network')"), 1, "could not look: .*no network"),
        (fake([], 0), 1, "could not look"),
        (fake([CLEAN], 1), 1, "could not look"),
        (fake([CLEAN], 3), 1, "could not look"),
        (fake(more="print('No known vulnerabilities found')"), 1, "could not look"),
        (fake(more=f"os.kill(os.getpid(), {int(signal.SIGTERM)})"), 1, "could not look"),
        ([os.devnull + "/no-auditor"], 1, "could not look"),
        ([sys.executable, "-m", "no_such_auditor"], 1, "could not look: .*No module named"),
    ],
)
def test_each_outcome_is_said_and_only_the_good_ones_pass(command, status, said):
    told, text = audit(command)
    assert told == status and text.startswith("audit: ")
    assert re.search(said, text), text


def test_an_auditor_that_hangs_is_not_waited_for():
    assert audit(fake(more="time.sleep(30)"), 0.3)[0] == 1
