"""A lab as a file to take home: its skeleton, or a notebook with the commands that check it."""

import json

from core.labs.lab import Lab
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
