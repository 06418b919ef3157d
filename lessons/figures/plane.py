"""Figures of the plane of two parameters: loss surface, inner paths, contributions and outer arrows, all to scale."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.events import Arrows, Surface
from lessons.demos.plane import EDGES, OUTER_RATE, outer_arrow, task_arrows
from lessons.engine.language import listed, t
from lessons.figures.chart import chart, scatter, trace
from lessons.figures.theme import METHODS, MUTED, OUTER, PLANE_TASKS, TASK_DASHES, TASK_SYMBOLS, Shown

HEIGHT = 460
BARB, OPENING = 0.15, 0.5  # of an arrow's head: its length in units of the plane, half its angle in radians


def plane(
    surface: Surface, all_arrows: Sequence[Arrows], method: str, task: int | None, tasks: Sequence[tuple[float, float]]
) -> Shown:
    """Draw contours of the mean loss (or of one `task`'s loss), the paths of `method`, and all outer arrows.

    tasks: amplitude and phase of each, where its loss is least. Both axes have one scale, and so have all arrows: a
    task's arrow is the outer step that it proposes, and a thick arrow is the mean of its method's tasks' arrows.
    """
    losses = surface.losses.mean(0) if task is None else surface.losses[task]
    traces = [
        trace(
            "contour", x=surface.amplitudes, y=surface.phases, z=losses.T, name="loss",
            contours={"coloring": "none", "showlabels": True, "labelfont": {"size": 10, "color": MUTED}},
            line={"width": 1, "color": "rgba(140,140,140,0.55)"}, ncontours=14, showscale=False,
            hovertemplate="amplitude %{x:.2f}, phase %{y:.2f}<br>loss %{z:.2f}<extra></extra>",
        )
    ]  # fmt: skip
    chosen = next(arrows for arrows in all_arrows if arrows.name == method)
    theta = chosen.path[0, 0]
    for i, (amplitude, phase) in enumerate(tasks):
        colour, name = PLANE_TASKS[i % len(PLANE_TASKS)], t("task {i}", i=i + 1)
        star = {"symbol": "star", "size": 15, "color": colour, "line": {"width": 1, "color": "white"}}
        traces += [
            scatter(
                x=chosen.path[:, i, 0], y=chosen.path[:, i, 1], mode="lines+markers",
                name=t("{task}: inner path", task=name), line={"color": colour, "dash": TASK_DASHES[i], "width": 2},
                marker={"size": 7, "color": colour, "symbol": TASK_SYMBOLS[i]},
            ),
            _arrow(
                theta, task_arrows(chosen)[i], {"color": colour, "width": 1.1}, t("{task}: where it sends θ", task=name)
            ),
            scatter(
                x=[amplitude], y=[phase], mode="markers+text", text=[name], textposition="top center", marker=star,
                name=t("{task}: its best parameters", task=name), showlegend=False,
            ),
        ]  # fmt: skip
    for arrows in all_arrows:
        line, move = METHODS[arrows.name], outer_arrow(arrows)
        traces.append(_arrow(theta, move, line.look, t("{label}: outer arrow", label=line.label), True))
    traces.append(
        scatter(
            x=[theta[0]], y=[theta[1]], mode="markers+text", text=["<b>θ</b>"], textposition="bottom center",
            textfont={"size": 18}, marker={"size": 13, "color": OUTER, "line": {"width": 2, "color": "white"}},
            name="θ", showlegend=False,
        )
    )  # fmt: skip
    same_scale = {"scaleanchor": "x", "scaleratio": 1, "constrain": "domain", "range": [0, EDGES[1]]}
    figure = chart(
        traces, "θ₁: amplitude", "θ₂: phase (rad)", HEIGHT, {"range": [0, EDGES[0]], "constrain": "domain"}, same_scale
    )
    loss_name = t("mean loss") if task is None else t("loss of task {task}", task=task + 1)
    return Shown(
        figure,
        t(
            "The plane of θ: {what}, the paths and arrows of the tasks for {label}, and the outer arrows",
            what=loss_name, label=METHODS[method].label,
        ),
        t(
            "Contours of the {what} over amplitude and phase, θ at amplitude {amplitude:.2f} and phase {phase:.2f}. "
            "Outer arrows, to scale: {arrows}.",
            what=loss_name, amplitude=theta[0], phase=theta[1],
            arrows=listed(
                t("{label} of length {length:.2f}", label=METHODS[a.name].label, length=_length(a)) for a in all_arrows
            ),
        ),
        table(all_arrows),
    )  # fmt: skip


def table(all_arrows: Sequence[Arrows]) -> pd.DataFrame:
    """Tabulate the arrow of each task and their mean, the outer arrow, for each method."""
    rows = []
    for arrows in all_arrows:
        label, each = METHODS[arrows.name].label, task_arrows(arrows)
        rows += [(label, t("task {i}", i=i + 1), *move, np.linalg.norm(move)) for i, move in enumerate(each)]
        rows.append((label, t("their mean: the outer arrow"), *outer_arrow(arrows), _length(arrows)))
    return pd.DataFrame(rows, columns=["method", "arrow", "amplitude", "phase", "length"])


def scale() -> str:
    """Say what the arrows of the plane are."""
    return t(
        "Both axes have the same scale, and so have all arrows. A thin arrow is the outer step that one task proposes: "
        "for MAML and first-order MAML {rate:g} times the downhill gradient, for Reptile φ − θ. A thick arrow is "
        "exactly the mean of its method's thin ones; an arrow that is longer than the picture runs out of it.",
        rate=OUTER_RATE,
    )


def _length(arrows: Arrows) -> float:
    return float(np.linalg.norm(outer_arrow(arrows)))


def _arrow(start: np.ndarray, move: np.ndarray, line: dict, name: str, in_legend: bool = False) -> dict:
    """Return an arrow from `start` by `move`, both (amplitude, phase), as a line with a head of the same look."""
    tip, length = start + move, np.linalg.norm(move)
    if not np.isfinite(length) or not length:
        x = y = []
    else:
        back = np.arctan2(-move[1], -move[0])
        size = min(BARB, 0.6 * float(length))
        left, right = (tip + size * np.array([np.cos(back + a), np.sin(back + a)]) for a in (OPENING, -OPENING))
        x, y = np.stack([start, tip, left, tip, right], 1).tolist()
    return scatter(
        x=x, y=y, mode="lines", name=name, showlegend=in_legend, line=line,
        hovertemplate=f"{name}: %{{x:.2f}}, %{{y:.2f}}<extra></extra>",
    )  # fmt: skip
