"""What really adapts: how far each layer moves, scores with layers held, learned rates, and errors by step."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from core.demos.answers import LayersMoved
from core.events.evaluations import Evaluation
from core.storage.checkpoints import Checkpoint
from lessons.demos.layers import LAYERS, NAMES, Held, relative
from lessons.engine.language import listed, named, t
from lessons.figures.chart import PERCENT, WHISKERS, bar, chart, scatter
from lessons.figures.curves import inner_steps_in_words, log_axis
from lessons.figures.theme import INNER, MUTED, OUTER, QUERY, READ, WRITE, Line, Shown

LINES = {
    "start": Line("before the steps", MUTED, "dot", 2.5),
    "all": Line("after the steps, all layers", INNER, "dash", 2.5),
    "now": Line("after the steps", OUTER, "solid", 3.5),
}
METHODS = {
    "maml": Line("MAML", OUTER, "solid", 3),
    "reptile": Line("Reptile", MUTED, "longdash", 2.5),
    "anil": Line("ANIL", READ, "dash", 3),
    "meta-sgd": Line("Meta-SGD", WRITE, "dot", 3.5),
    "imaml": Line("iMAML", INNER, "dashdot", 3),
}
LAYER_LINES = (Line("first layer", OUTER, "solid", 3), Line("second layer", QUERY, "dash", 3),
               Line("last layer", INNER, "dashdot", 3))  # fmt: skip
CLIPPED = 1.0  # of learned rates: larger ones leave the picture


def moved(answer: LayersMoved, step: int, moves: Sequence[bool], widest: float) -> Shown:
    """Draw how far each layer is from where it began after `step` steps, as a share of its length.

    moves: which layers may; widest: the largest share that will be shown, so that the axis stays.
    """
    shares, names = relative(answer, step), [t(name) for name in LAYERS[len(moves)]]
    labels = [name if may else t("{layer} (held)", layer=name) for name, may in zip(names, moves, strict=True)]
    traces = [
        bar(
            x=shares, y=labels, orientation="h", marker={"color": [OUTER if may else MUTED for may in moves]},
            text=[f"{share:.2%}" for share in shares], textposition="outside", cliponaxis=False, showlegend=False,
            hovertemplate="%{y}: %{x:.2%}<extra></extra>",
        )
    ]  # fmt: skip
    xaxis = {"range": [0, max(widest, 1e-4) * 1.3], "tickformat": ".3~p", "nticks": 5}
    figure = chart(
        traces, "distance / length of the layer", "", 190, xaxis, {"autorange": "reversed"},
        margin={"l": 120},
    )  # fmt: skip
    said = listed(t("{layer} {share:.2%}", layer=name, share=share) for name, share in zip(names, shares, strict=True))
    return Shown(
        figure,
        t("How far each layer has moved after {steps}", steps=inner_steps_in_words(step)),
        said,
        pd.DataFrame({"layer": names, "distance": answer.distances[step], "share of its length": shares}).round(5),
    )


def held(rows: Sequence[Held], accuracy: bool, label: str) -> Shown:
    """Draw how good a network is with all layers moving, with each alone, with all but the last, and with none."""
    rows = sorted(rows, key=lambda row: row.scored.score, reverse=accuracy)
    names = [which(row.moves) for row in rows]
    scores = [row.scored.score for row in rows]
    form = "{:.1%}" if accuracy else "{:.3g}"
    labels = [
        t("{which}: {score}", which=name, score=form.format(score)) for name, score in zip(names, scores, strict=True)
    ]
    traces = [
        bar(
            x=scores, y=labels, orientation="h", showlegend=False,
            error_x=WHISKERS | {"array": [row.scored.ci95 for row in rows]},
            marker={"color": [INNER if all(row.moves) else OUTER if any(row.moves) else MUTED for row in rows]},
            hovertemplate="%{y}: %{x:.3~g}<extra></extra>",
        )
    ]  # fmt: skip
    xaxis = PERCENT | {"range": [0, 1.02]} if accuracy else {"rangemode": "tozero"}
    title = "right answers" if accuracy else "query MSE"
    figure = chart(
        traces, title, "", 60 + 38 * len(rows), xaxis, {"autorange": "reversed"}, margin={"l": 190, "r": 24}
    )  # fmt: skip
    return Shown(
        figure,
        t("{method}, by which layers may move", method=label),
        listed(labels),
        pd.DataFrame({"what moves": names, title: scores, "±": [row.scored.ci95 for row in rows]}),
    )


def which(moves: Sequence[bool]) -> str:
    """Return in words which layers may move."""
    names = [t(name) for name in LAYERS[len(moves)]]
    free = [name for name, may in zip(names, moves, strict=True) if may]
    if len(free) == len(moves):
        return t("all layers")
    if not free:
        return t("none")
    if len(free) == 1:
        return t("only {layer}" if free[0][-1].isdigit() else "only the {layer}", layer=free[0])
    return t("all but the last") if not moves[-1] else named(free)


def rates(by_layer: Sequence[np.ndarray]) -> Shown:
    """Draw the learned rates of each layer, from the smallest to the largest."""
    traces = []
    for line, values in zip(LAYER_LINES, by_layer, strict=True):
        ordered = np.sort(values)
        at = np.linspace(0, len(ordered) - 1, min(len(ordered), 200)).round().astype(int)
        traces.append(scatter(x=at / (len(ordered) - 1), y=ordered[at], name=line.label, mode="lines", line=line.look))
    inside = {"range": [-0.5, CLIPPED], "zeroline": True, "zerolinecolor": MUTED, "zerolinewidth": 2}
    xaxis = {"range": [0, 1], "tickformat": ".0%"}
    figure = chart(traces, "the layer's rates, from the smallest to the largest", "learned rate", 340, xaxis, inside)
    everything = np.concatenate(by_layer)
    return Shown(
        figure,
        "The rates that Meta-SGD has learned, one for each number of the network",
        t(
            "{negative:.0%} of the rates are below zero; the largest is {largest:.2f}, the smallest "
            "{smallest:.2f}.",
            negative=float((everything < 0).mean()), largest=everything.max(),
            smallest=everything.min(),
        ),
        pd.DataFrame(
            {
                "layer": [t(line.name) for line in LAYER_LINES],
                "rates": [len(values) for values in by_layer],
                "median": [float(np.median(values)) for values in by_layer],
                "without sign": [float(np.median(np.abs(values))) for values in by_layer],
                "below zero": [float((values < 0).mean()) for values in by_layer],
                "largest": [float(values.max()) for values in by_layer],
            }
        ).round(4),
    )  # fmt: skip


def by_step(runs: Mapping[str, Checkpoint]) -> Shown:
    """Draw the query MSE on 1000 unseen sinusoids after each inner step, by method."""
    traces, columns = [], dict[str, list[float]]()
    for name, run in runs.items():
        assert isinstance(run.evaluation, Evaluation)
        losses = run.evaluation.loss_by_step
        line = METHODS[name]
        traces.append(scatter(y=losses, name=line.label, mode="lines+markers", line=line.look))
        columns[NAMES[name]] = losses.tolist()
    longest = max(map(len, columns.values()))
    table = {name: values + [float("nan")] * (longest - len(values)) for name, values in columns.items()}
    figure = chart(traces, "inner steps", "query MSE", 340, {"dtick": 2}, log_axis(0.05, 6))
    best = listed(
        t("{method} {error:.3g} after {steps}", method=name, error=min(values),
          steps=inner_steps_in_words(int(np.argmin(values))))
        for name, values in columns.items()
    )  # fmt: skip
    return Shown(
        figure,
        "The error on 1000 unseen sinusoids, by inner step",
        t("At its best: {parts}.", parts=best),
        pd.DataFrame({"inner step": range(longest)} | table).round(4),
    )
