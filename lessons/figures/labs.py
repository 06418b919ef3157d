"""Figures of labs: the learner's curve over the reference's, and the first result that differs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.labs.curves import about
from core.labs.verdict import Point
from lessons.engine.language import t
from lessons.figures.chart import bar, chart, scatter
from lessons.figures.curves import updates_in_words
from lessons.figures.theme import MUTED, OUTER, Shown

MUTED_LINE = {"color": MUTED, "width": 2, "dash": "dash"}
MOST_BARS = 40  # numbers of a result that can still be told apart as bars


def training(points: Sequence[Point], whole: bool = False) -> Shown:
    """Draw the loss on unseen tasks over outer updates, with the learner's function and with the reference; of a whole
    method beside MAML.
    """
    labels = ("your method", "MAML") if whole else ("with your function", "with the reference")
    updates = [point.iteration for point in points]
    own, reference = ([getattr(point, name) for point in points] for name in ("own", "reference"))
    looks = {"mode": "lines+markers" if len(points) < 30 else "lines"}
    traces = [
        scatter(x=updates, y=reference, name=labels[1], line=MUTED_LINE, **looks),
        scatter(x=updates, y=own, name=labels[0], line={"color": OUTER, "width": 3}, **looks),
    ]  # fmt: skip
    last = next(((point.own, point.reference) for point in reversed(points)), (None, None))
    text = "{own:.3g} with yours, {reference:.3g} with MAML" if whole else (
        "{own:.3g} with yours, {reference:.3g} with the reference"
    )  # fmt: skip
    said = t("nothing yet") if None in last else t(text, own=last[0], reference=last[1])
    table = pd.DataFrame({"outer updates": updates, labels[0]: own, labels[1]: reference})
    figure = chart(traces, "outer updates", "loss on unseen tasks", 300)
    alt = t("Loss on unseen tasks over outer updates: {said}.", said=said)
    title = "Your method in training, beside MAML" if whole else "The real trainer, with your function in it"
    return Shown(figure, title, alt, table)


def about_training(points: Sequence[Point]) -> str:
    """Say whether the two curves can be told apart, or only late; nothing where they differ from early on."""
    said = about(points)
    return t(said) if said else ""


def about_method(points: Sequence[Point]) -> str:
    """Say how far a learner's method came, and how far MAML came in as many updates."""
    last = next((point for point in reversed(points) if None not in (point.own, point.reference)), None)
    if last is None or last.own is None or last.reference is None:
        return ""
    text = (
        "After {updates} your method leaves a loss of {own:.2f} on unseen tasks, and MAML after as many one of "
        "{reference:.2f}."
    )
    return t(text, updates=updates_in_words(last.iteration), own=last.own, reference=last.reference)


def differs(example: Mapping[str, Any]) -> Shown | None:
    """Draw the learner's result beside what it should be, on the smallest input; None if it is no picture."""
    try:
        own, wanted = (np.asarray(example[name], dtype=float).ravel() for name in ("own", "wanted"))
    except (KeyError, TypeError, ValueError):
        return None
    if not 0 < len(own) == len(wanted) <= MOST_BARS or not np.isfinite(own).all():
        return None
    at = list(range(len(own)))
    traces = [
        bar(x=at, y=wanted.tolist(), name="what it should be", marker={"color": MUTED}),
        bar(x=at, y=own.tolist(), name="what you return", marker={"color": OUTER}),
    ]
    table = pd.DataFrame({"number": at, "what it should be": wanted, "what you return": own})
    figure = chart(traces, "number", "value", 240, xaxis={"dtick": 1} if len(at) < 21 else None)
    return Shown(figure, "On the smallest input that was tried", t("Both results, number by number."), table)
