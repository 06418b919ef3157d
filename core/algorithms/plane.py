"""MAML, first-order MAML and Reptile on a model of two parameters, where the loss can be drawn.

The model is f(x) = a sin(x - b), so theta = (a, b) and each task are points of one plane. Support
and query are the same dense grid of x: the loss is exact, and all that can differ between MAML
and first-order MAML is the Hessian term.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from core.algorithms import maml, reptile
from core.configs import Maml, Reptile
from core.events import Arrows, Event, InnerStep, OuterGradient, Surface
from core.problems import plane_problem
from core.requests import Plane
from core.tasks.sinusoid import SinusoidBatch

X = torch.linspace(-5, 5, 101)
A_AXIS, B_AXIS = torch.linspace(0, 5, 41), torch.linspace(0, torch.pi, 41)


def batch_of(config: Plane) -> SinusoidBatch:
    """The tasks of `config` with the dense grid as support and as query."""
    amplitude = torch.tensor(config.amplitudes)[:, None, None]
    phase = torch.tensor(config.phases)[:, None, None]
    x = X[None, :, None].expand(len(config.phases), -1, -1)
    y = amplitude * torch.sin(x - phase)
    return SinusoidBatch(x, y, x, y, amplitude, phase)


def run(config: Plane) -> Iterator[Event]:
    """Yields the loss surfaces, then one `Arrows` for each of MAML, first-order MAML and Reptile."""
    problem, batch = plane_problem(), batch_of(config)
    yield _surface(batch)
    theta = torch.tensor([config.amplitude, config.phase])
    inner = replace(Maml(), inner_rate=config.inner_rate, inner_steps=config.inner_steps, trace=True)
    yield _arrows("maml", theta, maml.meta_gradient(problem, theta, batch, inner))
    yield _arrows("fomaml", theta, maml.meta_gradient(problem, theta, batch, replace(inner, order=1)))
    if config.inner_steps:
        own = Reptile(inner_rate=config.inner_rate, inner_steps=config.inner_steps, trace=True)
        yield _arrows("reptile", theta, reptile.direction(problem, theta, batch, own))


def _arrows(name: str, theta: Tensor, events: Iterator[Event]) -> Arrows:
    told = list(events)
    contributions = next(event.arrows for event in told if isinstance(event, OuterGradient))
    start = theta.expand(len(contributions), -1).numpy()
    path = [start, *(event.phi for event in told if isinstance(event, InnerStep))]
    return Arrows(name, np.stack(path), contributions)


def _surface(batch: SinusoidBatch) -> Surface:
    a, b = torch.meshgrid(A_AXIS, B_AXIS, indexing="ij")
    phi = torch.stack([a.flatten(), b.flatten()], 1)
    problem = plane_problem()
    x = X[None, :, None].expand(len(phi), -1, -1)
    losses = [problem.loss(phi, x, y.expand(len(phi), -1, -1)) for y in batch.query_y]
    return Surface(A_AXIS.numpy(), B_AXIS.numpy(), torch.stack(losses).unflatten(1, a.shape).numpy())
