"""One way down: pages -> lessons -> core, and nothing upward."""

import ast
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
FORBIDDEN = {
    "core": {"lessons", "pages", "streamlit", "plotly"},
    "lessons": {"pages", "streamlit", "torch"},
    "pages": {"torch", "tests"},
    "app.py": {"torch", "plotly", "lessons"},
}
LONGEST = 400
EXTRAS = {"ray", "higher", "torchopt"}  # used where they are installed


def sources(part: str) -> list[Path]:
    path = ROOT / part
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def brought_by(text: str) -> set[str]:
    """All packages that are installed for the requirements of `text`."""
    wanted = [Requirement(line) for line in text.splitlines() if line and not line.startswith("#")]
    found = set[str]()
    while wanted:
        one = wanted.pop()
        name = canonicalize_name(one.name)
        if name not in found and (one.marker is None or one.marker.evaluate({"extra": ""})):
            found.add(name)
            wanted += map(Requirement, requires(name) or [])
    return found


def test_all_that_is_imported_comes_with_the_app_s_own_requirements():
    # what only the tests' tools bring is missing where a learner runs the app, and in no test
    here = {"core", "lessons", "pages"} | sys.stdlib_module_names | EXTRAS
    names = {name for part in FORBIDDEN for path in sources(part) for name in imported(path)} - here
    known, brought = packages_distributions(), brought_by((ROOT / "requirements.txt").read_text())
    assert {"torch", "streamlit", "pygments"} <= names
    missing = {name for name in names if not brought & {canonicalize_name(one) for one in known.get(name, [])}}
    assert not missing


@pytest.mark.parametrize("part", FORBIDDEN)
def test_no_import_goes_upward(part):
    files = sources(part)
    assert files
    wrong = {str(path): imported(path) & FORBIDDEN[part] for path in files}
    assert not {path: names for path, names in wrong.items() if names}


def test_no_page_trains_by_itself():
    for path in sources("pages"):
        text = path.read_text()
        assert ".backward(" not in text and "autograd" not in text, path


def test_no_file_outgrows_a_mind():
    for part in (*FORBIDDEN, "tests"):
        for path in sources(part):
            assert len(path.read_text().splitlines()) <= LONGEST, path
