"""An outer iteration of a real run, event by event, with the line of source that made each event."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import GeneratorType

import numpy as np
import torch

from core.demos.adapt import GRID
from core.demos.questions import Trace
from core.demos.source import ROOT
from core.events import Compared, EpisodesDrawn, Event, InnerStep, OuterGradient, OuterMove, TasksDrawn, Traced
from core.registry import comparison_of
from core.registry import train as run_training
from core.tasks.batch import Batch
from core.tasks.config import Episodes
from core.training import metric
from core.training.config import MetricConfig
from core.training.problem import problem_of


def run(config: Trace) -> Iterator[Traced]:
    """Yield the detailed events of an outer iteration of `config.training`, each as a `Traced`.

    The run is the real one, resumed at `config.start` where that is given.
    """
    iterations = config.start.iteration + 1 if config.start else 1
    training = replace(config.training, trace=True, iterations=iterations, seconds=0.0, anneal=False)
    events = run_training(training, config.start)
    if isinstance(training, MetricConfig):
        yield from _compared(training, events)
        return
    problem = problem_of(training.task)
    few_shot = isinstance(training.task, Episodes)
    grid = torch.zeros(0) if few_shot else GRID
    x = grid[None, :, None]  # where the predictions are made
    for event in events:
        if isinstance(event, EpisodesDrawn):
            x = torch.from_numpy(event.query_x)
        rows: np.ndarray | None = None
        match event:
            case TasksDrawn(theta=theta) | EpisodesDrawn(theta=theta) | OuterMove(after=theta):
                rows = theta[None]
            case InnerStep():
                rows = event.phi
            case OuterGradient():
                pass
            case _:
                continue  # reports and scores belong to the learning curve, not to the stepper
        curves = None
        if rows is not None:
            phi = torch.from_numpy(rows)
            if few_shot:
                curves = problem.predict(phi.expand(len(x), -1), x).softmax(-1).numpy()
            else:
                curves = problem.model(phi, x.expand(len(phi), -1, -1))[..., 0].numpy()
        yield Traced(event, grid.numpy(), curves, *_line_of(events))
        if isinstance(event, OuterMove):
            return


def _compared(training: MetricConfig, events: Iterator[Event]) -> Iterator[Traced]:
    """Do the same for a metric method: its curves are the attention, [tasks, queries, support]."""
    method, batch = comparison_of(training), None
    for event in events:
        if isinstance(event, TasksDrawn | EpisodesDrawn):
            batch = _batch_of(event)
        elif batch is None or not isinstance(event, Compared | OuterMove):
            continue  # reports come first
        curves = event.attention if isinstance(event, Compared) else None
        if isinstance(event, OuterMove):
            theta = torch.from_numpy(event.after)
            embedding = metric.learn(method, theta, batch).embedding
            curves = metric.compared(method, theta, embedding, batch).attention
        yield Traced(event, GRID.numpy() if isinstance(event, TasksDrawn) else np.zeros(0), curves, *_line_of(events))
        if isinstance(event, OuterMove):
            return


def _batch_of(event: TasksDrawn | EpisodesDrawn) -> Batch:
    """Return the meta-batch that an event shows."""
    points = map(torch.from_numpy, (event.support_x, event.support_y, event.query_x, event.query_y))
    return Batch(*(values[..., None] if isinstance(event, TasksDrawn) else values for values in points))


def _line_of(events: Iterator[Event]) -> tuple[str, int]:
    """Return the path from the project's root and the line of the `yield` at which a generator waits."""
    assert isinstance(events, GeneratorType)
    while isinstance(events.gi_yieldfrom, GeneratorType):
        events = events.gi_yieldfrom
    frame = events.gi_frame
    assert frame
    return Path(frame.f_code.co_filename).relative_to(ROOT).as_posix(), frame.f_lineno
