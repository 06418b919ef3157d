"""Figures of the lesson on choosing: right answers of the methods that remain."""

import pandas as pd

from lessons.demos.choosing import METHODS, Method, measured
from lessons.engine.language import listed, t
from lessons.figures.chart import WHISKERS, bar, chart
from lessons.figures.theme import MUTED, OUTER, Shown


def accuracy(left: list[Method]) -> Shown:
    """Draw the accuracy of every method's shipped run: remaining methods in colour, the others pale and hatched."""
    traces, rows = [], []
    for method in METHODS:
        score, half, parameters = measured(method.run)
        usable = method in left
        traces.append(
            bar(
                x=[t(method.label)], y=[score], error_y=WHISKERS | {"array": [half]}, showlegend=False,
                marker={"color": OUTER if usable else MUTED, "opacity": 1 if usable else 0.35,
                        "pattern": {"shape": "" if usable else "/"}},
                text=[f"{score:.1%}"], textposition="outside", cliponaxis=False,
                hovertemplate="%{x}: %{y:.1%}<extra></extra>",
            )
        )  # fmt: skip
        rows.append(
            (t(method.label), t("left") if usable else t("ruled out"), round(score, 4), round(half, 4), parameters)
        )
    figure = chart(traces, "", "right answers", 320, yaxis={"range": [0, 1.12], "tickformat": ".0%", "dtick": 0.2})
    return Shown(
        figure,
        "Right answers with one example of each of 5 unseen characters",
        listed(
            t("{name}: {score:.1%}, {copes}", name=name, score=score, copes=copes) for name, copes, score, *_ in rows
        ),
        pd.DataFrame(rows, columns=["method", "copes", "right answers", "95% interval", "parameters"]),
    )
