"""Figures of the lesson on published code: what one pass does, and what becomes of a whole run."""

import numpy as np
import pandas as pd

from core.events import ProgramPass
from lessons.engine.language import t
from lessons.figures.chart import chart, scatter
from lessons.figures.curves import log_axis
from lessons.figures.theme import INNER, MUTED, OUTER, Line, Shown

LINES = {
    "maml cut": Line("", MUTED, "dot"),
    "maml overwritten": Line("", "#CC79A7", "dash"),
    "maml again": Line("", "#3B8FD0", "dashdot"),
    "maml right": Line("", OUTER, "solid", 3.5),
    "reptile no copy": Line("", MUTED, "dot"),
    "reptile sum": Line("", "#CC79A7", "dash"),
    "reptile right": Line("", OUTER, "solid", 3.5),
}


def inner_losses(found: ProgramPass, right: ProgramPass) -> Shown:
    """The support loss after each inner step, of the program as it is and of the repaired one."""
    traces, steps = [], np.arange(len(found.losses))
    for one, name, colour, dash in ((right, "repaired", INNER, "solid"), (found, t("as switched"), OUTER, "dash")):
        traces.append(
            scatter(
                x=steps, y=one.losses, name=name, mode="lines+markers",
                line={"color": colour, "dash": dash, "width": 3},
                marker={"symbol": "circle" if name == "repaired" else "diamond", "size": 9},
            )
        )  # fmt: skip
    figure = chart(traces, "inner step", "support loss, mean of the tasks", 300, {"dtick": 1}, {"rangemode": "tozero"})
    return Shown(
        figure,
        "Do the inner steps add up?",
        t("Support loss by inner step: as switched ") + ", ".join(f"{one:.2f}" for one in found.losses),
        pd.DataFrame({"inner step": steps, "as switched": found.losses, "repaired": right.losses}),
    )


def outcomes(found: dict[str, dict], labels: dict[str, str]) -> Shown:
    """The query loss after adapting, over outer updates, of whole runs of each program."""
    traces, rows = [], []
    for name, one in found.items():
        line = LINES[name]
        traces.append(scatter(x=one["iterations"], y=one["after"], name=labels[name], mode="lines", line=line.look))
        rows += [(labels[name], *both) for both in zip(one["iterations"], one["after"], strict=True)]
    figure = chart(
        traces,
        "passes over 5 tasks",
        "query MSE after 5 steps, unseen tasks",
        400,
        yaxis=log_axis(0.3, 12),
        legend={"orientation": "v", "y": -0.25, "yanchor": "top"},
        margin={"b": 150},
    )
    return Shown(
        figure,
        "What becomes of each program: error on unseen tasks after adapting",
        "; ".join(
            t("{label}: {loss:.2f} at the end", label=labels[name], loss=one["after"][-1])
            for name, one in found.items()
        ),
        pd.DataFrame(rows, columns=["program", "passes", "query MSE after adapting"]),
    )
