"""The source of `core` as text, so that the code a learner reads is the code that runs."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def text(file: str) -> str:
    """Return the source of `file`, a path from the project's root such as "core/methods/maml/algorithm.py"."""
    return (ROOT / file).read_text(encoding="utf-8")


@cache
def function_lines(file: str, name: str) -> tuple[int, int]:
    """Return the first and last line, counted from 1, of the function `name` in `file`."""
    for node in ast.walk(ast.parse(text(file))):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node.lineno, node.end_lineno or node.lineno
    raise LookupError(f"{file} has no function {name}")


@cache
def lines_with(file: str, name: str, *parts: str) -> frozenset[int]:
    """Return the lines of the function `name` that hold any of `parts`. Raises LookupError where a part is missing."""
    first, last = function_lines(file, name)
    lines = dict(enumerate(text(file).splitlines()[first - 1 : last], first))
    numbers = {part: {number for number, line in lines.items() if part in line} for part in parts}
    if missing := [part for part in parts if not numbers[part]]:
        raise LookupError(f"{name} in {file} has no line with {missing[0]!r}")
    return frozenset().union(*numbers.values())


@cache
def cause_of(file: str, line: int) -> tuple[int, int]:
    """Return the lines of the statement whose result the `yield` at `line` reports.

    That is the statement just before it, or the head of the loop if it comes first there; an
    `if config.trace:` around the yield does not count.
    """
    best = (line, line)
    stack: list[tuple[ast.AST, tuple[int, int]]] = [(ast.parse(text(file)), best)]
    while stack:
        node, outside = stack.pop()
        for body in (getattr(node, name, []) for name in ("body", "orelse")):
            before = outside
            for statement in body if isinstance(body, list) else []:
                if statement.lineno <= line <= (statement.end_lineno or statement.lineno):
                    best = before
                    traced = isinstance(statement, ast.If)
                    head = (statement.lineno, statement.lineno)
                    stack.append((statement, before if traced else head))
                before = (statement.lineno, statement.end_lineno or statement.lineno)
    return best
