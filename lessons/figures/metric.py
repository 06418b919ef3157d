"""Figures of the metric pages: embeddings, verification, parts of a distance, attention along x."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.events import Compared, EpisodesDrawn, Traced, Verified
from core.methods.matching.config import MatchingConfig
from lessons.demos.fewshot import DATA, LETTERS
from lessons.demos.metric import DISTANCES, principal
from lessons.engine.language import listed, named, t
from lessons.figures.chart import BARE, CHANCE, PERCENT, TRUTH, beside, chart, heatmap, marked, panel, scatter, trace
from lessons.figures.curves import Curve, one_line, updates_in_words, updates_up_to
from lessons.figures.pictures import sheet
from lessons.figures.theme import MUTED, OUTER, QUERY, SUPPORT, Line, Shown, class_colour
from lessons.figures.traced import headline, numbers

MOST_PARTS = 16  # differences that are drawn individually
MOST_LETTERED = 25  # support pictures on a map that all have their letter
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "pentagon")
ROC_LINES = {
    "recorded": Line("shipped network", MUTED, "solid", 2),
    "now": Line("your run", OUTER, "solid", 3),
    "first": Line("untrained network", "#CC79A7", "dot", 2),
}


def learning(curves: Sequence[Curve], iterations: int) -> Shown:
    """Draw accuracy on unseen episodes over outer updates; nothing adapts, so each run is a single line."""
    traces, rows = one_line(curves)
    figure = chart(
        traces, "outer updates", "queries right, unseen episodes", 340, updates_up_to(iterations), PERCENT,
        showlegend=True,
    )  # fmt: skip
    last = listed(
        t("{label} at {value:.1%}", label=curve.label, value=curve.steps[-1].accuracy_after or 0)
        for curve in curves
        if curve.steps
    )
    return Shown(
        figure,
        "Right answers on 50 episodes of characters never trained on",
        t("Learning curves over {updates}: {last}.", updates=updates_in_words(iterations), last=last),
        pd.DataFrame(rows, columns=["run", "outer updates", "accuracy", "loss"]),
    )


def embedding_map(compared: Compared, title: str) -> Shown:
    """Draw an episode's embeddings on their first two principal components.

    Colours and symbols repeat after five classes, so letters tell which class a point is of. Where there are many
    support pictures, one of each class has the letter, and lines lead from it to the others.
    """
    support, queries = compared.support[0], compared.queries[0]
    way = compared.answers.shape[2]
    places, variance = principal(np.concatenate([support, queries]))
    support_count = len(support)
    large = {"size": 21, "line": {"width": 1.5, "color": "white"}}
    behind, before = list[dict](), list[dict]()  # queries lie near their support: they come before it
    for k in range(way):
        support_indices = np.arange(k, support_count, way)
        query_indices = np.arange(support_count + k, len(places), way)
        shape = {"symbol": SYMBOLS[k % len(SYMBOLS)]}
        if support_count > MOST_LETTERED:
            behind.append(_spokes(places[support_indices], k, shape))
            support_indices = support_indices[:1]
        behind.append(
            scatter(
                x=places[support_indices, 0], y=places[support_indices, 1], mode="markers+text", showlegend=False,
                name=t("support of {letter}", letter=LETTERS[k]), text=[LETTERS[k]] * len(support_indices),
                textfont={"color": "white", "size": 11}, marker=shape | large | {"color": class_colour(k)},
            )
        )  # fmt: skip
        before.append(
            scatter(
                x=places[query_indices, 0], y=places[query_indices, 1], mode="markers+text", showlegend=False,
                name=t("queries of {letter}", letter=LETTERS[k]), text=[LETTERS[k]] * len(query_indices),
                textfont={"color": class_colour(k), "size": 9}, marker=shape | _small(class_colour(k)),
            )
        )  # fmt: skip
    traces = behind + before
    for name, marker in (("support", large | {"color": MUTED, "size": 16}), ("query", _small(MUTED))):
        traces.append(scatter(x=[None], y=[None], mode="markers", name=name, marker=marker))  # for the legend alone
    edge = 1.15 * max(float(np.abs(places).max()), 1e-6)
    axis = {"range": [-edge, edge], "zeroline": False}
    figure = chart(
        traces,
        t("component 1 ({share:.0%} of the variance)", share=variance[0]),
        t("component 2 ({share:.0%})", share=variance[1]),
        460 if support_count > MOST_LETTERED else 340,
        axis,
        axis,
    )
    sets = ["support"] * support_count + ["query"] * len(queries)
    letters = [LETTERS[i % way] for i in (*range(support_count), *range(len(queries)))]
    right = float((compared.answers[0].argmax(-1) == np.arange(len(queries)) % way).mean())
    return Shown(
        figure,
        title,
        t(
            "{split} support and {count} query embeddings of {way} classes on two principal components; "
            "{right:.0%} of the queries are answered correctly.",
            split=support_count,
            count=len(queries),
            way=way,
            right=right,
        ),
        pd.DataFrame({"": sets, "class": letters, "component 1": places[:, 0], "component 2": places[:, 1]}),
    )


def _small(colour: str) -> dict[str, Any]:
    """Return the marker of a query on a map: small and open, with room for its letter."""
    return {"size": 13, "color": "white", "line": {"width": 1.5, "color": colour}}


def _spokes(places: np.ndarray, k: int, shape: dict[str, Any]) -> dict[str, Any]:
    """Draw the support pictures [n, 2] of class `k` as dots, with lines from the first of them to the others."""
    first, others = places[0], places[1:]
    lines = np.stack([np.broadcast_to(first, others.shape), others, np.full_like(others, np.nan)], 1).reshape(-1, 2)
    return scatter(
        x=lines[:, 0], y=lines[:, 1], mode="lines+markers", showlegend=False, opacity=0.6,
        name=t("support of {letter}", letter=LETTERS[k]), line={"color": class_colour(k), "width": 1},
        marker=shape | {"size": 7, "color": class_colour(k)},
    )  # fmt: skip


def verification(rocs: dict[str, Verified], threshold: float) -> Shown:
    """Draw hits against false alarms for every threshold; the current threshold is marked."""
    traces = [scatter(x=[0, 1], y=[0, 1], mode="lines", name="guessing", line=CHANCE)]
    rows = []
    for run, roc in rocs.items():
        line = ROC_LINES[run]
        x, y = (np.concatenate([[1.0], part, [0.0]]) for part in (roc.false_alarms, roc.hits))
        name = t("{label} (area {area:.3f})", label=line.label, area=roc.area)
        traces.append(scatter(x=x, y=y, mode="lines", name=name, line=line.look))
        traces.append(marked(line, *at_threshold(roc, threshold)))
        rows.append(
            pd.DataFrame(
                {"run": line.label, "threshold": roc.thresholds, "false alarms": roc.false_alarms, "hits": roc.hits}
            )
        )
    figure = chart(
        traces, "false alarms: pairs of two taken for one", "hits: pairs of one character found", 340,
        PERCENT | {"range": [-0.02, 1.02]}, PERCENT | {"range": [-0.02, 1.03]},
    )  # fmt: skip
    latest = list(rocs.values())[-1]
    alarms, hits = at_threshold(latest, threshold)
    return Shown(
        figure,
        "Every threshold at once: hits against false alarms (ROC)",
        t(
            "Area {area:.3f}. At threshold {threshold:.2f}: {hits:.1%} hits, {alarms:.1%} false alarms.",
            area=latest.area,
            threshold=threshold,
            hits=hits,
            alarms=alarms,
        ),
        pd.concat(rows),
    )


def at_threshold(roc: Verified, threshold: float) -> tuple[float, float]:
    """Interpolate the false-alarm rate and the hit rate at a threshold."""
    return tuple(float(np.interp(threshold, roc.thresholds, part)) for part in (roc.false_alarms, roc.hits))  # type: ignore[return-value]


def parts(contributions: np.ndarray, bias: float) -> Shown:
    """Draw what each weighted difference of a pair subtracts from its logit, the largest first."""
    order = np.argsort(-np.abs(contributions))
    largest, rest = order[:MOST_PARTS], order[MOST_PARTS:]
    names = [t("bias"), *(f"d{j}" for j in largest), t("other {count}", count=len(rest))]
    values = np.array([bias, *contributions[largest], contributions[rest].sum()])
    waterfall = trace(
        "waterfall", x=[*names, t("logit")], y=[*values, 0.0], measure=["relative"] * len(values) + ["total"],
        increasing={"marker": {"color": "#009E73"}}, decreasing={"marker": {"color": OUTER}},
        totals={"marker": {"color": "#3B8FD0"}}, connector={"line": {"width": 1, "color": MUTED}},
    )  # fmt: skip
    figure = chart(
        [waterfall], "dimension of the embedding, largest first", "adds to the score (logit)", 270,
        {"tickangle": -60, "tickfont": {"size": 10}}, showlegend=False,
    )  # fmt: skip
    logit = float(values.sum())
    return Shown(
        figure,
        "Which dimensions make this pair differ",
        t(
            "The bias gives {bias:.2f}; the differences take {taken:.2f}; the logit is {logit:.2f}.",
            bias=bias,
            taken=-contributions.sum(),
            logit=logit,
        ),
        pd.DataFrame({"dimension": names, "adds": values}),
    )


def table(scores: Sequence[dict[str, Any]], config: MatchingConfig) -> Shown:
    """Draw the accuracy of the shipped Matching network, trained with `config`, for every N and K."""
    frame = pd.DataFrame(
        [{"N": row["way"], "K": row["shot"], "accuracy": row["accuracy"], "± 95%": row["ci95"]} for row in scores]
    )
    grid = frame.pivot(index="K", columns="N", values="accuracy")
    cells = heatmap(
        z=grid.values, x=[f"N = {n}" for n in grid.columns], y=[f"K = {k}" for k in grid.index],
        text=[[f"{v:.1%}" for v in row] for row in grid.values], texttemplate="%{text}", colorscale="Blues",
        zmin=0.8, zmax=1, showscale=False, hoverinfo="skip", xgap=3, ygap=3,
    )  # fmt: skip
    figure = chart([cells], "classes to choose from", "drawings of each", 280)
    episodes = scores[0]["episodes"]
    return Shown(
        figure,
        t(
            "More classes are mostly harder, and more drawings mostly help: right answers of the shipped network "
            "({distance}, T = {temperature:g}) on {episodes} unseen {data} episodes for each N and K",
            distance=t(DISTANCES[config.distance]),
            temperature=1 / config.scale,
            episodes=episodes,
            data=t(DATA[config.episodes.data]),
        ),
        listed(
            t("{N}-way {K}-shot {accuracy:.1%}", N=row.N, K=row.K, accuracy=row.accuracy) for row in frame.itertuples()
        ),
        frame,
    )


def along(compared: Compared, grid: np.ndarray, x: np.ndarray, y: np.ndarray, truth: np.ndarray, query: int) -> Shown:
    """Draw attention's outputs along `grid` [n] from support points x, y; the output at grid[query] is taken apart."""
    answers, attention = compared.answers[0, :, 0], compared.attention[0, query]
    traces = [
        scatter(x=grid, y=truth, mode="lines", name="true function", line=TRUTH),
        scatter(x=grid, y=answers, mode="lines", name="Matching network", line={"color": OUTER, "width": 3}),
        *(
            scatter(
                x=[grid[query], x[i]], y=[answers[query], y[i]], mode="lines", showlegend=False, hoverinfo="skip",
                line={"color": SUPPORT, "width": max(0.3, 12 * tie)}, opacity=0.15 + 0.6 * tie,
            )
            for i, tie in enumerate(attention.tolist())
        ),
        scatter(
            x=x, y=y, mode="markers", name="support", text=[t("attention {tie:.0%}", tie=tie) for tie in attention],
            marker={"color": SUPPORT, "size": 7 + 16 * np.sqrt(attention), "line": {"width": 1, "color": "white"}},
        ),
        scatter(
            x=[grid[query]], y=[answers[query]], mode="markers", name="query",
            marker={"color": QUERY, "symbol": "diamond", "size": 13, "line": {"width": 2, "color": "white"}},
        ),
    ]  # fmt: skip
    figure = chart(traces, "x", "y", 310, {"range": [-5.2, 5.2]}, {"range": [-6, 6]})
    error = float(np.square(answers - truth).mean())
    return Shown(
        figure,
        "A sinusoid by attention: the answer is the weighted mean of the support's values",
        t(
            "Attention at x = {x:.2f}: {parts}. Mean squared error {error:.2f}.",
            x=grid[query],
            parts=named(
                t("{tie:.0%} to the point at {p:.1f}", tie=tie, p=p) for p, tie in zip(x, attention, strict=True)
            ),
            error=error,
        ),
        pd.DataFrame({"x": x, "y": y, "attention": attention}),
    )


