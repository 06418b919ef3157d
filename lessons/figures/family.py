"""Figures of tasks drawn from p(T), of one task's support and query, and of the best single function for all tasks."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lessons.engine.language import plural, t
from lessons.figures.chart import chart, scatter
from lessons.figures.theme import MUTED, OUTER, QUERY, SUPPORT, TASK_COLOURS, TASK_DASHES, Line, Lines, Shown

GRID = np.linspace(-5, 5, 101)
MOST_LINES = 40  # more tasks count in every number but are not all drawn


def family(amplitude: np.ndarray, phase: np.ndarray, chosen: int) -> tuple[Lines, float, float]:
    """Draw all tasks, the average function, and the `chosen` task.

    amplitude, phase: [tasks]. Also returns the mean squared error of the average function, the
    lowest that any single function can reach on these tasks, and that of predicting zero.
    """
    values = amplitude[:, None] * np.sin(GRID - phase[:, None])
    average = values.mean(0)
    drawn = [i for i in range(min(len(values), MOST_LINES)) if i != chosen]
    lines = [
        (Line(t("tasks drawn from p(T)") if i == drawn[0] else "", MUTED + "8C", "solid", 1), values[i]) for i in drawn
    ]
    lines.append((Line(t("task {chosen}", chosen=chosen + 1), TASK_COLOURS[0], "dash", 3), values[chosen]))
    lines.append((Line(t("best single function: the average"), OUTER, "solid", 4), average))
    error = float(((values - average) ** 2).mean())
    zero = float((values**2).mean())
    shown = Lines(
        GRID,
        lines,
        plural(
            len(values),
            "{count} task from p(T), and the function that answers it best",
            "{count} tasks from p(T), and the one function that answers all of them best",
        ),
        plural(
            len(values),
            "One sinusoid, which is its own average.",
            "{count} sinusoids and their average. The average is off by {error:.2f} in the mean square.",
            error=error,
        ),
        pd.DataFrame({"task": np.arange(1, len(phase) + 1), "amplitude": amplitude, "phase (rad)": phase}),
    )
    return shown, error, zero


def one_task(amplitude: float, phase: float, x: np.ndarray, shots: int, number: int) -> Shown:
    """Draw one task's support (the first `shots` of `x`) and query points (the rest)."""
    y = amplitude * np.sin(x - phase)
    traces = [
        scatter(
            x=GRID, y=amplitude * np.sin(GRID - phase), mode="lines", name="the task",
            line={"color": MUTED, "dash": TASK_DASHES[1]},
        )
    ]  # fmt: skip
    for name, part, colour, symbol in (
        (t("support: learn from these"), slice(None, shots), SUPPORT, "circle"),
        (t("query: held back to test with"), slice(shots, None), QUERY, "diamond-open"),
    ):
        look = {"color": colour, "symbol": symbol, "size": 11, "line": {"width": 2}}
        traces.append(scatter(x=x[part], y=y[part], mode="markers", name=name, marker=look))
    figure = chart(traces, "x", "y", 320, {"range": [-5, 5]}, {"range": [-5.5, 5.5]})
    return Shown(
        figure,
        t("Task {number}: y = {amplitude:.2f} · sin(x − {phase:.2f})", number=number, amplitude=amplitude, phase=phase),
        t(
            "{support} and {query} on one sinusoid.",
            support=plural(shots, "{count} support point", "{count} support points"),
            query=plural(len(x) - shots, "{count} query point", "{count} query points"),
        ),
        pd.DataFrame({"x": x, "y": y, "set": ["support"] * shots + ["query"] * (len(x) - shots)}),
    )


def mean_wave(low: float, high: float, spread: float) -> tuple[float, float]:
    """Return amplitude and phase of the average function for amplitude U[low, high] and phase U[0, spread].

    The mean of sin(x - b) over b in [0, S] is (2 / S) sin(S / 2) sin(x - S / 2).
    """
    return (low + high) / 2 * float(np.sinc(spread / 2 / np.pi)), spread / 2


def closed_form(low: float, high: float, spread: float) -> str:
    """Return the average function of `mean_wave` in LaTeX."""
    amplitude, phase = mean_wave(low, high, spread)
    general = r"\bar A\,\frac{\sin(S/2)}{S/2}\,\sin\!\big(x-\tfrac S2\big)"
    return rf"\mathbb{{E}}[A\sin(x-b)] = {general} = {amplitude:.2f}\,\sin(x-{phase:.2f})"


def sweep_of_tasks(seed: int, tasks: int, ranges: Sequence[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    """Draw amplitudes and phases [tasks] uniformly from `ranges` with `seed`."""
    source = np.random.default_rng([seed, 7])
    unit = source.random((2, 200))[:, :tasks]
    (a_low, a_high), (p_low, p_high) = ranges
    return a_low + (a_high - a_low) * unit[0], p_low + (p_high - p_low) * unit[1]
