"""Figures of all methods side by side: scores with intervals, scores by setting, time against score."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from core.events import MethodScore
from lessons.demos.compare import LABELS
from lessons.engine.language import t
from lessons.figures.chart import PERCENT, WHISKERS, across, bar, chart, scatter
from lessons.figures.theme import INNER, MUTED, OUTER, READ, Shown

FAMILIES = {"maml": OUTER, "fomaml": OUTER, "reptile": OUTER, "siamese": INNER, "matching": INNER, "prototypes": INNER,
            "mann": READ, "pretrain": MUTED, "joint": MUTED, "pixels": MUTED}  # fmt: skip
SYMBOLS = {"maml": "circle", "fomaml": "circle-open", "reptile": "diamond", "siamese": "square", "matching": "circle",
           "prototypes": "triangle-up", "mann": "star", "pretrain": "x", "joint": "x", "pixels": "cross"}  # fmt: skip


def scores(found: Mapping[str, tuple[float, float]], kind: str, way: int, title: str) -> Shown:
    """Score of each method with its 95% interval, colours by family; pictures: share right, curves: squared error."""
    pictures = kind == "pictures"
    names = [t(LABELS[name]) for name in found]
    bars = bar(
        x=names, y=[score for score, _ in found.values()], showlegend=False,
        error_y=WHISKERS | {"array": [half if half == half else 0 for _, half in found.values()]},  # noqa: PLR0124  NaN
        marker={"color": [FAMILIES[name] for name in found]},
        text=[f"{score:.1%}" if pictures else f"{score:.3f}" for score, _ in found.values()], textposition="inside",
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
        "; ".join(
            f"{t(LABELS[name])} {score:.1%}" if pictures else f"{t(LABELS[name])} {score:.3f}"
            for name, (score, _) in found.items()
        ),
        pd.DataFrame(
            {"method": names, "score": [s for s, _ in found.values()], "± 95%": [half for _, half in found.values()]}
        ),
    )


def details(found: Mapping[str, MethodScore]) -> pd.DataFrame:
    """What each method pays for a task, and what it keeps."""
    columns = {
        "method": [t(LABELS[name]) for name in found],
        "ms a task": [round(one.milliseconds, 2) for one in found.values()],
        "passes a task": [one.passes for one in found.values()],
        "parameters, fixed": [one.parameters for one in found.values()],
        "numbers kept of a task": [one.memory for one in found.values()],
    }
    return pd.DataFrame({t(name): values for name, values in columns.items()})


def by_setting(rows: Sequence[dict[str, Any]]) -> Shown:
    """Score of each method in every setting that was measured. rows: method, way, shots, score, half."""
    settings = sorted({(one["way"], one["shots"]) for one in rows})
    names = [f"N = {way}, K = {shots}" for way, shots in settings]
    traces = []
    for name in LABELS:
        own = {(one["way"], one["shots"]): one for one in rows if one["method"] == name}
        if own:
            traces.append(
                scatter(
                    x=names, y=[own[at]["score"] if at in own else None for at in settings], name=LABELS[name],
                    error_y={"array": [own[at]["half"] if at in own else 0 for at in settings], "thickness": 1.2},
                    mode="lines+markers", line={"color": FAMILIES[name], "width": 1.5},
                    marker={"symbol": SYMBOLS[name], "size": 10}, connectgaps=True,
                )
            )  # fmt: skip
    figure = chart(traces, "classes N, drawings K", "queries right", 420, yaxis={"tickformat": ".0%"}, showlegend=True)
    return Shown(
        figure,
        "More classes, more drawings: who gains, who loses",
        "; ".join(f"{t(LABELS[one['method']])} N={one['way']} K={one['shots']}: {one['score']:.1%}" for one in rows),
        pd.DataFrame(rows, columns=["method", "way", "shots", "score", "half"]),
    )
