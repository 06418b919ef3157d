"""Figures of the metric pages: embeddings, verification, parts of a distance, attention along x."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.events import Compared, EpisodesDrawn, Traced, Verified
from lessons.demos.fewshot import LETTERS
from lessons.demos.metric import principal
from lessons.engine.language import t
from lessons.figures.chart import BARE, CHANCE, PERCENT, TRUTH, beside, chart, heatmap, marked, panel, scatter, trace
from lessons.figures.curves import Curve, one_line, updates_up_to
from lessons.figures.pictures import sheet
from lessons.figures.theme import MUTED, OUTER, QUERY, SUPPORT, Line, Shown, class_colour
from lessons.figures.traced import headline, numbers

MOST_PARTS = 16  # differences that are drawn one by one
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "pentagon")
ROC_LINES = {
    "recorded": Line("recorded run", MUTED, "solid", 2),
    "now": Line("your run", OUTER, "solid", 3),
    "first": Line("before training", "#CC79A7", "dot", 2),
}


def learning(curves: Sequence[Curve], iterations: int) -> Shown:
    """Accuracy on unseen episodes over outer updates; nothing adapts, so a run is one line."""
    traces, rows = one_line(curves)
    figure = chart(
        traces, "outer updates", "queries right, unseen episodes", 340, updates_up_to(iterations), PERCENT,
        showlegend=True,
    )  # fmt: skip
    last = "; ".join(
        t("{label} at {value:.1%}", label=one.label, value=one.steps[-1].accuracy_after or 0)
        for one in curves
        if one.steps
    )
    return Shown(
        figure,
        "Right answers on 50 episodes of characters never trained on",
        t("Learning curves over {iterations} outer updates: {last}.", iterations=iterations, last=last),
        pd.DataFrame(rows, columns=["run", "outer updates", "accuracy", "loss"]),
    )


def embedding_map(seen: Compared, title: str, query: int | None = None) -> Shown:
    """An episode's embeddings on their first two principal components; `query` is marked."""
    support, queries = seen.support[0], seen.queries[0]
    way = seen.answers.shape[2]
    places, shares = principal(np.concatenate([support, queries]))
    split = len(support)
    traces = []
    for k in range(way):
        own = np.arange(k, split, way)
        asked = np.arange(k, len(queries), way)
        look = {"color": class_colour(k), "symbol": SYMBOLS[k % len(SYMBOLS)]}
        traces += [
            scatter(
                x=places[split + asked, 0], y=places[split + asked, 1], mode="markers", showlegend=False,
                name=t("queries of {letter}", letter=LETTERS[k]), marker=look | {"size": 8, "opacity": 0.55},
            ),
            scatter(
                x=places[own, 0], y=places[own, 1], mode="markers+text", showlegend=False,
                name=t("support of {letter}", letter=LETTERS[k]), text=[LETTERS[k]] * len(own),
                textfont={"color": "white", "size": 11},
                marker=look | {"size": 21, "line": {"width": 1.5, "color": "white"}},
            ),
        ]  # fmt: skip
    if query is not None:
        ring = {"symbol": "circle-open", "size": 18, "color": OUTER, "line": {"width": 3}}
        x, y = places[split + query]
        traces.append(scatter(x=[x], y=[y], mode="markers", name="the chosen query", marker=ring, showlegend=False))
    edge = 1.15 * max(float(np.abs(places).max()), 1e-6)
    axis = {"range": [-edge, edge], "zeroline": False}
    figure = chart(
        traces,
        t("component 1 ({share:.0%} of the variance)", share=shares[0]),
        t("component 2 ({share:.0%})", share=shares[1]),
        340,
        axis,
        axis,
    )
    kinds = ["support"] * split + ["query"] * len(queries)
    letters = [LETTERS[i % way] for i in (*range(split), *range(len(queries)))]
    right = float((seen.answers[0].argmax(-1) == np.arange(len(queries)) % way).mean())
    return Shown(
        figure,
        title,
        t(
            "{split} support and {count} query embeddings of {way} classes on two principal components; "
            "{right:.0%} of the queries are answered rightly.",
            split=split,
            count=len(queries),
            way=way,
            right=right,
        ),
        pd.DataFrame({"": kinds, "class": letters, "component 1": places[:, 0], "component 2": places[:, 1]}),
    )


