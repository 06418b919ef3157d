"""The figure of one event of the stepper: what each task's parameters predict now."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.events import Compared, EpisodesDrawn, InnerStep, OuterGradient, OuterMove, TasksDrawn, Traced
from lessons.engine.language import t
from lessons.figures.chart import TRUTH, beside, chart, panel, scatter
from lessons.figures.theme import INNER, OUTER, QUERY, SUPPORT, Shown

Y_RANGE = (-6, 6)


def describe(traced: Traced) -> str:
    """Return the event's name for a button or a list."""
    match traced.event:
        case TasksDrawn() | EpisodesDrawn():
            return "tasks drawn"
        case InnerStep(step=step):
            return f"inner step {step}"
        case OuterGradient():
            return "outer arrows"
        case Compared():
            return "embeddings compared"
        case OuterMove():
            return "theta moves"
    raise TypeError(type(traced.event).__name__)


def headline(trace: Sequence[Traced], index: int) -> tuple[str, str]:
    """Return a figure's title and the event's name in words."""
    name = describe(trace[index])
    step = name.removeprefix("inner step ")
    event_name = t("inner step {step}", step=step) if step != name else t(name)
    return t("Event {at} of {count}: {said}", at=index + 1, count=len(trace), said=event_name), event_name


def picture(trace: Sequence[Traced], index: int, query_used: bool) -> Shown:
    """Draw one panel per task: its points, theta's prediction, and phi's prediction after the event at `index`.

    query_used: whether the query points are held back for the outer loss; if not, the inner steps train on them too.
    """
    batch = trace[0].event
    assert isinstance(batch, TasksDrawn)
    assert trace[0].curves is not None
    tasks, query = len(batch.amplitude), t("query") if query_used else t("query (Reptile trains on these too)")
    traces = []
    grid = trace[0].grid
    steps = [traced for traced in trace[: index + 1] if isinstance(traced.event, InnerStep)]
    moved = trace[index].curves if isinstance(trace[index].event, OuterMove) else None
    for i in range(tasks):
        axes = panel(i + 1) | {"showlegend": i == 0}
        truth = batch.amplitude[i] * np.sin(grid - batch.phase[i])
        lines = [
            (t("true function"), truth, TRUTH),
            ("θ", trace[0].curves[0], {"color": OUTER, "dash": "dot", "width": 2}),
        ]
        if len(steps) > 1 and moved is None:
            assert steps[-2].curves is not None
            lines.append((t("φ one step earlier"), steps[-2].curves[i], {"color": INNER, "dash": "dot", "width": 1.5}))
        if steps and moved is None:
            assert steps[-1].curves is not None
            lines.append((t("φ now"), steps[-1].curves[i], {"color": INNER, "dash": "solid", "width": 3}))
        if moved is not None:
            lines.append((t("θ after the outer move"), moved[0], {"color": OUTER, "dash": "solid", "width": 3}))
        for name, y, line in lines:
            traces.append(scatter(x=grid[::2], y=y[::2], name=name, line=line, mode="lines", legendgroup=name, **axes))
        in_outer = isinstance(trace[index].event, OuterGradient)
        query_shown = in_outer if query_used else bool(steps) and not in_outer
        for name, x, y, colour, symbol, bold in (
            ("support", batch.support_x[i], batch.support_y[i], SUPPORT, "circle", bool(steps) and not in_outer),
            (query, batch.query_x[i], batch.query_y[i], QUERY, "diamond-open", query_shown),
        ):
            look = {"color": colour, "symbol": symbol, "size": 6 + 3 * bold, "line": {"width": 1 + bold}}
            traces.append(scatter(x=x, y=y, mode="markers", name=name, legendgroup=name, marker=look, **axes))
    panels = beside(
        [t("task {i}", i=i + 1) for i in range(tasks)], 0.02, [{"range": [-5, 5], "tickvals": [-4, 0, 4]}] * tasks,
        [{"range": Y_RANGE}] * tasks, shared=True,
    )  # fmt: skip
    figure = chart(
        traces, "", "y", 380, legend={"y": -0.12, "yanchor": "top"}, margin={"l": 40, "t": 28, "b": 110}, **panels
    )
    table = numbers(trace, index)
    title, event_name = headline(trace, index)
    return Shown(
        figure,
        title,
        t("{tasks} tasks side by side after the event {said}.", tasks=tasks, said=event_name),
        table,
    )


def numbers(trace: Sequence[Traced], index: int, pairs: bool = False) -> pd.DataFrame:
    """Tabulate the numbers of the event at `index`, one row per task; pairs: a metric method judges each pair alone."""
    event = trace[index].event
    match event:
        case EpisodesDrawn():
            counts = (event.support_x.shape[1], event.query_x.shape[1])
            columns = {
                name: np.full(len(event.query_y), count)
                for name, count in zip((t("support pictures"), t("query pictures")), counts, strict=True)
            }
        case TasksDrawn():
            columns = {"amplitude": event.amplitude, "phase (rad)": event.phase}
        case InnerStep():
            columns = {
                "loss before": event.losses,
                "‖gradient‖": np.linalg.norm(event.gradient, axis=1),
                "‖φ − θ‖": np.linalg.norm(event.phi - _drawn(trace).theta, axis=1),
            }
        case OuterGradient():
            mean = event.arrows.mean(0)
            lengths = np.linalg.norm(event.arrows, axis=1)
            cosine = event.arrows @ mean / np.maximum(lengths * np.linalg.norm(mean), 1e-12)
            columns = {
                "loss": event.losses,
                "length ‖arrow‖": lengths,
                "cosine to the mean arrow": cosine,
            }
        case Compared():
            best = event.answers.argmax(-1)
            columns = {
                "loss": event.losses,
                "queries right": (best == _drawn(trace).query_y).mean(-1),
            }
            # the shares of the classes sum to one whatever the pairs are: no pair need be as probable as the largest
            largest = event.attention if pairs else event.answers
            columns["highest probability of a pair" if pairs else "surest answer"] = largest.max((1, 2))
        case OuterMove():
            move = event.after - event.before
            columns = {
                "‖move of θ‖": np.array([np.linalg.norm(move)]),
                "largest in one weight": np.array([np.abs(move).max()]),
            }
        case _:
            raise TypeError(type(event).__name__)
    rows = len(next(iter(columns.values())))
    names = ["θ"] if isinstance(event, OuterMove) else [t("task {i}", i=i + 1) for i in range(rows)]
    return pd.DataFrame({"": names} | columns)


def about_numbers(traced: Traced) -> str:
    """Say what the columns of `numbers` are at an event; "" where their headings say it."""
    match traced.event:
        case InnerStep():
            return t(
                "‖ ‖ is a length: of the gradient, and of the way from θ to φ. Both have a number for each weight."
            )
        case OuterGradient():
            return t(
                "An arrow has a number for each weight of θ, too many to draw. ‖arrow‖ is its length. Its cosine to "
                "the mean of the arrows says how far it points the same way: 1 is the same direction, 0 a right angle, "
                "below 0 it points against the mean."
            )
    return ""


def _drawn(trace: Sequence[Traced]) -> TasksDrawn | EpisodesDrawn:
    first = trace[0].event
    assert isinstance(first, TasksDrawn | EpisodesDrawn)
    return first
