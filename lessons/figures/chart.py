"""Building blocks of figures: traces as dicts, panels, marks, and `chart`, which hands all of it to plotly at once."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import plotly.graph_objects as go

from lessons.engine.language import DEFAULT, now, t
from lessons.figures.theme import MUTED, SUPPORT, Line


def trace(kind: str, **parts: Any) -> dict[str, Any]:
    """Return a plotly trace of type `kind` as a dict, for `chart`."""
    return {"type": kind} | parts


scatter, bar, heatmap = (partial(trace, kind) for kind in ("scatter", "bar", "heatmap"))

PERCENT = {"range": [0, 1.03], "tickformat": ".0%", "dtick": 0.2}  # an axis of shares
WHISKERS = {"color": MUTED, "thickness": 1.5}  # error bars: plotly's default is dark on a dark page
TRUTH = {"color": MUTED, "dash": "dash", "width": 1.5}  # the line of a true function
CHANCE = {"color": MUTED, "dash": "dot", "width": 1.5}  # the line of guessing, or of another baseline
BARE = {"showgrid": False, "zeroline": False}  # an axis under pictures


def marked(line: Line, x: float, y: float) -> dict[str, Any]:
    """Return a dot on a line, as a trace."""
    return scatter(
        x=[x], y=[y], mode="markers", showlegend=False, hoverinfo="skip",
        marker={"color": line.colour, "size": 11, "line": {"width": 2, "color": "white"}},
    )  # fmt: skip


def chart(
    traces: Sequence[dict], x: str, y: str, height: int = 300, xaxis: dict | None = None, yaxis: dict | None = None,
    **more: Any,
) -> go.Figure:  # fmt: skip
    """Draw `traces` with titles of both axes, a fixed height and a legend above, so that nothing jumps or is cut off.

    xaxis, yaxis: further settings of the axes; more: further keys of plotly's layout. Plotly gets everything at once,
    as dicts: built in separate calls, traces take twice and axes four times as long, and a slider would wait for it.
    """
    layout = {
        "height": height,
        "margin": {"l": 56, "r": 12, "t": 12, "b": 48} | more.pop("margin", {}),
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "itemwidth": 40} | more.pop("legend", {}),
        "hovermode": "closest",
        "dragmode": False,  # a finger on a chart scrolls the page; the tool bar still zooms
        "xaxis": {"title": {"text": x}} | (xaxis or {}),
        "yaxis": {"title": {"text": y}} | (yaxis or {}),
    } | more
    if now() != DEFAULT:
        _translate(traces, layout)
    return go.Figure(traces, layout)


def _translate(traces: Sequence[dict], layout: dict) -> None:
    for item in (*traces, *layout.get("annotations", ())):
        for part in ("name", "hovertemplate", "text"):
            if isinstance(item.get(part), str):
                item[part] = t(item[part])
    for name, axis in layout.items():
        if name.startswith(("xaxis", "yaxis")) and "title" in axis:
            axis["title"] = {"text": t(axis["title"]["text"])}


def nth(axis: str, i: int) -> str:
    """Return plotly's name of the `i`-th x or y axis, from 1."""
    return f"{axis}{i}" if i > 1 else axis


def panel(i: int) -> dict[str, Any]:
    """Return the keys that put a trace into the `i`-th panel, from 1, of panels that are side by side."""
    return {"xaxis": nth("x", i), "yaxis": nth("y", i)}


def above(
    heights: Sequence[float], gap: float, axes: Sequence[dict], titles: Sequence[str] = (), xaxis: dict | None = None
) -> dict[str, Any]:
    """Return layout keys for stacked panels over a common x axis, the first on top; traces name their y axis.

    heights: in any unit; gap: between panels, as a share of the whole; axes: further settings of each y axis.
    """
    free = 1 - gap * (len(heights) - 1)
    top, layout, notes = 1.0, dict[str, Any](), []
    for i, (height, axis) in enumerate(zip(heights, axes, strict=True), 1):
        bottom = max(top - free * height / sum(heights), 0.0)
        layout[nth("yaxis", i)] = {"domain": [bottom, top], "anchor": "x"} | axis
        if titles:
            notes.append(_heading(titles[i - 1], 0, top, "left", 12))
        top = bottom - gap
    return layout | {"xaxis": {"anchor": nth("y", len(heights))} | (xaxis or {}), "annotations": notes}


def beside(
    titles: Sequence[str], gap: float, xaxes: Sequence[dict], yaxes: Sequence[dict], shared: bool = False,
    size: int = 16,
) -> dict[str, Any]:  # fmt: skip
    """Return layout keys for panels side by side, each with a title and its own axes (see `panel`).

    gap: between panels, as a share of the whole; xaxes, yaxes: further settings; shared: all use the same y scale;
    size: of the titles' letters.
    """
    like_first = {"matches": "y", "showticklabels": False} if shared else {}
    width = (1 - gap * (len(titles) - 1)) / len(titles)
    layout, notes = dict[str, Any](), []
    for i, (title, x, y) in enumerate(zip(titles, xaxes, yaxes, strict=True), 1):
        left = (i - 1) * (width + gap)
        layout[nth("xaxis", i)] = {"domain": [left, min(left + width, 1.0)], "anchor": nth("y", i)} | x
        layout[nth("yaxis", i)] = {"anchor": nth("x", i)} | (like_first if i > 1 else {}) | y
        notes.append(_heading(title, left + width / 2, 1.0, "center", size))
    return layout | {"annotations": notes}


def _heading(text: str, x: float, y: float, anchor: str, size: int) -> dict[str, Any]:
    return {"text": text, "x": x, "xanchor": anchor, "xref": "paper", "y": y, "yref": "paper", "yanchor": "bottom",
            "showarrow": False, "font": {"size": size}}  # fmt: skip


def across(colour: str = MUTED, dash: str = "dot", width: float = 1.5, **position: float) -> dict[str, Any]:
    """Return a straight line through the whole panel, at x=... or at y=..., for a chart's `shapes`."""
    ((axis, value),) = position.items()
    other_axis = "y" if axis == "x" else "x"
    return {
        "type": "line", f"{axis}ref": axis, f"{axis}0": value, f"{axis}1": value,
        f"{other_axis}ref": f"{other_axis} domain", f"{other_axis}0": 0, f"{other_axis}1": 1,
        "line": {"color": colour, "dash": dash, "width": width},
    }  # fmt: skip


def words_at(x: float, text: str) -> dict[str, Any]:
    """Return a label beside a line at `x`, for a chart's `annotations`."""
    return {"x": x, "y": 1, "yref": "paper", "text": text, "showarrow": False, "xanchor": "left", "xshift": 4}


def band(start: float, end: float, dash: str = "solid") -> dict[str, Any]:
    """Return a marked interval of x through all panels, for a chart's `shapes`."""
    return {
        "type": "rect", "xref": "x", "yref": "paper", "x0": start, "x1": end, "y0": 0, "y1": 1,
        "fillcolor": "rgba(0,0,0,0)", "line": {"color": SUPPORT, "width": 2, "dash": dash},
    }  # fmt: skip