def verification(found: dict[str, Verified], threshold: float) -> Shown:
    """Hits against false alarms for every threshold; the one in use is marked."""
    traces = [scatter(x=[0, 1], y=[0, 1], mode="lines", name="guessing", line=CHANCE)]
    rows = []
    for which, one in found.items():
        line = ROC_LINES[which]
        x, y = (np.concatenate([[1.0], part, [0.0]]) for part in (one.false_alarms, one.hits))
        name = t("{label} (area {area:.3f})", label=line.label, area=one.area)
        traces.append(scatter(x=x, y=y, mode="lines", name=name, line=line.look))
        traces.append(marked(line, *at_threshold(one, threshold)))
        rows.append(
            pd.DataFrame(
                {"run": line.label, "threshold": one.thresholds, "false alarms": one.false_alarms, "hits": one.hits}
            )
        )
    figure = chart(
        traces, "false alarms: pairs of two taken for one", "hits: pairs of one character found", 340,
        PERCENT | {"range": [-0.02, 1.02]}, PERCENT | {"range": [-0.02, 1.03]},
    )  # fmt: skip
    last = list(found.values())[-1]
    alarms, hits = at_threshold(last, threshold)
    return Shown(
        figure,
        "Every threshold at once: hits against false alarms (ROC)",
        t(
            "Area {area:.3f}. At threshold {threshold:.2f}: {hits:.1%} hits, {alarms:.1%} false alarms.",
            area=last.area,
            threshold=threshold,
            hits=hits,
            alarms=alarms,
        ),
        pd.concat(rows),
    )


def at_threshold(one: Verified, threshold: float) -> tuple[float, float]:
    """Shares of false alarms and of hits at a threshold, between the measured ones."""
    return tuple(float(np.interp(threshold, one.thresholds, part)) for part in (one.false_alarms, one.hits))  # type: ignore[return-value]


def parts(pulls: np.ndarray, bias: float) -> Shown:
    """What each weighted difference of a pair takes from its logit, the largest first."""
    order = np.argsort(-np.abs(pulls))
    largest, rest = order[:MOST_PARTS], order[MOST_PARTS:]
    names = [t("bias"), *(f"d{j}" for j in largest), t("other {count}", count=len(rest))]
    values = np.array([bias, *pulls[largest], pulls[rest].sum()])
    waterfall = trace(
        "waterfall", x=[*names, "logit"], y=[*values, 0.0], measure=["relative"] * len(values) + ["total"],
        increasing={"marker": {"color": "#009E73"}}, decreasing={"marker": {"color": OUTER}},
        totals={"marker": {"color": "#3B8FD0"}}, connector={"line": {"width": 1, "color": MUTED}},
    )  # fmt: skip
    figure = chart(
        [waterfall], "dimension of the embedding, largest first", "adds to the logit", 320,
        {"tickangle": -60, "tickfont": {"size": 10}}, showlegend=False,
    )  # fmt: skip
    logit = float(values.sum())
    return Shown(
        figure,
        "Which dimensions make this pair differ",
        t(
            "The bias gives {bias:.2f}; the differences take {taken:.2f}; the logit is {logit:.2f}.",
            bias=bias,
            taken=-pulls.sum(),
            logit=logit,
        ),
        pd.DataFrame({"dimension": names, "adds": values}),
    )


def table(scores: Sequence[dict[str, Any]]) -> Shown:
    """Accuracy for every number of classes and of drawings."""
    frame = pd.DataFrame(
        [{"N": one["way"], "K": one["shot"], "accuracy": one["accuracy"], "± 95%": one["ci95"]} for one in scores]
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
            "More classes are harder, more drawings help: share of right answers on {episodes} unseen episodes each",
            episodes=episodes,
        ),
        "; ".join(
            t("{N}-way {K}-shot {accuracy:.1%}", N=one.N, K=one.K, accuracy=one.accuracy) for one in frame.itertuples()
        ),
        frame,
    )


