"""Figures of the lesson on published code: what one pass does, and what becomes of a whole run."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.events import Programmed
from lessons.figures.curves import log_axis
from lessons.figures.theme import INNER, MUTED, OUTER, Line, Shown, layout
from lessons.language import t

LINES = {
    "maml cut": Line("", MUTED, "dot"),
    "maml overwritten": Line("", "#CC79A7", "dash"),
    "maml again": Line("", "#3B8FD0", "dashdot"),
    "maml right": Line("", OUTER, "solid", 3.5),
    "reptile no copy": Line("", MUTED, "dot"),
    "reptile sum": Line("", "#CC79A7", "dash"),
    "reptile right": Line("", OUTER, "solid", 3.5),
}


def inner_losses(found: Programmed, right: Programmed) -> Shown:
    """The support loss after each inner step, of the program as it is and of the repaired one."""
    figure, steps = go.Figure(), np.arange(len(found.losses))
    for one, name, colour, dash in ((right, "repaired", INNER, "solid"), (found, t("as switched"), OUTER, "dash")):
        figure.add_scatter(
            x=steps, y=one.losses, name=name, mode="lines+markers", line={"color": colour, "dash": dash, "width": 3},
            marker={"symbol": "circle" if name == "repaired" else "diamond", "size": 9},
        )  # fmt: skip
    layout(figure, "inner step", "support loss, mean of the tasks", 300)
    figure.update_xaxes(dtick=1)
    figure.update_yaxes(rangemode="tozero")
    return Shown(
        figure,
        "Do the inner steps add up?",
        t("Support loss by inner step: as switched ") + ", ".join(f"{one:.2f}" for one in found.losses),
        pd.DataFrame({"inner step": steps, "as switched": found.losses, "repaired": right.losses}),
    )


def outcomes(found: dict[str, dict], labels: dict[str, str]) -> Shown:
    """The query loss after adapting, over outer updates, of whole runs of each program."""
    figure, rows = go.Figure(), []
    for name, one in found.items():
        line = LINES[name]
        figure.add_scatter(
            x=one["iterations"], y=one["after"], name=labels[name], mode="lines",
            line={"color": line.colour, "dash": line.dash, "width": line.width},
        )  # fmt: skip
        rows += [(labels[name], *both) for both in zip(one["iterations"], one["after"], strict=True)]
    layout(
        figure,
        "passes over 5 tasks",
        "query MSE after 5 steps, unseen tasks",
        400,
        legend={"orientation": "v", "y": -0.25, "yanchor": "top"},
        margin={"b": 150},
    )
    figure.update_yaxes(**log_axis(0.3, 12))
    return Shown(
        figure,
        "What becomes of each program: error on unseen tasks after adapting",
        "; ".join(
            t("{label}: {loss:.2f} at the end", label=labels[name], loss=one["after"][-1])
            for name, one in found.items()
        ),
        pd.DataFrame(rows, columns=["program", "passes", "query MSE after adapting"]),
    )
