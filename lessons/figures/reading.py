"""Figures of the lesson on published code: what one pass does, and how a whole run ends."""

import numpy as np
import pandas as pd

from core.events import ProgramPass
from lessons.engine.language import listed, named, t
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


def inner_losses(actual: ProgramPass, right: ProgramPass) -> Shown:
    """Draw the support loss after each inner step, of the program as switched and of the repaired program."""
    traces, steps = [], np.arange(len(actual.losses))
    for run, name, colour, dash in ((right, "repaired", INNER, "solid"), (actual, t("as switched"), OUTER, "dash")):
        traces.append(
            scatter(
                x=steps, y=run.losses, name=name, mode="lines+markers",
                line={"color": colour, "dash": dash, "width": 3},
                marker={"symbol": "circle" if name == "repaired" else "diamond", "size": 9},
            )
        )  # fmt: skip
    figure = chart(traces, "inner step", "support loss", 250, {"dtick": 1}, {"rangemode": "tozero"})
    return Shown(
        figure,
        "Do the inner steps add up? (mean of five tasks; θ moves after each)",
        t(
            "Support loss by inner step, as switched: {losses}.",
            losses=named(f"{loss:.2f}" for loss in actual.losses),
        ),
        pd.DataFrame({"inner step": steps, "as switched": actual.losses, "repaired": right.losses}),
    )


def outcomes(runs: dict[str, dict], labels: dict[str, str]) -> Shown:
    """Draw the query loss after adapting over outer updates, for a whole run of each program."""
    traces, rows = [], []
    for name, run in runs.items():
        line = LINES[name]
        traces.append(scatter(x=run["iterations"], y=run["after"], name=labels[name], mode="lines", line=line.look))
        rows += [(labels[name], *point) for point in zip(run["iterations"], run["after"], strict=True)]
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
        listed(
            t("{label}: {loss:.2f} at the end", label=labels[name], loss=run["after"][-1]) for name, run in runs.items()
        ),
        pd.DataFrame(rows, columns=["program", "passes", "query MSE after adapting"]),
    )
