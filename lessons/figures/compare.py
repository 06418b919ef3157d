"""Figures of all methods side by side: scores with intervals, scores by setting, time against score."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from core.events import MethodScore
from core.registry import WRITTEN
from lessons.demos.compare import LABELS, label
from lessons.engine.language import listed, t
from lessons.figures.chart import PERCENT, WHISKERS, across, bar, chart, scatter
from lessons.figures.theme import INNER, MUTED, OUTER, OWN, READ, Shown

FAMILIES = {
    "maml": OUTER, "fomaml": OUTER, "reptile": OUTER, "anil": OUTER, "meta-sgd": OUTER, "imaml": OUTER,
    "siamese": INNER, "matching": INNER, "prototypes": INNER, "mann": READ, "in-context": READ, "cnp": READ,
    "pretrain": MUTED, "joint": MUTED, "pixels": MUTED, WRITTEN.name: OWN,
}  # fmt: skip
SYMBOLS = {
    "maml": "circle", "fomaml": "circle-open", "reptile": "diamond", "anil": "triangle-down", "meta-sgd": "square-open",
    "imaml": "diamond-open", "siamese": "square", "matching": "circle", "prototypes": "triangle-up", "mann": "star",
    "in-context": "star-square", "cnp": "hexagon", "pretrain": "x", "joint": "x", "pixels": "cross",
    WRITTEN.name: "star-diamond",
}  # fmt: skip
LEAST_WRONG = 0.0005  # what is drawn where no answer was wrong
WRONG = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)  # marks of the axis
WRONG_AXIS = {"type": "log", "tickvals": WRONG, "ticktext": [f"{share:.1%}" for share in WRONG],
              "range": [math.log10(LEAST_WRONG), 0]}  # fmt: skip


def scores(results: Mapping[str, tuple[float, float]], kind: str, way: int, title: str) -> Shown:
    """Draw each method's score (pictures: accuracy, curves: squared error) and 95% interval, coloured by family."""
    pictures = kind == "pictures"
    names = [label(name) for name in results]
    bars = bar(
        x=names, y=[score for score, _ in results.values()], showlegend=False,
        error_y=WHISKERS | {"array": [half if half == half else 0 for _, half in results.values()]},  # noqa: PLR0124  NaN
        marker={"color": [FAMILIES[name] for name in results]},
        text=[f"{score:.1%}" if pictures else f"{score:.3f}" for score, _ in results.values()], textposition="inside",
        insidetextanchor="start", hovertemplate="%{x}: %{text}<extra></extra>",
    )  # fmt: skip
    figure = chart(
        [bars], "", "queries right" if pictures else "mean squared error", 380,
        yaxis=PERCENT | {"range": [0, 1.05]} if pictures else {"type": "log", "range": [-2.3, 1]},
        shapes=[across(y=1 / way)] if pictures else [],
    )  # fmt: skip
    return Shown(
        figure,
        title,
        listed(
            f"{label(name)} {score:.1%}" if pictures else f"{label(name)} {score:.3f}"
            for name, (score, _) in results.items()
        ),
        pd.DataFrame(
            {"method": names, "score": [s for s, _ in results.values()], "± 95%": [h for _, h in results.values()]}
        ),
    )


def details(scores: Mapping[str, MethodScore]) -> pd.DataFrame:
    """Tabulate what each method pays for a task, and what it keeps of it."""
    columns = {
        "method": [label(name) for name in scores],
        "ms a task": [round(score.milliseconds, 2) for score in scores.values()],
        "passes a task": [score.passes for score in scores.values()],
        "parameters, fixed": [score.parameters for score in scores.values()],
        "numbers kept of a task": [score.memory for score in scores.values()],
    }
    return pd.DataFrame({t(name): values for name, values in columns.items()})


def by_setting(rows: Sequence[dict[str, Any]]) -> Shown:
    """Draw the share of wrong answers of each method in every measured setting, on a logarithmic axis.

    rows: method, way, shots, score, half. Most scores lie between 93% and 100%, so it is the errors that differ.
    """
    settings = sorted({(row["way"], row["shots"]) for row in rows})
    names = [name for name in LABELS if any(row["method"] == name for row in rows)]
    traces = []
    for i, name in enumerate(names):
        scored = [row for row in rows if row["method"] == name]
        wrong = [max(1 - row["score"], LEAST_WRONG) for row in scored]
        beside = 0.07 * (i - (len(names) - 1) / 2)  # so that no mark hides another
        traces.append(
            scatter(
                x=[settings.index((row["way"], row["shots"])) + beside for row in scored], y=wrong, name=LABELS[name],
                error_y={
                    "array": [row["half"] for row in scored], "thickness": 1.2, "symmetric": False,
                    "arrayminus": [min(row["half"], w - LEAST_WRONG) for row, w in zip(scored, wrong, strict=True)],
                },
                mode="markers", marker={"symbol": SYMBOLS[name], "size": 11, "color": FAMILIES[name]},
                customdata=[row["score"] for row in scored],
                hovertemplate="%{fullData.name}: %{customdata:.1%}<extra></extra>",
            )
        )  # fmt: skip
    figure = chart(
        traces, "classes N, drawings K", "queries wrong (logarithmic)", 460, showlegend=True,
        xaxis={"tickvals": list(range(len(settings))), "ticktext": [f"N = {n}, K = {k}" for n, k in settings],
               "showgrid": False},
        yaxis=WRONG_AXIS,
    )  # fmt: skip
    return Shown(
        figure,
        "More classes, more drawings: who gains, who loses",
        listed(
            t(
                "{method}, N = {way}, K = {shots}: {score:.1%}",
                method=label(row["method"]), way=row["way"], shots=row["shots"], score=row["score"],
            )
            for row in rows
        ),
        pd.DataFrame(rows, columns=["method", "way", "shots", "score", "half"]),
    )  # fmt: skip
