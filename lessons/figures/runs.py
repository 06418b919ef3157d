"""Figures of stored runs: their curves in one chart, and a sinusoid fitted at one moment of a training run."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.demos.answers import LayersMoved
from core.events import Fitted, OuterStep
from lessons.engine.language import listed, plural, t
from lessons.engine.plain import in_figure
from lessons.figures.chart import PERCENT, TRUTH, chart, scatter
from lessons.figures.curves import MOST_DRAWN, inner_steps_in_words, log_axis, updates_in_words
from lessons.figures.theme import INNER, OUTER, SUPPORT, Shown

MOST = 6  # curves that a reader can still distinguish
COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#8C8C8C")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


@dataclass(frozen=True)
class Drawn:
    """A run as it is drawn: its label and its curve."""

    label: str
    steps: Sequence[OuterStep]


def overlay(runs: Sequence[Drawn], accuracy: bool) -> Shown:
    """Draw the accuracy, or the loss, of up to six runs after adaptation, over outer updates."""
    traces, rows = [], []
    for i, run in enumerate(runs[:MOST]):
        drawn = run.steps[:: max(1, len(run.steps) // MOST_DRAWN)]
        y = [step.accuracy_after if accuracy else step.after for step in drawn]
        traces.append(
            scatter(
                x=[step.iteration for step in drawn], y=[v if v is not None and np.isfinite(v) else None for v in y],
                name=in_figure(run.label), mode="lines", line={"color": COLOURS[i], "dash": DASHES[i], "width": 2.5},
            )
        )  # fmt: skip
        rows += [(run.label, step.iteration, step.before, step.after, step.accuracy_after) for step in run.steps]
    figure = chart(
        traces, "outer updates", "right answers, unseen tasks" if accuracy else "loss on unseen tasks", 380,
        yaxis=PERCENT if accuracy else log_axis(0.01, 30), showlegend=True,
    )  # fmt: skip
    last = listed(
        t(
            "{label} at {value}",
            label=run.label,
            value=f"{run.steps[-1].accuracy_after or 0:.1%}" if accuracy else f"{run.steps[-1].after:.3g}",
        )
        for run in runs
        if run.steps
    )
    return Shown(
        figure,
        "Right answers over training" if accuracy else "Loss over training",
        plural(len(runs), "{count} run; at its end {last}.", "{count} runs; at their ends {last}.", last=last),
        pd.DataFrame(rows, columns=["run", "outer updates", "loss before", "loss", "accuracy"]),
    )


def fitted(
    fit: Fitted | LayersMoved, x: np.ndarray, y: np.ndarray, truth: np.ndarray, steps: int, iteration: int
) -> Shown:
    """Draw the fit to a sinusoid by the parameters at one moment of a run, before and after `steps` inner steps."""
    traces = []
    for name, values, line in (
        ("true function", truth, TRUTH),
        ("θ", fit.curves[0], {"color": OUTER, "dash": "dot", "width": 2.5}),
        (t("after {steps}", steps=inner_steps_in_words(steps)), fit.curves[steps], {"color": INNER, "width": 3}),
    ):
        traces.append(scatter(x=fit.grid, y=values, name=name, mode="lines", line=line))
    traces.append(scatter(x=x, y=y, name="support", mode="markers", marker={"color": SUPPORT, "size": 9}))
    figure = chart(traces, "x", "y", 310, {"range": [-5.2, 5.2]}, {"range": [-6, 6]}, showlegend=True)
    return Shown(
        figure,
        t("After {updates}: the same task, the same points", updates=updates_in_words(iteration)),
        t(
            "Error {before:.2f} at θ, {after:.2f} after {steps}.",
            before=float(fit.query_loss[0]), after=float(fit.query_loss[steps]), steps=inner_steps_in_words(steps),
        ),
        pd.DataFrame({"inner step": range(len(fit.query_loss)), "mean squared error": fit.query_loss}),
    )  # fmt: skip
