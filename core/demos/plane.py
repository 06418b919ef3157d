"""MAML, first-order MAML and Reptile on a model of two parameters, where the loss can be drawn.

The model is f(x) = a sin(x - b), so theta = (a, b) and each task are points of the same plane. Support
and query are the same dense grid of x: the loss is exact, and MAML and first-order MAML differ only by
the Hessian term.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from core.demos.questions import Plane
from core.events import Arrows, Event, InnerStep, OuterGradient, PlaneAnswer, Surface, Walk
from core.methods.maml import algorithm as maml
from core.methods.maml.config import MamlConfig
from core.methods.reptile import algorithm as reptile
from core.methods.reptile.config import ReptileConfig
from core.tasks.sinusoid import SinusoidBatch
from core.training.adaptation import adapt
from core.training.config import Descent
from core.training.problem import plane_problem

Result = TypeVar("Result")

X = torch.linspace(-5, 5, 101)
# the difference of two waves is u sin x - v cos x, and its mean square over the grid is that at two points alone: those
# where the mean of sin² is the grid's (of sin x cos x it is 0 at both, as they lie opposite). So two points will do
PAIR = torch.tensor([-1.0, 1.0]) * X.double().sin().square().mean().sqrt().asin().float()
A_AXIS, B_AXIS = torch.linspace(0, 5, 41), torch.linspace(0, torch.pi, 41)


def batch_of(config: Plane) -> SinusoidBatch:
    """Return the tasks of `config`, each with the points that stand for the dense grid as support and query."""
    amplitude = torch.tensor(config.amplitudes)[:, None, None]
    phase = torch.tensor(config.phases)[:, None, None]
    x = PAIR[None, :, None].expand(len(config.phases), -1, -1)
    y = amplitude * torch.sin(x - phase)
    return SinusoidBatch(x, y, x, y, amplitude, phase)


def run(question: Plane) -> Iterator[PlaneAnswer]:
    """Yield a `PlaneAnswer`: the loss at each place and after the inner steps from there, and the arrows and walks of
    MAML, first-order MAML and Reptile, and the walk of joint training.

    Without inner steps Reptile has no arrows and no walk.
    """
    with torch.inference_mode():  # nothing here is differentiated by autograd
        walks = tuple(_walks(question))
    surfaces = _surfaces(question.amplitudes, question.phases, question.inner_rate, question.inner_steps)
    yield PlaneAnswer(*surfaces, tuple(_all_arrows(question)), walks)


def _settings(config: Plane, trace: bool) -> tuple[MamlConfig, ReptileConfig]:
    """Return the settings of MAML and of Reptile that take the inner steps of `config`."""
    steps, inner = config.inner_steps, dict[str, Any]({"inner_rate": config.inner_rate, "trace": trace})
    copies = replace(ReptileConfig(), inner_steps=max(steps, 1), **inner)  # Reptile without steps is asked nothing
    return replace(MamlConfig(), inner_steps=steps, **inner), copies


def _all_arrows(config: Plane) -> Iterator[Arrows]:
    problem, batch = plane_problem(), batch_of(config)
    theta = torch.tensor([config.amplitude, config.phase])
    inner, copies = _settings(config, trace=True)
    yield _arrows("maml", theta, maml.meta_gradient(problem, theta, batch, inner))
    yield _arrows("fomaml", theta, maml.meta_gradient(problem, theta, batch, replace(inner, order=1)))
    if config.inner_steps:
        yield _arrows("reptile", theta, reptile.outer_direction(problem, theta, batch, copies))


def _arrows(name: str, theta: Tensor, events: Iterator[Event]) -> Arrows:
    trace = list(events)
    contributions = next(event.arrows for event in trace if isinstance(event, OuterGradient))
    start = theta.expand(len(contributions), -1).numpy()
    path = [start, *(event.phi for event in trace if isinstance(event, InnerStep))]
    return Arrows(name, np.stack(path), contributions)


def _walks(config: Plane) -> Iterator[Walk]:
    problem, batch = plane_problem(), batch_of(config)
    inner, copies = _settings(config, trace=False)

    def descend(settings: MamlConfig) -> Callable[[Tensor], Tensor]:
        return lambda theta: -config.outer_rate * _returned(maml.meta_gradient(problem, theta, batch, settings))[1]

    yield _walk(config, "maml", descend(inner))
    yield _walk(config, "fomaml", descend(replace(inner, order=1)))
    if config.inner_steps:
        directions = partial(reptile.outer_direction, problem, batch=batch, config=copies)
        yield _walk(config, "reptile", lambda theta: config.epsilon * _returned(directions(theta))[1])
    yield _walk(config, "joint", descend(replace(inner, inner_steps=0)))  # it goes down the mean loss at theta


def _walk(config: Plane, name: str, outer_step: Callable[[Tensor], Tensor]) -> Walk:
    """Take the outer steps one after the other; end before one that leads to no finite place or loss."""
    places = [torch.tensor([config.amplitude, config.phase])]
    for _ in range(config.outer_steps):
        place = places[-1] + outer_step(places[-1])
        if not place.isfinite().all():
            break
        places.append(place)
    way, batch = torch.stack(places), batch_of(config)
    before, after = (losses.mean(0) for losses in _losses(batch, way, config.inner_rate, config.inner_steps))
    finite = int((before + after).isfinite().int().cumprod(0).sum())
    return Walk(name, *(values[: max(finite, 1)].numpy() for values in (way, before, after)))


def _returned(events: Generator[Event, None, Result]) -> Result:
    """Run an algorithm to its end and return its result."""
    try:
        while True:
            next(events)
    except StopIteration as end:
        result: Result = end.value
        return result


@lru_cache(maxsize=32)  # theta is dragged over one and the same surface
def _surfaces(
    amplitudes: tuple[float, ...], phases: tuple[float, ...], inner_rate: float, inner_steps: int
) -> tuple[Surface, Surface]:
    """Return the tasks' losses at each place of the plane, and after the inner steps from there."""
    a, b = torch.meshgrid(A_AXIS, B_AXIS, indexing="ij")
    batch = batch_of(Plane(amplitudes, phases))
    surfaces = _losses(batch, torch.stack([a.flatten(), b.flatten()], 1), inner_rate, inner_steps)
    first, last = (Surface(A_AXIS.numpy(), B_AXIS.numpy(), s.unflatten(1, a.shape).numpy()) for s in surfaces)
    return first, last


def _losses(batch: SinusoidBatch, places: Tensor, inner_rate: float, inner_steps: int) -> tuple[Tensor, Tensor]:
    """Return each task's query loss at `places` [n, 2], and after its inner steps from there: both [tasks, n]."""
    problem, (tasks, places_each) = plane_problem(), (batch.tasks, len(places))
    start = places.repeat(tasks, 1)  # a row for each task and place

    def for_each_place(values: Tensor) -> Tensor:
        return values[:, None].expand(-1, places_each, -1, -1).flatten(0, 1)

    x, y = for_each_place(batch.support_x), for_each_place(batch.support_y)
    *_, end = adapt(problem, start, x, y, Descent(inner_rate), inner_steps)
    queries = for_each_place(batch.query_x), for_each_place(batch.query_y)
    before, after = (problem.derivatives(phi, *queries)[0].unflatten(0, (tasks, -1)) for phi in (start, end))
    return before, after
