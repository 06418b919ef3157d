"""On a Python or a machine that the packages have no wheels for, the program says so, without a traceback."""

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from core.runtime import machine
from tests import lock, wheels

ROOT = Path(__file__).parents[2]
FAKE = """
import platform, runpy, sys
from importlib import machinery
class Missing(machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name in {missing!r}:
            return None
        return super().find_spec(name, path, target)
sys.meta_path[:] = [Missing if finder is machinery.PathFinder else finder for finder in sys.meta_path]
sys.version_info = {version!r}
platform.system, platform.machine = lambda: {system!r}, lambda: {processor!r}
platform.libc_ver = lambda *a: ({libc!r}, "")
{start}
"""
START = {
    "core": "sys.argv = ['core', 'list']; runpy.run_module('core', run_name='__main__', alter_sys=True)",
    "app": "runpy.run_path('app.py')",
}
EVERYTHING = ("torch", "numpy", "pandas", "streamlit", "plotly", "tqdm", "pygments", "starlette")


def started(what: str, version=(3, 12, 0), name="Linux x86_64", missing=EVERYTHING, libc="glibc"):
    system, processor = name.split()
    program = FAKE.format(
        missing=missing, version=version, system=system, processor=processor, libc=libc, start=START[what]
    )
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ.copy()
    )  # fmt: skip


@pytest.mark.parametrize("what", START)
@pytest.mark.parametrize(
    ("faked", "said"),
    [
        ({"version": (3, 10, 4)}, "needs Python 3.11 to 3.14, and this is Python 3.10"),
        ({"version": (3, 9, 0), "missing": ()}, "this is Python 3.9"),
        ({"version": (3, 15, 0)}, "no build for Python 3.15"),
        ({"name": "Darwin x86_64"}, "no build for this machine (Darwin x86_64)"),
        ({"name": "Windows ARM64"}, "no build for this machine (Windows ARM64)"),
        ({"libc": "musl"}, "(Linux x86_64 without glibc)"),
        ({"missing": ("torch", "pandas")}, "torch, pandas: not installed in this Python; install as the README says"),
    ],
)
def test_what_is_not_supported_is_said_in_words_before_any_import_fails(what, faked, said):
    ended = started(what, **faked)
    assert ended.returncode == 2 and said in ended.stderr
    assert ended.stderr.startswith("error: ") and ended.stderr.count("\n") == 1 and not ended.stdout


def test_whoever_has_built_the_packages_is_not_held_back():
    assert not machine.problem()
    ended = started("core", version=tuple(sys.version_info), name="Plan9 mips", missing=())
    assert ended.returncode == 0 and "maml" in ended.stdout


def test_readme_and_check_name_the_same_pythons_and_machines():
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert machine.PYTHONS in readme and machine.IN_WORDS in readme
    assert '">=3.11,<3.15"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_pins_have_wheels_for_what_is_said_to_be_supported():
    try:
        table = wheels.table()
    except (OSError, urllib.error.URLError):
        pytest.skip("the registry cannot be reached")
    complete = {name: {python for python, lacking in row.items() if not lacking} for name, row in table.items()}
    supported = {(3, minor) for minor in range(machine.FIRST[1], machine.LAST[1] + 1)}
    assert complete == {name: supported if name in machine.MACHINES else set() for name in wheels.MACHINES}


def pinned(file: str) -> set[str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return {match[0] for match in map(re.compile(r"[a-z][\w.-]*==[\w.]+").match, lines) if match}


def test_the_lock_holds_every_pin_with_hashes_and_nothing_of_cuda():
    text = lock.LOCK.read_text(encoding="utf-8")
    assert pinned("requirements.txt") - {"torch==2.13.0"} <= pinned("requirements.lock")
    assert not [line for line in text.splitlines() if lock.APART.match(line)]
    for block in lock.without_torch(text).split("\n\n"):
        names, hashes = re.findall("^[a-z]", block, re.MULTILINE), block.count("--hash=sha256:")
        assert hashes >= len(names) > 40
    kept, cut = "a==1 \\\n    --hash=sha256:1\n", "nvidia-x==1 ; b \\\n    --hash=sha256:2\ntorch==2\n"
    assert lock.without_torch(f"# head\n{kept}{cut}") == kept


def test_the_cpu_build_is_asked_for_under_the_same_pin_everywhere():
    pin = next(line for line in pinned("requirements.txt") if line.startswith("torch=="))
    for file in ("README.md", "Dockerfile"):
        assert f"https://download.pytorch.org/whl/cpu {pin}" in (ROOT / file).read_text(encoding="utf-8"), file
    assert "https://download.pytorch.org/whl/cpu" in (ROOT / "test.sh").read_text(encoding="utf-8")