def along(seen: Compared, grid: np.ndarray, x: np.ndarray, y: np.ndarray, truth: np.ndarray, at: int) -> Shown:
    """What attention answers along `grid` [n] from support points x, y; the one at grid[at] is taken apart."""
    answers, attention = seen.answers[0, :, 0], seen.attention[0, at]
    traces = [
        scatter(x=grid, y=truth, mode="lines", name="true function", line=TRUTH),
        scatter(x=grid, y=answers, mode="lines", name="Matching network", line={"color": OUTER, "width": 3}),
        *(
            scatter(
                x=[grid[at], x[i]], y=[answers[at], y[i]], mode="lines", showlegend=False, hoverinfo="skip",
                line={"color": SUPPORT, "width": max(0.3, 12 * float(attention[i]))}, opacity=0.15 + 0.6 * float(attention[i]),
            )
            for i in range(len(x))
        ),
        scatter(
            x=x, y=y, mode="markers", name="support", text=[t("attention {tie:.0%}", tie=tie) for tie in attention],
            marker={"color": SUPPORT, "size": 7 + 16 * np.sqrt(attention), "line": {"width": 1, "color": "white"}},
        ),
        scatter(
            x=[grid[at]], y=[answers[at]], mode="markers", name="query",
            marker={"color": QUERY, "symbol": "diamond", "size": 13, "line": {"width": 2, "color": "white"}},
        ),
    ]  # fmt: skip
    figure = chart(traces, "x", "y", 380, {"range": [-5.2, 5.2]}, {"range": [-6, 6]})
    error = float(np.square(answers - truth).mean())
    return Shown(
        figure,
        "A sinusoid by attention: the answer is the weighted mean of the support's values",
        t("Attention at x = {x:.2f}: ", x=grid[at])
        + ", ".join(t("{tie:.0%} to the point at {p:.1f}", tie=tie, p=p) for p, tie in zip(x, attention, strict=True))
        + t(". Mean squared error {error:.2f}.", error=error),
        pd.DataFrame({"x": x, "y": y, "attention": attention}),
    )


def traced(events: Sequence[Traced], at: int) -> Shown:
    """One panel a task: the pictures when they are drawn, then how strongly each query is tied to each support."""
    drawn = events[0].event
    assert isinstance(drawn, EpisodesDrawn)
    tasks = len(drawn.query_y)
    known = events[at].curves
    titles = [t("task {i}", i=i + 1) for i in range(tasks)]
    if known is not None:
        best = np.take_along_axis(drawn.support_y, known.argmax(-1), 1)
        titles = [
            t("task {i}: {value:.0%} nearest to their own", i=i + 1, value=(best[i] == drawn.query_y[i]).mean())
            for i in range(tasks)
        ]
    parts, xaxes, yaxes = list[dict](), list[dict](), list[dict]()
    for i in range(tasks):
        if known is None:
            both = np.concatenate([drawn.support_x[i], drawn.query_x[i]])
            way = len(np.unique(drawn.support_y[i]))
            parts.append(trace("image", source=sheet((255 * both).astype(np.uint8), way).url, **panel(i + 1)))
            for axes in (xaxes, yaxes):
                axes.append(BARE | {"showticklabels": False})
            continue
        order = np.argsort(drawn.query_y[i], kind="stable")
        rows, columns = ([LETTERS[y] for y in one] for one in (drawn.query_y[i][order], drawn.support_y[i]))
        parts.append(
            heatmap(
                z=known[i][order], zmin=0, zmax=1, colorscale="Blues", showscale=i == tasks - 1,
                hovertemplate="query %{y}, support %{x}: %{z:.0%}<extra></extra>", **panel(i + 1),
            )
        )  # fmt: skip
        xaxes.append({"tickvals": list(range(len(columns))), "ticktext": columns, "title": {"text": "support"}})
        yaxes.append({"tickvals": list(range(len(rows))), "ticktext": rows, "autorange": "reversed"})
    figure = chart(
        parts, "", "queries" if known is not None else "", 400, showlegend=False,
        margin={"l": 40, "r": 8, "t": 34, "b": 40}, **beside(titles, 0.08, xaxes, yaxes),
    )  # fmt: skip
    title, said = headline(events, at)
    return Shown(
        figure,
        title,
        t("{tasks} tasks after the event {said}.", tasks=tasks, said=said),
        numbers(events, at),
    )
