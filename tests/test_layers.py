"""One way down: pages -> lessons -> core, and nothing upward."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FORBIDDEN = {
    "core": {"lessons", "pages", "streamlit", "plotly"},
    "lessons": {"pages", "streamlit", "torch"},
    "pages": {"torch", "tests"},
    "app.py": {"torch", "plotly", "lessons"},
}
LONGEST = 400


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
