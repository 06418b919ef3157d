"""One colour, marker and dash per role, everywhere (Okabe-Ito: safe for colour-blind readers)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lessons.language import DEFAULT, now, t

SUPPORT, QUERY = "#E69F00", "#56B4E9"
INNER, OUTER = "#009E73", "#D55E00"
READ, WRITE = "#3B8FD0", "#B3437E"
MUTED = "#8C8C8C"
TASK_COLOURS = ("#0072B2", "#CC79A7", "#009E73", "#E69F00", "#56B4E9")
TASK_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
TASK_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x")


CLASS_COLOURS = ("#0072B2", "#B3437E", "#00795A", "#A86E00", "#4A5AA8")


def class_colour(i: int) -> str:
    """The colour of class `i` of an episode, dark enough for white letters; letters tell classes apart too."""
    return CLASS_COLOURS[i % len(CLASS_COLOURS)]


@dataclass(frozen=True)
class Line:
    """How one quantity is drawn: in words, in colour and in dash. name: the words in English."""

    name: str
    colour: str
    dash: str
    width: float = 2.5

    @property
    def label(self) -> str:
        """The words in the language that is asked for."""
        return t(self.name)


# which initialization a curve comes from
INITS = {
    "random": Line("random init", MUTED, "dot"),
    "joint": Line("jointly pretrained", "#CC79A7", "dash"),
    "maml": Line("MAML init", OUTER, "solid", 3.5),
    "fomaml": Line("first-order MAML init", "#56B4E9", "dashdot"),
    "reptile": Line("Reptile init", OUTER, "solid", 3.5),
    "pretrain": Line("pretrained features", "#CC79A7", "dash"),
    "own": Line("init of your run", "#3B8FD0", "solid", 3.5),
}

METHODS = {
    "maml": Line("MAML", OUTER, "solid", 4),
    "fomaml": Line("first-order", "#CC79A7", "dash", 4),
    "reptile": Line("Reptile", "#3B8FD0", "dot", 4),
}


@dataclass(frozen=True)
class Shown:
    """A figure with what must stand beside it: a title, a text alternative and its data.

    Words that stand alone (names of axes, lines, panels and columns) are put here into the language
    that is asked for, so that figures write them plainly; sentences with numbers go through `t`.
    """

    figure: go.Figure
    title: str
    alt: str
    table: pd.DataFrame

    def __post_init__(self) -> None:
        if now() == DEFAULT:
            return
        for trace in self.figure.data:
            if trace.name:
                trace.name = t(trace.name)
            if trace.hovertemplate:
                trace.hovertemplate = t(trace.hovertemplate)
        for axis in (*self.figure.select_xaxes(), *self.figure.select_yaxes()):
            if axis.title.text:
                axis.title.text = t(axis.title.text)
        for note in self.figure.layout.annotations:
            if note.text:
                note.text = t(note.text)
        for name, value in (("title", t(self.title)), ("alt", t(self.alt)), ("table", self.table.rename(columns=t))):
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class Lines:
    """Curves over one grid [n], light enough to be on screen before Plotly has loaded.

    lines: how each is drawn, and its y [n]; those without a label are not in the legend.
    """

    grid: np.ndarray
    lines: list[tuple[Line, np.ndarray]]
    title: str
    alt: str
    table: pd.DataFrame


def panels(heights: Sequence[float], gap: float, axes: Sequence[dict], titles: Sequence[str] = ()) -> go.Figure:
    """Panels one above the other over one x axis, the first on top; trace i goes to yaxis "y", "y2", "y3", ...

    heights: in any unit; gap: between panels, as a share of the whole; axes: what else each y axis is. The library's
    own subplots take six times as long to make, which a slider would wait for.
    """
    free = 1 - gap * (len(heights) - 1)
    top, found, notes = 1.0, dict[str, dict](), []
    for i, (height, axis) in enumerate(zip(heights, axes, strict=True), 1):
        bottom = max(top - free * height / sum(heights), 0.0)
        found[f"yaxis{i if i > 1 else ''}"] = {"domain": [bottom, top], "anchor": "x"} | axis
        if titles:
            notes.append({"text": titles[i - 1], "x": 0, "xanchor": "left", "xref": "paper", "y": top, "yref": "paper",
                          "yanchor": "bottom", "showarrow": False, "font": {"size": 12}})  # fmt: skip
        top = bottom - gap
    under = f"y{len(heights)}" if len(heights) > 1 else "y"
    return go.Figure(layout=found | {"xaxis": {"anchor": under}, "annotations": notes})


def band(figure: go.Figure, start: float, end: float, dash: str = "solid") -> None:
    """Mark a stretch of x through all panels."""
    figure.add_shape(
        type="rect", xref="x", yref="paper", x0=start, x1=end, y0=0, y1=1, fillcolor="rgba(0,0,0,0)",
        line={"color": SUPPORT, "width": 2, "dash": dash},
    )  # fmt: skip


def layout(figure: go.Figure, x: str, y: str, height: int = 340, **more: Any) -> go.Figure:
    """Axis titles, a fixed height and a legend below, so that nothing jumps or is cut off.

    One by one: the library's `update_layout` takes four times as long, and a slider would wait for it.
    """
    margin = {"l": 56, "r": 12, "t": 12, "b": 48} | more.pop("margin", {})
    legend = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "itemwidth": 40} | more.pop("legend", {})
    own = {"height": height, "margin": margin, "legend": legend, "hovermode": "closest"}
    own["dragmode"] = False  # a finger on a chart scrolls the page; the tool bar still zooms
    for name, value in (own | more).items():
        figure.layout[name] = value
    figure.layout.xaxis.title.text, figure.layout.yaxis.title.text = x, y
    return figure
