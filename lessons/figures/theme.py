"""Each role has the same colour, marker and dash everywhere (Okabe-Ito: safe for colour-blind readers)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.registry import WRITTEN
from lessons.engine.language import DEFAULT, now, t

SUPPORT, QUERY = "#E69F00", "#56B4E9"
INNER, OUTER = "#009E73", "#D55E00"
READ, WRITE = "#3B8FD0", "#B3437E"
MUTED = "#8C8C8C"
OWN = "#E69F00"  # what a learner has written
TASK_COLOURS = ("#0072B2", "#CC79A7", "#009E73", "#E69F00", "#56B4E9")
PLANE_TASKS = ("#009E73", "#B07D00", "#8C6BB1")  # of the three tasks in the plane of theta, unlike METHODS
TASK_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
TASK_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x")


CLASS_COLOURS = ("#0072B2", "#B3437E", "#00795A", "#A86E00", "#4A5AA8")


def class_colour(i: int) -> str:
    """Return the colour of class `i` of an episode, dark enough for white letters, which also mark the classes."""
    return CLASS_COLOURS[i % len(CLASS_COLOURS)]


@dataclass(frozen=True)
class Line:
    """How one quantity is drawn: its name (in English), its colour, dash and width."""

    name: str
    colour: str
    dash: str
    width: float = 2.5

    @property
    def look(self) -> dict[str, Any]:
        """The settings of a plotly line."""
        return {"color": self.colour, "dash": self.dash, "width": self.width}

    @property
    def label(self) -> str:
        """The name in the learner's language."""
        return t(self.name)


# which initialization a curve comes from
INITS = {
    "random": Line("random init", MUTED, "dot"),
    "joint": Line("jointly pretrained init", "#CC79A7", "dash"),
    "maml": Line("MAML init", OUTER, "solid", 3.5),
    "fomaml": Line("first-order MAML init", "#56B4E9", "dashdot"),
    "reptile": Line("Reptile init", OUTER, "solid", 3.5),
    "pretrain": Line("pretrained features", "#CC79A7", "dash"),
    "own": Line("init of your run", "#3B8FD0", "solid", 3.5),
}

METHODS = {  # where two outer arrows are one, the later and thinner lies on the earlier, and both are seen
    "maml": Line("MAML", OUTER, "solid", 6.5),
    "fomaml": Line("first-order", "#F0B3D2", "solid", 4),
    "reptile": Line("Reptile", "#0B5FA5", "solid", 2.2),
}
ANY_METHOD = METHODS | {WRITTEN.name: Line("your method", OWN, "dash", 3.5)}  # where a learner has written one


@dataclass(frozen=True)
class Shown:
    """A figure with everything that must accompany it: a title, a text alternative and its data.

    Texts without numbers (title and columns here, axes, lines and panels in `chart`) are translated into the
    learner's language here, so figures write them in plain English; sentences with numbers go through `t`.
    """

    figure: go.Figure
    title: str
    alt: str
    table: pd.DataFrame

    def __post_init__(self) -> None:
        if now() == DEFAULT:
            return
        for name, value in (("title", t(self.title)), ("alt", t(self.alt)), ("table", self.table.rename(columns=t))):
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class Lines:
    """Curves over one grid [n], light enough to be on screen before Plotly has loaded.

    lines: how each curve is drawn, and its y [n]; curves without a label are not in the legend.
    """

    grid: np.ndarray
    lines: list[tuple[Line, np.ndarray]]
    title: str
    alt: str
    table: pd.DataFrame
