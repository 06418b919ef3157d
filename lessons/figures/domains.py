"""Trained here, tested there: wrong answers by the number of drawings, in one domain beside the one of the training."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from lessons.demos.compare import label
from lessons.demos.domains import HOME, NAMES, SHOTS, Row
from lessons.engine.language import listed, plural, t
from lessons.figures.chart import WHISKERS, chart, scatter
from lessons.figures.compare import FAMILIES, LEAST_WRONG, SYMBOLS, WRONG_AXIS
from lessons.figures.theme import Shown

APART = 0.045  # of a step of the axis, so that no mark hides another


def by_shots(rows: Sequence[Row], domain: str) -> Shown:
    """Draw the wrong answers of each method on `domain` by the number of drawings; dotted, where it was trained."""
    names = list(dict.fromkeys(row.method for row in rows))
    traces = []
    for shown in (HOME, domain) if domain != HOME else (HOME,):
        here = shown == domain
        for i, name in enumerate(names):
            line = sorted((row for row in rows if (row.method, row.domain) == (name, shown)), key=lambda row: row.shots)
            place = APART * (i - (len(names) - 1) / 2)
            traces.append(
                scatter(
                    x=[SHOTS.index(row.shots) + place for row in line],
                    y=[max(1 - row.score, LEAST_WRONG) for row in line],
                    name=label(name), customdata=[row.score for row in line],
                    mode="lines+markers" if here else "lines", showlegend=here, opacity=1 if here else 0.5,
                    line={"color": FAMILIES[name], "width": 2 if here else 1, "dash": "solid" if here else "dot"},
                    marker={"symbol": SYMBOLS[name], "size": 10},
                    hovertemplate="%{fullData.name}: %{customdata:.1%}<extra></extra>",
                )
                | ({"error_y": _whiskers(line)} if here else {"hoverinfo": "skip"})
            )  # fmt: skip
    figure = chart(
        traces, "drawings of each class K", "queries wrong (logarithmic)", 440,
        {"tickvals": list(range(len(SHOTS))), "ticktext": [str(shots) for shots in SHOTS], "showgrid": False},
        WRONG_AXIS,
    )  # fmt: skip
    ends = [row for row in rows if row.domain == domain and row.shots in (SHOTS[0], SHOTS[-1])]
    return Shown(
        figure,
        plural(
            max(row.tasks for row in rows),
            "Tested on: {domain} ({count} task for each mark)",
            "Tested on: {domain} ({count} tasks for each mark)",
            domain=t(NAMES[domain]),
        ),
        listed(
            t("{method}, K = {shots}: {score:.1%}", method=label(row.method), shots=row.shots, score=row.score)
            for row in ends
        ),
        pd.DataFrame(
            [(label(row.method), row.shots, row.score, row.half, row.tasks) for row in rows if row.domain == domain],
            columns=["method", "shots", "score", "half", "tasks"],
        ),
    )


def _whiskers(line: Sequence[Row]) -> dict[str, Any]:
    """Return the intervals of shares of wrong answers, which end where the axis does."""
    down = [min(row.half, max(1 - row.score, LEAST_WRONG) - LEAST_WRONG) for row in line]
    return WHISKERS | {"array": [row.half for row in line], "symmetric": False, "arrayminus": down}
