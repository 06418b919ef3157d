"""Learning in context: errors by the number of points, training, few functions, and a layer beside a gradient step."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.events import PointsRead
from lessons.demos.sinusoid import Task
from lessons.engine.language import listed, t
from lessons.figures.chart import BARE, TRUTH, beside, chart, heatmap, panel, scatter
from lessons.figures.curves import FEW, MOST_DRAWN, Curve, log_axis, updates_in_words, updates_up_to
from lessons.figures.theme import INNER, MUTED, OUTER, READ, SUPPORT, Line, Shown

LINES = {
    "in-context": Line("transformer, no step", READ, "solid", 3.5),
    "cnp": Line("neural process, no step (band: two standard deviations)", INNER, "dashdot", 3),
    "maml 1": Line("MAML, one step", OUTER, "dot", 2.5),
    "maml 10": Line("MAML, ten steps", OUTER, "solid", 2.5),
}
BAND = INNER
STEP = Line("one gradient step, best rate", MUTED, "dash", 2)


def by_points(errors: Mapping[str, Sequence[float]]) -> Shown:
    """Draw the error on unseen sinusoids after 0, 1, ... points, of each method in LINES."""
    traces = [
        scatter(y=values, name=LINES[name].label, mode="lines+markers", line=LINES[name].look)
        for name, values in errors.items()
    ]
    figure = chart(traces, "points seen", "query MSE", 340, {"dtick": 2}, log_axis(0.002, 6))
    last = listed(t("{name} {error:.3g}", name=LINES[name].label, error=values[10]) for name, values in errors.items())
    return Shown(
        figure,
        "The error on 1000 unseen sinusoids by the number of points",
        t("After ten points: {scores}.", scores=last),
        pd.DataFrame(
            {"points": range(len(next(iter(errors.values()))))} | {LINES[n].label: v for n, v in errors.items()}
        ),
    )


def learning(runs: Sequence[Curve], iterations: int) -> Shown:
    """Draw the error after ten points of unseen sinusoids over the updates of each run."""
    figure, table = _over_updates(runs, iterations, log_axis(0.005, 8))
    return Shown(
        figure, "The error after ten points of unseen sinusoids", _ends(runs, iterations), table
    )  # fmt: skip


def layer(runs: Sequence[Curve], iterations: int, step: float) -> Shown:
    """Draw the error of a layer of linear attention over its training, and that of the best gradient step."""
    line = scatter(
        x=[0, max(iterations, 1)], y=[step, step], name=STEP.label, mode="lines", line=STEP.look
    )  # fmt: skip
    figure, table = _over_updates(runs, iterations, {"range": [1.4, 3.6]}, [line], 250)
    return Shown(
        figure, "The layer's error on unseen linear functions, and that of one gradient step", _ends(runs, iterations),
        table,
    )  # fmt: skip


def _over_updates(
    runs: Sequence[Curve], iterations: int, yaxis: dict[str, Any], more: Sequence[dict] = (), height: int = 320
) -> tuple[Any, pd.DataFrame]:
    traces, rows = list(more), []
    for run in runs:
        drawn = run.steps[:: max(1, len(run.steps) // MOST_DRAWN)]
        traces.append(
            scatter(
                x=[step.iteration for step in drawn], y=[step.after for step in drawn], name=run.label,
                mode="lines+markers" if len(drawn) <= FEW else "lines", line={"color": run.colour, "width": run.width},
            )
        )  # fmt: skip
        rows += [(run.label, step.iteration, step.after) for step in run.steps]
    figure = chart(traces, "outer updates", "query MSE", height, updates_up_to(iterations), yaxis)
    return figure, pd.DataFrame(rows, columns=["run", "outer updates", "query MSE"])


def _ends(runs: Sequence[Curve], iterations: int) -> str:
    last = listed(t("{label} at {error:.3g}", label=run.label, error=run.steps[-1].after) for run in runs if run.steps)
    return t("Learning curves over {updates}: {last}.", updates=updates_in_words(iterations), last=last)


def few(errors: Mapping[str, Sequence[float]]) -> Shown:
    """Draw the error after ten points by how many functions a network was trained on: on those, and on new ones."""
    names = {"new": Line("new functions", OUTER, "solid", 3), "seen": Line("those of the training", MUTED, "dash", 3)}
    traces = [
        scatter(x=errors["few"], y=errors[name], name=line.label, mode="lines+markers", line=line.look)
        for name, line in names.items()
    ]
    xaxis = {"type": "log", "tickvals": errors["few"], "ticktext": [str(n) for n in errors["few"]]}
    figure = chart(traces, "functions in the training", "query MSE after ten points", 340, xaxis, log_axis(0.001, 20))
    return Shown(
        figure,
        "Trained on few functions, the network knows those; trained on many, it learns new ones",
        t(
            "Error on new functions: {first:.3g} after training on {few} of them, {last:.3g} after training on {many}.",
            first=errors["new"][0], last=errors["new"][-1], few=errors["few"][0], many=errors["few"][-1],
        ),
        pd.DataFrame({"functions": errors["few"], "on new ones": errors["new"], "on those": errors["seen"]}),
    )  # fmt: skip


def effect(learned: np.ndarray, rate: float, title: str) -> Shown:
    """Draw what a layer multiplies query and key by, [inputs, inputs], beside the gradient step's: the rate times I."""
    inputs = len(learned)
    built = rate * np.eye(inputs)
    titles = [t("learned"), t("gradient step: {rate:.2f} × I", rate=rate)]
    limit = float(max(np.abs(learned).max(), rate))
    axes = [BARE | {"ticks": "", "showticklabels": False}] * 2
    traces = [
        heatmap(
            z=matrix[::-1], zmin=-limit, zmax=limit, colorscale="RdBu", reversescale=True, showscale=i == 2,
            hovertemplate="%{z:.2f}<extra></extra>", **panel(i),
        )
        for i, matrix in enumerate((learned, built), 1)
    ]  # fmt: skip
    figure = chart(traces, "", "", 230, **beside(titles, 0.08, axes, axes, size=14), margin={"t": 32, "b": 8, "l": 8})
    diagonal, off = np.diag(learned), learned[~np.eye(inputs, dtype=bool)]
    return Shown(
        figure,
        title,
        t(
            "On the diagonal the learned layer has {low:.2f} to {high:.2f}, elsewhere at most {off:.2f}; the gradient "
            "step has {rate:.2f} and 0.",
            low=diagonal.min(), high=diagonal.max(), off=np.abs(off).max() if off.size else 0.0, rate=rate,
        ),
        pd.DataFrame(learned.round(3)),
    )  # fmt: skip


def read(answer: PointsRead, task: Task, points: Sequence[tuple[float, float]], iteration: int) -> Shown:
    """Draw the curve after all points that a network has read, for a moment of its training."""
    truth, curve = task(answer.grid), answer.curves[-1]
    x, y = zip(*points, strict=True)
    line = LINES["cnp" if len(answer.spread) else "in-context"]
    traces = [
        scatter(x=answer.grid, y=truth, name="true function", mode="lines", line=TRUTH),
        scatter(x=answer.grid, y=curve, name=line.label, mode="lines", line=line.look),
        scatter(x=x, y=y, name="points", mode="markers", marker={"color": SUPPORT, "size": 9}),
    ]
    error = float(np.square(curve - truth).mean())
    return Shown(
        chart(traces, "x", "y", 360, {"range": [-5, 5]}, {"range": [-6, 6]}),
        t("After {updates}: the curve that it reads from ten points", updates=updates_in_words(iteration)),
        t("The mean squared error to the true function is {error:.3g}.", error=error),
        pd.DataFrame({"x": answer.grid, "true function": truth, "answer": curve}).round(3),
    )
