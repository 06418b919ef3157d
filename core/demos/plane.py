"""MAML, first-order MAML and Reptile on a model of two parameters, where the loss can be drawn.

The model is f(x) = a sin(x - b), so theta = (a, b) and each task are points of the same plane. Support
and query are the same dense grid of x: the loss is exact, and MAML and first-order MAML differ only by
the Hessian term.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from core.demos.questions import Plane
from core.events import Arrows, Event, InnerStep, OuterGradient, PlaneAnswer, Surface
from core.methods.maml import algorithm as maml
from core.methods.maml.config import MamlConfig
from core.methods.reptile import algorithm as reptile
from core.methods.reptile.config import ReptileConfig
from core.tasks.sinusoid import SinusoidBatch
from core.training.problem import plane_problem

X = torch.linspace(-5, 5, 101)
A_AXIS, B_AXIS = torch.linspace(0, 5, 41), torch.linspace(0, torch.pi, 41)


def batch_of(config: Plane) -> SinusoidBatch:
    """Return the tasks of `config` with the dense grid as support and as query."""
    amplitude = torch.tensor(config.amplitudes)[:, None, None]
    phase = torch.tensor(config.phases)[:, None, None]
    x = X[None, :, None].expand(len(config.phases), -1, -1)
    y = amplitude * torch.sin(x - phase)
    return SinusoidBatch(x, y, x, y, amplitude, phase)


def run(question: Plane) -> Iterator[PlaneAnswer]:
    """Yield a `PlaneAnswer`: the loss surfaces, and the arrows of MAML, first-order MAML and Reptile.

    Without inner steps Reptile has no arrows.
    """
    yield PlaneAnswer(_surface(batch_of(question)), tuple(_all_arrows(question)))


def _all_arrows(config: Plane) -> Iterator[Arrows]:
    problem, batch = plane_problem(), batch_of(config)
    theta = torch.tensor([config.amplitude, config.phase])
    inner = replace(MamlConfig(), inner_rate=config.inner_rate, inner_steps=config.inner_steps, trace=True)
    yield _arrows("maml", theta, maml.meta_gradient(problem, theta, batch, inner))
    yield _arrows("fomaml", theta, maml.meta_gradient(problem, theta, batch, replace(inner, order=1)))
    if config.inner_steps:
        copies = ReptileConfig(inner_rate=config.inner_rate, inner_steps=config.inner_steps, trace=True)
        yield _arrows("reptile", theta, reptile.outer_direction(problem, theta, batch, copies))


def _arrows(name: str, theta: Tensor, events: Iterator[Event]) -> Arrows:
    trace = list(events)
    contributions = next(event.arrows for event in trace if isinstance(event, OuterGradient))
    start = theta.expand(len(contributions), -1).numpy()
    path = [start, *(event.phi for event in trace if isinstance(event, InnerStep))]
    return Arrows(name, np.stack(path), contributions)


def _surface(batch: SinusoidBatch) -> Surface:
    a, b = torch.meshgrid(A_AXIS, B_AXIS, indexing="ij")
    phi = torch.stack([a.flatten(), b.flatten()], 1)
    problem = plane_problem()
    x = X[None, :, None].expand(len(phi), -1, -1)
    losses = [problem.loss(phi, x, y.expand(len(phi), -1, -1)) for y in batch.query_y]
    return Surface(A_AXIS.numpy(), B_AXIS.numpy(), torch.stack(losses).unflatten(1, a.shape).numpy())
