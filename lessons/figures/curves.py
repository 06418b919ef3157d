"""Loss curves: over inner steps, over outer updates, over inner rates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.demos.answers import Travelled
from core.events import Fitted, OuterStep, Swept
from core.events.evaluations import Evaluation
from core.storage.checkpoints import Checkpoint
from lessons.engine.language import listed, plural, t
from lessons.figures.chart import across, beside, chart, marked, panel, scatter, words_at
from lessons.figures.theme import INITS, MUTED, OUTER, Line, Shown

TICKS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)


def updates_in_words(n: int) -> str:
    """Return a number of outer updates in words."""
    return plural(n, "{count} outer update", "{count} outer updates")


def inner_steps_in_words(number: int) -> str:
    """Return a number of inner steps in words, as in "1 inner step"."""
    return plural(number, "{count} inner step", "{count} inner steps")


def log_axis(low: float, high: float) -> dict:
    """Return a logarithmic axis from `low` to `high` with plain numbers on it."""
    return {
        "type": "log",
        "range": [np.log10(low), np.log10(high)],
        "tickvals": TICKS,
        "ticktext": [f"{tick:g}" for tick in TICKS],
    }


def adaptation(fits: Sequence[Fitted], step: int) -> Shown:
    """Draw the loss against the true function after each inner step; `step` is marked."""
    traces = []
    table = {"inner step": np.arange(len(fits[0].query_loss))}
    for fit in fits:
        line = INITS[fit.name]
        table[line.label] = fit.query_loss
        y = np.where(np.isfinite(fit.query_loss), np.clip(fit.query_loss, 0, 1e4), np.nan)
        traces += [scatter(y=y, name=line.label, line=line.look, mode="lines"), marked(line, step, float(y[step]))]
    figure = chart(
        traces, "inner steps", "MSE to the truth", 240, {"range": [-0.5, len(fits[0].query_loss) - 0.5]},
        log_axis(0.003, 100), showlegend=False,
    )  # fmt: skip  # the chart beside it has the legend
    now = listed(f"{INITS[fit.name].label} {fit.query_loss[step]:.3g}" for fit in fits)
    return Shown(
        figure,
        "How fast each initialization learns this task",
        t(
            "Loss against the true function by inner step. After {steps}: {now}.",
            steps=inner_steps_in_words(step),
            now=now,
        ),
        pd.DataFrame(table),
    )


@dataclass(frozen=True)
class Curve:
    """The learning curve of one run as it is drawn."""

    label: str
    steps: Sequence[OuterStep]
    colour: str = OUTER
    width: float = 2.5


MOST_DRAWN = 160  # points of a live curve: more look the same and would cost frames
FEW = 40  # measurements of a curve: so few are marked, since the line between two of them is a guess


def _mode(steps: Sequence[OuterStep]) -> str:
    return "lines+markers" if len(steps) <= FEW else "lines"


def learning(curves: Sequence[Curve], iterations: int) -> Shown:
    """Draw the query loss on unseen tasks before and after adaptation, over outer updates."""
    traces, table = before_and_after(curves, lambda step: (step.before, step.after))
    figure = chart(
        traces, "outer updates", "query MSE, unseen tasks", 360, updates_up_to(iterations), log_axis(0.05, 12)
    )
    last = listed(
        t("{label} at {after:.3g} after adapting", label=curve.label, after=curve.steps[-1].after)
        for curve in curves
        if curve.steps
    )
    return Shown(
        figure,
        "Query loss on unseen tasks, before and after adapting",
        t("Learning curves over {updates}: {last}.", updates=updates_in_words(iterations), last=last),
        table,
    )


def updates_up_to(iterations: int) -> dict:
    """Return the x axis of a training run."""
    return {"range": [0, max(iterations, 1)]}


def one_line(curves: Sequence[Curve]) -> tuple[list[dict], list[tuple]]:
    """Return one accuracy line per run, where nothing adapts, and rows of run, outer updates, accuracy and loss."""
    traces, rows = [], []
    for curve in curves:
        drawn = curve.steps[:: max(1, len(curve.steps) // MOST_DRAWN)]
        traces.append(
            scatter(
                x=[step.iteration for step in drawn], y=[step.accuracy_after for step in drawn], name=curve.label,
                mode=_mode(drawn), line={"color": curve.colour, "width": curve.width}, marker={"size": 5},
            )
        )  # fmt: skip
        rows += [(curve.label, step.iteration, step.accuracy_after, step.after) for step in curve.steps]
    return traces, rows


def before_and_after(
    curves: Sequence[Curve],
    values: Callable[[OuterStep], tuple[float | None, float | None]],
    names: tuple[str, str] = ("before adapting", "after adapting"),
) -> tuple[list[dict], pd.DataFrame]:
    """Return two lines per run, dotted before and solid after adapting, and a table of all their numbers."""
    traces, rows = [], []
    for curve in curves:
        drawn = curve.steps[:: max(1, len(curve.steps) // MOST_DRAWN)]
        for part, (name, dash) in enumerate(zip(names, ("dot", "solid"), strict=True)):
            y = [values(step)[part] for step in drawn]
            traces.append(
                scatter(
                    x=[step.iteration for step in drawn],
                    y=[value if value is not None and np.isfinite(value) else None for value in y],
                    name=t("{label}: {part}", label=curve.label, part=t(name)), mode=_mode(drawn), marker={"size": 5},
                    line={"color": curve.colour, "dash": dash, "width": curve.width},
                )
            )  # fmt: skip
        rows += [(curve.label, step.iteration, *values(step)) for step in curve.steps]
    return traces, pd.DataFrame(rows, columns=["run", "outer updates", *names])


def score(runs: dict[str, Checkpoint]) -> Shown:
    """Draw the recorded evaluations with their 95% intervals."""
    traces = []
    table = {}
    for name, run in runs.items():
        line: Line = INITS[name]
        assert isinstance(run.evaluation, Evaluation)
        loss, half = run.evaluation.loss_by_step, run.evaluation.ci95
        table[line.label], table[f"{line.label}, ± 95%"] = loss, half
        bars = {"array": half, "color": line.colour, "thickness": 1.2}
        traces.append(scatter(y=loss, error_y=bars, name=line.label, mode="lines+markers", line=line.look))
    figure = chart(traces, "inner steps", "query MSE", 320, yaxis=log_axis(0.05, 12))
    return Shown(
        figure,
        "Mean loss over 1000 unseen tasks, with 95% intervals",
        t(
            "Evaluation by inner step: {ends}.",
            ends=listed(
                t("{label} ends at {loss:.2g}", label=INITS[n].label, loss=table[INITS[n].label][-1]) for n in runs
            ),
        ),
        pd.DataFrame(table).rename_axis(t("inner steps")).reset_index(),
    )


def sweep(swept: Sequence[Swept], inner_steps: int, training_rate: float) -> Shown:
    """Draw the loss after adaptation over the inner rate; `training_rate` is the rate that training used."""
    traces, ends = [], list[tuple[float, float]]()
    table = {"inner rate": swept[0].rates}
    for rank, result in enumerate(swept):
        line = INITS[result.name]
        losses = result.losses[inner_steps]
        table[line.label] = losses
        y = np.where(np.isfinite(losses), np.clip(losses, 0, 1e4), np.nan)
        traces.append(
            scatter(x=result.rates, y=y, name=line.label, mode="lines", line=line.look, legendrank=rank)
        )  # fmt: skip
        last = int(np.flatnonzero(np.isfinite(losses))[-1])
        if last + 1 < len(losses):
            ends.append((float(result.rates[last]), float(y[last])))
    traces.reverse()  # where two lines are one, the thin dashed one lies on the thick one and both are seen
    if ends:
        traces.append(
            scatter(
                x=[x for x, _ in ends], y=[y for _, y in ends], name="beyond this rate, steps diverge", mode="markers",
                marker={"symbol": "x", "size": 10, "color": MUTED}, legendrank=len(swept),
            )
        )  # fmt: skip
    rates = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
    figure = chart(
        traces, "inner rate (log scale)", t("query MSE after {steps}", steps=inner_steps_in_words(inner_steps)), 320,
        {"type": "log", "tickvals": rates, "ticktext": [f"{rate:g}" for rate in rates]}, log_axis(0.08, 30),
        shapes=[across(x=training_rate)],
        # unlike a line, a label names a place on a logarithmic axis by its logarithm
        annotations=[words_at(float(np.log10(training_rate)), "MAML was trained with this rate")],
    )  # fmt: skip
    best = [
        t(
            "{label}: best {loss:.2g} at {rate:.2g}",
            label=INITS[result.name].label,
            loss=np.nanmin(result.losses[inner_steps]),
            rate=result.rates[np.nanargmin(result.losses[inner_steps])],
        )
        for result in swept
    ]
    return Shown(
        figure,
        t("The inner rate is meta-knowledge too: loss after {steps}", steps=inner_steps_in_words(inner_steps)),
        t("Loss by inner rate: {best}.", best=listed(best)),
        pd.DataFrame(table),
    )


def travel(travels: Sequence[Travelled], step: int) -> Shown:
    """Draw what each inner step gains on unseen tasks, and how far from theta it has come; `step` is marked."""
    traces, rows = [], []
    for result in travels:
        line = INITS[result.name]
        steps = np.arange(len(result.losses))
        bars = {"array": result.ci95, "color": line.colour, "thickness": 1.2}
        traces += [
            scatter(x=steps, y=result.losses, error_y=bars, name=line.label, mode="lines", line=line.look, **panel(1)),
            scatter(x=steps, y=result.distances, mode="lines", line=line.look, showlegend=False, **panel(2)),
            marked(line, step, float(result.losses[step])) | panel(1),
            marked(line, step, float(result.distances[step])) | panel(2),
        ]
        numbers = zip(steps, result.losses, result.ci95, result.distances, strict=True)
        rows += [(line.label, *(round(float(value), 4) for value in row)) for row in numbers]
    titles = (t("mean squared error"), t("distance from θ"))
    x_axis = {"title": {"text": "inner steps"}, "dtick": 2}
    axes = beside(titles, 0.12, [x_axis, x_axis], [log_axis(0.05, 12), {"rangemode": "tozero"}])
    figure = chart(traces, "inner steps", "", 290, margin={"t": 44}, legend={"y": 1.08}, **axes)
    return Shown(
        figure,
        t("The same steps from three starts, mean of {tasks} unseen tasks", tasks=travels[0].tasks),
        listed(
            t(
                "{label}: error {before:.2f} at step 0 and {after:.2f} at step {step}, {gone:.2f} away from its start",
                label=INITS[result.name].label, before=result.losses[0], after=result.losses[step], step=step,
                gone=result.distances[step],
            )
            for result in travels
        ),
        pd.DataFrame(rows, columns=["start", "inner steps", "query MSE", "± 95%", "distance from θ"]),
    )  # fmt: skip
