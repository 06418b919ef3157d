"""The figure of repeat copy: wrong bits by length and by the number of repeats."""

import numpy as np
import pandas as pd

from core.events.evaluations import BitErrors
from lessons.engine.language import listed, t
from lessons.figures.chart import WHISKERS, chart, scatter
from lessons.figures.theme import TASK_COLOURS, TASK_DASHES, TASK_SYMBOLS, Shown


def by_repeats(score: BitErrors, trained: int) -> Shown:
    """Draw the wrong bits for 1, 2, ... repeats, a line for each length. trained: the longest length of training.

    The score must have been measured by repeats.
    """
    assert score.by_repeats is not None and score.ci95_by_repeats is not None
    repeats = np.arange(1, score.by_repeats.shape[1] + 1)
    names = [
        t("length {length}", length=length) + (t(" (longer than in training)") if length > trained else "")
        for length in score.lengths
    ]
    traces = [
        scatter(
            x=repeats.tolist(), y=np.round(errors, 2).tolist(), name=name, mode="lines+markers",
            line={"color": TASK_COLOURS[i % 5], "dash": TASK_DASHES[i % 5], "width": 2.5},
            marker={"symbol": TASK_SYMBOLS[i % 5], "size": 8},
            error_y={"array": np.round(halves, 2).tolist(), "type": "data"} | WHISKERS,
        )
        for i, (name, errors, halves) in enumerate(
            zip(names, score.by_repeats, score.ci95_by_repeats, strict=True)
        )
    ]  # fmt: skip
    figure = chart(
        traces, "repeats", "wrong bits of a sequence", 360, {"dtick": 1}, {"rangemode": "tozero"}, showlegend=True
    )
    summary = listed(
        t("{name}: {first:.1f} at one repeat, {last:.1f} at {most}", name=name, first=errors[0], last=errors[-1],
          most=len(errors))
        for name, errors in zip(names, score.by_repeats, strict=True)
    )  # fmt: skip
    return Shown(
        figure,
        "Repeat copy: wrong bits by the number of repeats, with 95% intervals",
        summary + t("."),
        pd.DataFrame(
            {"repeats": repeats} | {name: np.round(e, 2) for name, e in zip(names, score.by_repeats, strict=True)}
        ),
    )
