"""Every line of source that a page highlights is still there: pages name functions and parts of lines as text."""

import ast
from pathlib import Path
from typing import Any

from core.demos import source
from pages.sections.stepper import FUNCTIONS, INNER_STEP

PAGES = Path(__file__).parents[2] / "pages"


def constants(page: str) -> dict[str, Any]:
    """The plain constants of a page by name, without running the page."""
    values = {}
    for node in ast.parse((PAGES / f"{page}.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                values[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue  # it is made of something
    return values


def test_the_code_of_the_memory_pages_is_there():
    for page in ("ntm", "mann"):
        for file, function, parts in constants(page)["SOURCES"].values():
            assert source.lines_with(file, function, *parts)


def test_the_comparisons_of_the_metric_pages_are_there():
    for page in ("siamese", "matching"):
        for function, parts in constants(page)["MARKS"].items():
            assert source.lines_with(f"core/methods/{page}/algorithm.py", function, *parts)


def test_what_first_order_leaves_out_is_there():
    page = constants("first_order")
    assert len(source.lines_with(page["FILE"], "meta_gradient", *page["LEFT_OUT"])) == 4


def test_the_faults_of_the_programs_are_there():
    page = constants("reading")
    for function, parts in page["SWITCHES"].items():
        assert source.lines_with(page["FILE"], function, *parts)


def test_the_loops_that_the_stepper_shows_are_there_and_call_the_formula():
    for method, functions in FUNCTIONS.items():
        file = f"core/methods/{method}/algorithm.py"
        assert all(source.function_lines(file, function) for function in functions)
        assert source.lines_with(file, functions[0], "inner_step(")
    file, marks = INNER_STEP
    assert all(source.lines_with(file, function, *parts) for function, parts in marks.items())
