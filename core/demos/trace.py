"""One outer iteration of a real run, event by event, with the line of source that made each event."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import GeneratorType

import numpy as np
import torch

from core.demos.adapt import GRID
from core.demos.questions import Trace
from core.events import Compared, EpisodesDrawn, Event, InnerStep, OuterMove, TasksDrawn, Traced
from core.registry import comparison_of
from core.registry import train as run_training
from core.tasks.batch import Batch
from core.tasks.config import Episodes
from core.training import metric
from core.training.config import MetricConfig
from core.training.problem import problem_of


def run(config: Trace) -> Iterator[Traced]:
    """Yield the detailed events of one outer iteration of `config.training`, each as a `Traced`.

    The run is the real one, resumed at `config.start` where that is given.
    """
    at = config.start.iteration if config.start else 0
    training = replace(config.training, trace=True, iterations=at + 1, seconds=0.0, anneal=False)
    events = run_training(training, config.start)
    if isinstance(training, MetricConfig):
        yield from _compared(training, events)
        return
    problem = problem_of(training.task)
    few_shot = isinstance(training.task, Episodes)
    grid = torch.zeros(0) if few_shot else GRID
    asked = grid[None, :, None]  # where the parameters are asked for predictions
    for event in events:
        if isinstance(event, TasksDrawn | EpisodesDrawn):
            rows = event.theta[None]
        elif isinstance(event, InnerStep):
            rows = event.phi
        elif isinstance(event, OuterMove):
            rows = event.after[None]
        else:
            rows = None
        if rows is None and type(event).__name__ != "OuterGradient":
            continue  # reports and scores belong to the learning curve, not to the stepper
        if isinstance(event, EpisodesDrawn):
            asked = torch.from_numpy(event.query_x)
        curves = None
        if rows is not None:
            phi = torch.from_numpy(rows)
            if few_shot:
                curves = problem.predict(phi.expand(len(asked), -1), asked).softmax(-1).numpy()
            else:
                curves = problem.model(phi, asked.expand(len(phi), -1, -1))[..., 0].numpy()
        yield Traced(event, grid.numpy(), curves, *_line_of(events))
        if isinstance(event, OuterMove):
            return


def _compared(training: MetricConfig, events: Iterator[Event]) -> Iterator[Traced]:
    """As `run` for a metric method: its curves are how queries are tied to the support, [tasks, queries, support]."""
    method, batch = comparison_of(training), None
    for event in events:
        if isinstance(event, TasksDrawn | EpisodesDrawn):
            batch = _batch_of(event)
        elif batch is None or not isinstance(event, Compared | OuterMove):
            continue  # reports come before
        curves = event.attention if isinstance(event, Compared) else None
        if isinstance(event, OuterMove):
            theta = torch.from_numpy(event.after)
            embedding = metric.learn(method, theta, batch).embedding
            curves = metric.compared(method, theta, embedding, batch).attention
        yield Traced(event, GRID.numpy() if isinstance(event, TasksDrawn) else np.zeros(0), curves, *_line_of(events))
        if isinstance(event, OuterMove):
            return


def _batch_of(event: TasksDrawn | EpisodesDrawn) -> Batch:
    """The meta-batch that an event shows."""
    points = [torch.from_numpy(one) for one in (event.support_x, event.support_y, event.query_x, event.query_y)]
    return Batch(*(one[..., None] if isinstance(event, TasksDrawn) else one for one in points))


def _line_of(events: Iterator[Event]) -> tuple[str, int]:
    """Path from the project's root and line of the `yield` at which a generator waits."""
    assert isinstance(events, GeneratorType)
    while isinstance(events.gi_yieldfrom, GeneratorType):
        events = events.gi_yieldfrom
    frame = events.gi_frame
    assert frame
    root = Path(__file__).parents[2]
    return Path(frame.f_code.co_filename).relative_to(root).as_posix(), frame.f_lineno
