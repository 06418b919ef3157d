"""Figures of memory-augmented networks: accuracy by instance, error by point, use of the memory, learning."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from core.events.memory import Recalled
from lessons.demos.fewshot import LETTERS
from lessons.demos.memory import labels_in_rows, last_copies
from lessons.engine.language import listed, plural, t
from lessons.figures.chart import BARE, PERCENT, across, band, chart, heatmap, scatter, words_at
from lessons.figures.curves import Curve, before_and_after, updates_in_words, updates_up_to
from lessons.figures.memory import shades
from lessons.figures.theme import INITS, MUTED, OUTER, READ, WRITE, Line, Shown, class_colour

PAPER = {1: 0.364, 2: 0.828, 3: 0.910, 4: 0.926, 5: 0.949, 10: 0.981}  # Santoro et al. 2016, table 1, MANN
LINES = {
    "mann": Line("with memory (recorded)", OUTER, "solid", 3),
    "small": Line("8 rows, least used first (recorded)", READ, "dashdot", 2.5),
    "in turn": Line("8 rows, in turn (recorded)", WRITE, "dot", 2.5),
    "one vector": Line("one vector a row (recorded)", INITS["pretrain"].colour, "longdash", 2.5),
    "lstm": Line("plain LSTM (recorded)", MUTED, "dash", 2.5),
    "own": Line("your run", INITS["own"].colour, "solid", 3),
    "points": Line("with memory", OUTER, "solid", 3),
    "points lstm": Line("plain LSTM", MUTED, "dash", 2.5),
}


def by_instance(accuracies: Mapping[str, Sequence[float]], way: int, title: str, paper: bool = True) -> Shown:
    """Draw accuracy at the 1st, 2nd, ... picture of a class; `accuracies` is keyed by names of LINES."""
    traces = _lines(accuracies)
    table = {LINES[name].label: [round(float(p), 4) for p in values] for name, values in accuracies.items()}
    longest = max(len(values) for values in accuracies.values())
    if paper:
        traces.append(
            scatter(
                x=list(PAPER), y=list(PAPER.values()), name="the paper's, after 100,000 episodes", mode="markers",
                marker={"symbol": "diamond-open", "size": 10, "color": WRITE, "line": {"width": 2}},
            )
        )  # fmt: skip
    figure = chart(
        traces, "which picture of its class it is", "right answers", 360, {"range": [0.7, longest + 0.3], "dtick": 1},
        PERCENT, showlegend=True, shapes=[across(y=1 / way)],
    )  # fmt: skip
    summary = listed(
        t(
            "{name}: first {first:.0%}, second {second:.0%}, last {last:.0%}",
            name=name,
            first=values[0],
            second=values[1],
            last=values[-1],
        )
        for name, values in table.items()
    )
    frame = pd.DataFrame({"instance": range(1, longest + 1)} | {k: pd.Series(v) for k, v in table.items()})
    return Shown(
        figure,
        title,
        t("{scores}. Guessing among {way}: {chance:.0%}.", scores=summary, way=way, chance=1 / way),
        frame,
    )


def _lines(scores: Mapping[str, Sequence[float]]) -> list[dict]:
    return [
        scatter(
            x=list(range(1, len(values) + 1)), y=list(values), name=LINES[name].label, mode="lines+markers",
            line=LINES[name].look,
        )
        for name, values in scores.items()
    ]  # fmt: skip


def by_point(errors: Mapping[str, Sequence[float]]) -> Shown:
    """Draw the squared error at the 1st, 2nd, ... point of a sinusoid; `errors` is keyed by names of LINES."""
    figure = chart(
        _lines(errors), "point of the sequence", "mean squared error", 340, yaxis={"rangemode": "tozero"},
        showlegend=True,
    )  # fmt: skip
    table = {LINES[name].label: [round(float(error), 3) for error in values] for name, values in errors.items()}
    summary = listed(
        t("{name}: {first:.2f} at the first point, {last:.2f} at the last", name=name, first=error[0], last=error[-1])
        for name, error in table.items()
    )
    return Shown(
        figure,
        "Mean squared error at each point, when the values of all points before it are known",
        t("{scores}.", scores=summary),
        pd.DataFrame({"point": range(1, len(next(iter(table.values()))) + 1)} | table),
    )


def usage(recalled: Recalled, step: int, wipe: int) -> Shown:
    """Draw the usage of each row of the memory over the steps, and where each step wrote; `step` is marked."""
    steps = np.arange(1, len(recalled.usage) + 1)
    rows = recalled.writing.argmax(-1)  # [t, heads]
    weights = recalled.writing.max(-1)
    traces = [
        heatmap(
            x=steps, z=np.round(recalled.usage.T, 2), colorscale=shades(READ), showscale=False, zmin=0,
            zmax=max(float(np.quantile(recalled.usage, 0.99)), 0.1),
            hovertemplate="step %{x}, row %{y}: usage %{z:.2f}<extra></extra>", name="usage",
        ),
        *(
            scatter(
                x=steps, y=rows[:, head], mode="markers", name="writes to",
                marker={"color": WRITE, "size": 3 + 6 * weights[:, head]}, showlegend=head == 0,
                text=[f"{weight:.0%}" for weight in weights[:, head]],
                hovertemplate="step %{x} writes %{text} to row %{y}<extra></extra>",
            )
            for head in range(rows.shape[1])
        ),
    ]  # fmt: skip
    wiped = [across(OUTER, "dash", 2, x=wipe + 0.5)] if wipe else []
    figure = chart(
        traces, "step", "row of the memory", 380, {"range": [0.5, len(steps) + 0.5], "showgrid": False}, BARE,
        showlegend=True, shapes=[band(step + 0.5, step + 1.5), *wiped],
        annotations=[words_at(wipe + 0.5, "wiped")] if wipe else [],
    )  # fmt: skip
    mean = float(np.mean([len(set(row)) for row in rows])) if rows.shape[1] else 0.0
    return Shown(
        figure,
        "Usage of the rows: the more colour, the more used; dots are where a step wrote",
        plural(
            len(np.unique(rows)),
            "{count} of {all} rows was written to; {mean:.1f} rows a step.",
            "{count} of {all} rows were written to; {mean:.1f} rows a step.",
            all=recalled.usage.shape[1],
            mean=mean,
        ),
        pd.DataFrame(
            {"step": steps} | {t("head {h} writes to row", h=head + 1): rows[:, head] for head in range(rows.shape[1])}
        ),
    )


def rows(
    recalled: Recalled, step: int, wipe: int, title: str = "The label in each row of the memory, after each step"
) -> Shown:
    """Draw the label that each row holds after each step, by colour, with a letter where it is written."""
    held, way = labels_in_rows(recalled, wipe), recalled.p.shape[1]
    steps, lost = np.arange(1, len(held) + 1), last_copies(recalled) if not wipe else []
    bands = [(k / way, (k + 1) / way, class_colour(k)) for k in range(way)]
    written = [(s, int(row)) for s, emptied in enumerate(recalled.emptied) for row in emptied]
    letters = [LETTERS[held[s, row]] if held[s, row] >= 0 else "·" for s, row in written]
    traces = [
        heatmap(
            x=steps, z=np.where(held < 0, np.nan, held).T, zmin=-0.5, zmax=way - 0.5, showscale=False, xgap=1, ygap=2,
            colorscale=[(edge, colour) for low, high, colour in bands for edge in (low, high)],
            customdata=[[LETTERS[k] if k >= 0 else "–" for k in row] for row in held.T],
            hovertemplate="step %{x}, row %{y}: label %{customdata}<extra></extra>", opacity=0.55,
        ),
        scatter(
            x=[s + 1 for s, _ in written], y=[row for _, row in written], mode="text", text=letters, showlegend=False,
            textfont={"size": 11, "color": "white"}, hoverinfo="skip",
        ),
        scatter(
            x=[s + 1 for s in lost for _ in recalled.emptied[s]], y=[int(r) for s in lost for r in recalled.emptied[s]],
            mode="markers", name="a label loses its last row (the letter is the new label)", showlegend=True,
            hoverinfo="skip", marker={"symbol": "circle-open", "size": 18, "color": OUTER, "line": {"width": 2}},
        ),
    ]  # fmt: skip
    count = recalled.usage.shape[1]
    figure = chart(
        traces, "step", "row of the memory", 90 + 26 * count, {"range": [0.5, len(steps) + 0.5], "showgrid": False},
        BARE | {"dtick": 1, "range": [count - 0.5, -0.5]}, showlegend=True,
        shapes=[band(step + 0.5, step + 1.5)] if step >= 0 else [],
    )  # fmt: skip
    return Shown(
        figure,
        title,
        plural(
            len(lost),
            "The last row with a label is overwritten once in {steps} steps.",
            "The last row with a label is overwritten {count} times in {steps} steps.",
            steps=len(steps),
        ),
        pd.DataFrame({"step": steps} | {t("row {row}", row=row): [LETTERS[k] if k >= 0 else "" for k in held[:, row]]
                                        for row in range(count)}),
    )  # fmt: skip


def learning(curves: Sequence[Curve], iterations: int) -> Shown:
    """Draw accuracy at the first and at the second picture of a class, over outer updates."""
    traces, table = before_and_after(
        curves,
        lambda step: (step.accuracy_before, step.accuracy_after),
        (t("1st picture"), t("2nd picture")),
    )
    figure = chart(traces, "outer updates", "right answers, unseen characters", 310, updates_up_to(iterations), PERCENT)
    last = listed(
        t("{label} at {value:.0%}", label=curve.label, value=curve.steps[-1].accuracy_after or 0)
        for curve in curves
        if curve.steps
    )
    return Shown(
        figure,
        "Right answers on 50 unseen sequences: at the 1st picture of a class (dotted), at the 2nd (line)",
        t("Over {updates}, at the second picture: {last}.", updates=updates_in_words(iterations), last=last),
        table,
    )
