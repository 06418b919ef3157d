"""Figures of the few-shot pages: accuracy over inner steps and over training, and one traced event."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.events import EpisodesDrawn, FittedEpisode, Traced
from core.events.evaluations import FewShotEvaluation
from lessons.demos.fewshot import LETTERS
from lessons.engine.language import listed, t
from lessons.figures.chart import PERCENT, across, bar, beside, chart, marked, panel, scatter
from lessons.figures.curves import Curve, before_and_after, inner_steps_in_words, updates_in_words, updates_up_to
from lessons.figures.theme import INITS, Line, Shown, class_colour
from lessons.figures.traced import headline, numbers

WIDE_ENOUGH = 0.14  # of a bar, to hold its class's letter


def adaptation(fits: Sequence[FittedEpisode], step: int, look: Line | None = None) -> Shown:
    """Draw the accuracy on one episode's queries after each inner step; `step` is marked. look: of a start without a
    name of its own.
    """
    lines = {fit.name: look or INITS[fit.name] for fit in fits}
    traces = []
    count = len(fits[0].accuracy)
    table: dict[str, np.ndarray] = {"inner step": np.arange(count)}
    for fit in fits:
        line = lines[fit.name]
        table[line.label] = fit.accuracy
        traces.append(scatter(y=fit.accuracy, name=line.label, mode="lines", line=line.look))
        traces.append(marked(line, step, fit.accuracy[step]))
    figure = chart(traces, "inner steps", "queries right", 280, {"range": [-0.3, count - 0.7], "dtick": 2}, PERCENT)
    now = listed(f"{lines[fit.name].label} {fit.accuracy[step]:.0%}" for fit in fits)
    return Shown(
        figure,
        "How fast each start learns this episode",
        t("Share of right queries by inner step. After {steps}: {now}.", steps=inner_steps_in_words(step), now=now),
        pd.DataFrame(table),
    )


def learning(curves: Sequence[Curve], iterations: int) -> Shown:
    """Draw the accuracy on unseen episodes before and after adapting, over outer updates."""
    traces, table = before_and_after(curves, lambda step: (step.accuracy_before, step.accuracy_after))
    figure = chart(traces, "outer updates", "queries right, unseen episodes", 310, updates_up_to(iterations), PERCENT)
    last = listed(
        t("{label} at {value:.1%} after adapting", label=curve.label, value=curve.steps[-1].accuracy_after or 0)
        for curve in curves
        if curve.steps
    )
    return Shown(
        figure,
        "Right answers on characters never trained on, before and after adapting",
        t("Learning curves over {updates}: {last}.", updates=updates_in_words(iterations), last=last),
        table,
    )


def score(results: dict[str, FewShotEvaluation]) -> Shown:
    """Draw the recorded accuracies by inner step with their 95% intervals."""
    traces = []
    columns = []
    for name, result in results.items():
        line = INITS[name]
        columns.append(pd.DataFrame({"start": line.label, "inner steps": result.steps,
                                     "accuracy": result.accuracy_by_step, "± 95%": result.ci95_by_step}))  # fmt: skip
        traces.append(
            scatter(
                x=result.steps, y=result.accuracy_by_step, name=line.label, mode="lines+markers", line=line.look,
                error_y={"array": result.ci95_by_step, "color": line.colour, "thickness": 1.2},
            )
        )  # fmt: skip
    first = next(iter(results.values()))
    figure = chart(traces, "inner steps", "queries right", 320, yaxis=PERCENT, shapes=[across(y=1 / first.way)])
    ends = listed(
        t("{label} ends at {accuracy:.1%}", label=INITS[n].label, accuracy=r.accuracy) for n, r in results.items()
    )
    how = t("normalized together (transductive)") if first.transductive else t("each normalized with the support alone")
    return Shown(
        figure,
        t(
            "{way}-way {shot}-shot, {episodes} unseen episodes; queries {how}; dotted: chance",
            way=first.way, shot=first.shot, episodes=first.episodes, how=how,
        ),
        t("Accuracy by inner step: {ends}.", ends=ends),
        pd.concat(columns),
    )  # fmt: skip


def picture(trace: Sequence[Traced], index: int) -> Shown:
    """Draw one panel per task: each query's probability of each class (colour) after the event at `index`."""
    batch = trace[0].event
    assert isinstance(batch, EpisodesDrawn)
    tasks = len(batch.query_y)
    probs = next(traced.curves for traced in reversed(trace[: index + 1]) if traced.curves is not None)
    way = probs.shape[-1]
    traces = []
    titles = [t("task {i}: {right:.0%} right", i=i + 1, right=_right(probs[i], batch.query_y[i])) for i in range(tasks)]
    for i in range(tasks):
        order = np.argsort(batch.query_y[i], kind="stable")
        labels = [f"{LETTERS[batch.query_y[i][j]]}{n % (len(order) // way) + 1}" for n, j in enumerate(order)]
        for k in range(way):
            p = probs[i][order, k]
            traces.append(
                bar(
                    x=labels, y=p, name=t("class {letter}", letter=LETTERS[k]), legendgroup=str(k), showlegend=i == 0,
                    marker={"color": class_colour(k)}, **panel(i + 1),
                    text=[LETTERS[k] if probability > WIDE_ENOUGH else "" for probability in p], textposition="inside",
                    textangle=0, insidetextanchor="middle", textfont={"color": "white", "size": 10},
                )
            )  # fmt: skip
    y_axis = {"range": [0, 1], "tickformat": ".0%"}
    panels = beside(titles, 0.03, [{"tickfont": {"size": 10}, "tickangle": 0}] * tasks, [y_axis] * tasks, shared=True)
    figure = chart(
        traces, "", "probability", 360, barmode="stack", bargap=0.12, legend={"y": -0.2, "yanchor": "top"},
        margin={"l": 48, "t": 28, "b": 90}, **panels,
    )  # fmt: skip
    title, event_name = headline(trace, index)
    return Shown(
        figure,
        title,
        t("Class probabilities of the queries of {tasks} tasks after the event {said}.", tasks=tasks, said=event_name),
        numbers(trace, index),
    )


def _right(probabilities: np.ndarray, y: np.ndarray) -> float:
    return float((probabilities.argmax(-1) == y).mean())
