"""Figures of the plane of two parameters: loss surface, inner paths, contributions and outer arrows."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.events import Arrows, Surface
from lessons.demos.plane import outer_arrow
from lessons.engine.language import t
from lessons.figures.chart import chart, scatter, trace
from lessons.figures.theme import INNER, METHODS, MUTED, OUTER, TASK_DASHES, TASK_SYMBOLS, Shown

ARROW_LENGTH = 0.16  # of the plane's diagonal: arrows compare directions, the table has the lengths
TIPS = {"maml": "top left", "fomaml": "middle right", "reptile": "bottom center"}
STAR = {"symbol": "star", "size": 14, "line": {"width": 1, "color": "white"}}


def plane(surface: Surface, all_arrows: Sequence[Arrows], method: str, task: int | None) -> Shown:
    """Draw contours of the mean loss (or of one `task`'s loss), the paths of `method`, and all outer arrows."""
    losses = surface.losses.mean(0) if task is None else surface.losses[task]
    traces = [
        trace(
            "contour", x=surface.phases, y=surface.amplitudes, z=losses, name="loss",
            contours={"coloring": "none", "showlabels": True, "labelfont": {"size": 10, "color": MUTED}},
            line={"width": 1, "color": "rgba(140,140,140,0.55)"}, ncontours=14, showscale=False,
            hovertemplate="phase %{x:.2f}, amplitude %{y:.2f}<br>loss %{z:.2f}<extra></extra>",
        )
    ]  # fmt: skip
    chosen = next(arrows for arrows in all_arrows if arrows.name == method)
    theta = chosen.path[0, 0]
    tasks = chosen.path.shape[1]
    best = [np.unravel_index(loss.argmin(), loss.shape) for loss in surface.losses]
    for i in range(tasks):
        traces += [
            scatter(
                x=chosen.path[:, i, 1], y=chosen.path[:, i, 0], mode="lines+markers",
                name=t("task {i}: inner path", i=i + 1),
                line={"color": INNER, "dash": TASK_DASHES[i % len(TASK_DASHES)], "width": 2},
                marker={"size": 7, "color": INNER, "symbol": TASK_SYMBOLS[i % len(TASK_SYMBOLS)]},
            ),
            scatter(
                x=[surface.phases[best[i][1]]], y=[surface.amplitudes[best[i][0]]], mode="markers+text",
                text=[t("task {i}", i=i + 1)], textposition="top center", marker=STAR | {"color": INNER},
                name=t("task {i}: its best parameters", i=i + 1), showlegend=False,
            ),
        ]  # fmt: skip
    drawn = []
    scale = np.array([5.0, np.pi])
    largest = np.linalg.norm(chosen.contributions / scale, axis=1).max()
    for contribution in chosen.contributions:
        if np.isfinite(largest) and largest > 0:
            drawn.append(_arrow(theta, contribution / largest * ARROW_LENGTH * 0.8, INNER, 1.3))
    for arrows in all_arrows:
        line = METHODS[arrows.name]
        length = np.linalg.norm(outer_arrow(arrows) / scale)
        if np.isfinite(length) and length > 0:
            move = outer_arrow(arrows) / length * ARROW_LENGTH
            drawn.append(_arrow(theta, move, line.colour, line.width))
            traces.append(
                scatter(
                    x=[theta[1] + move[1] * 1.2], y=[theta[0] + move[0] * 1.2], mode="text",
                    text=[f"<b>{line.label}</b>"], textposition=TIPS[arrows.name],
                    textfont={"color": line.colour, "size": 13}, showlegend=False, hoverinfo="skip",
                )
            )  # fmt: skip
    traces.append(
        scatter(
            x=[theta[1]], y=[theta[0]], mode="markers+text", text=["<b>θ</b>"], textposition="bottom center",
            textfont={"size": 18}, marker={"size": 13, "color": OUTER, "line": {"width": 2, "color": "white"}},
            name="theta", showlegend=False,
        )
    )  # fmt: skip
    figure = chart(
        traces, "θ₂: phase (rad)", "θ₁: amplitude", 500, {"range": [0, np.pi]}, {"range": [0, 5]}, annotations=drawn
    )
    rows = [(METHODS[a.name].label, *outer_arrow(a), np.linalg.norm(outer_arrow(a))) for a in all_arrows]
    loss_name = t("mean loss") if task is None else t("loss of task {task}", task=task + 1)
    return Shown(
        figure,
        t(
            "The plane of θ: {what}, inner paths and contributions of {label}, three outer arrows",
            what=loss_name,
            label=METHODS[method].label,
        ),
        t(
            "Contours of the {what} over phase and amplitude, theta at phase {theta:.2f} and amplitude "
            "{theta2:.2f}, with arrows for MAML, first-order MAML and Reptile.",
            what=loss_name,
            theta=theta[1],
            theta2=theta[0],
        ),
        pd.DataFrame(rows, columns=["outer arrow", "amplitude", "phase", "length"]),
    )


def _arrow(start: np.ndarray, move: np.ndarray, colour: str, width: float) -> dict:
    return {
        "x": start[1] + move[1], "y": start[0] + move[0], "ax": start[1], "ay": start[0],
        "xref": "x", "yref": "y", "axref": "x", "ayref": "y",
        "showarrow": True, "arrowhead": 2, "arrowsize": 1.1, "arrowwidth": width, "arrowcolor": colour,
    }  # fmt: skip
