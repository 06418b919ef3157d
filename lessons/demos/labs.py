"""A lab in other forms than typing: lines to choose from, a file to take home, a notebook with its commands."""

import ast
import json
import random
from functools import cache

from core.labs.lab import Lab, definition
from lessons.engine.language import t


def file_name(lab: Lab) -> str:
    """Return the name of the file that a learner writes into."""
    return f"{lab.name.replace('-', '_')}.py"


def notebook(lab: Lab) -> str:
    """Return a Jupyter notebook (nbformat 4.5) that states the lab, writes its file, checks it and trains with it."""
    file = file_name(lab)
    cells = [
        ("markdown", f"# {t(lab.title)}\n\n{t(lab.task)}\n\n$${lab.formula}$$\n\n{t(HOW)}"),
        ("code", f"%%writefile {file}\n{lab.skeleton}"),
        ("code", f"!python -m core lab check {file}"),
        ("code", f"!python -m core lab train {file}"),
    ]
    if lab.whole:
        cells.append(("code", f"!python -m core train --from {file} --iterations 1000 --save run.npz"))
    return json.dumps(
        {
            "cells": [
                {"cell_type": kind, "id": f"cell-{i}", "metadata": {}, "source": text}
                | ({"execution_count": None, "outputs": []} if kind == "code" else {})
                for i, (kind, text) in enumerate(cells)
            ],
            "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        },
        ensure_ascii=False,
        indent=1,
    )  # fmt: skip


HOW = (
    "Run this notebook in the folder of the course. Write the function, run the cell that saves it, then the one that "
    "checks it. A passed check prints a line; the page of the lesson takes it as done."
)


@cache
def lines(lab: Lab) -> tuple[tuple[str, ...], ...]:
    """Return the lines of the function's body, each with the wrong ones that a mistake writes in its place, in an order
    that gives nothing away. A line without any is the only one of its tuple.
    """
    choices = []
    for number, line in enumerate(_body(lab)):
        edits = (mistake.edits[0] for mistake in lab.mistakes if len(mistake.edits) == 1)
        wrong = (line.replace(right, other) for right, other in edits if right in line and "\n" not in right + other)
        options = list(dict.fromkeys([line, *wrong]))
        random.Random(f"{lab.name} {number}").shuffle(options)
        choices.append(tuple(options))
    return tuple(choices)


def put_together(lab: Lab, chosen: list[str]) -> str:
    """Return the source of the lab with the chosen lines. Raises ValueError where one is not among those of `lines`."""
    offered = lines(lab)
    if len(chosen) != len(offered) or any(line not in options for line, options in zip(chosen, offered, strict=True)):
        raise ValueError("a line that is not offered")
    solution = lab.solution.splitlines()
    return "\n".join([*solution[: len(solution) - len(offered)], *chosen]) + "\n"


def _body(lab: Lab) -> list[str]:
    docstring = definition(ast.parse(lab.solution), lab.function).body[0]
    return lab.solution.splitlines()[docstring.end_lineno :]