def traced(events: Sequence[Traced], index: int, pairs: bool = False) -> Shown:
    """Draw one panel per task: its pictures at first, then how strongly each query attends to each support picture,
    or for `pairs` how probable each pair is.
    """
    batch = events[0].event
    assert isinstance(batch, EpisodesDrawn)
    tasks = len(batch.query_y)
    attention = events[index].curves
    titles = [t("task {i}", i=i + 1) for i in range(tasks)]
    if attention is not None:
        best = np.take_along_axis(batch.support_y, attention.argmax(-1), 1)
        titles = [
            t("task {i}: {value:.0%}<br>nearest to their own", i=i + 1, value=(best[i] == batch.query_y[i]).mean())
            for i in range(tasks)
        ]
    parts, xaxes, yaxes = list[dict](), list[dict](), list[dict]()
    for i in range(tasks):
        if attention is None:
            pictures = np.concatenate([batch.support_x[i], batch.query_x[i]])
            way = len(np.unique(batch.support_y[i]))
            parts.append(trace("image", source=sheet((255 * pictures).astype(np.uint8), way).url, **panel(i + 1)))
            for axes in (xaxes, yaxes):
                axes.append(BARE | {"showticklabels": False})
            continue
        order = np.argsort(batch.query_y[i], kind="stable")
        rows, columns = ([LETTERS[k] for k in y] for y in (batch.query_y[i][order], batch.support_y[i]))
        parts.append(
            heatmap(
                z=attention[i][order], zmin=0, zmax=1, colorscale="Blues", showscale=i == tasks - 1,
                hovertemplate="query %{y}, support %{x}: %{z:.0%}<extra></extra>", **panel(i + 1),
            )
        )  # fmt: skip
        xaxes.append({"tickvals": list(range(len(columns))), "ticktext": columns, "title": {"text": "support"}})
        yaxes.append({"tickvals": list(range(len(rows))), "ticktext": rows, "autorange": "reversed"})
    figure = chart(
        parts, "", "queries" if attention is not None else "", 400, showlegend=False,
        margin={"l": 40, "r": 8, "t": 48, "b": 40}, **beside(titles, 0.12, xaxes, yaxes, size=12),
    )  # fmt: skip
    title, event_name = headline(events, index)
    return Shown(
        figure,
        title,
        t("{tasks} tasks after the event {said}.", tasks=tasks, said=event_name),
        numbers(events, index, pairs),
    )
