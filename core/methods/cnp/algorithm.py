"""Train a conditional neural process: from a few points of a function to a distribution of its value elsewhere.

Garnelo et al. 2018, "Conditional Neural Processes", equation 4: the negative log probability of the values.
Run it:  python -m core train cnp --task sinusoid --seconds 60
"""

import math
from collections.abc import Iterator

from torch import Tensor

from core.events import Event, Snapshot
from core.events.evaluations import LossByPoints
from core.methods.cnp.config import CnpConfig
from core.methods.cnp.model import Cnp
from core.training import context
from core.training.solver import Solver


def network(config: CnpConfig) -> Cnp:
    """Return the network that `config` describes."""
    return Cnp(config.width)


def train(config: CnpConfig, resume: Snapshot | None = None) -> Iterator[Event]:
    """Train on random functions; yields the events of core.events. Raises DivergedError."""
    return context.train(config, resume, network(config), surprise)


def surprise(answers: Tensor, y: Tensor) -> Tensor:
    """Return -log N(y; mean, std) of each query, [b, q]. answers [b, q, 2]: mean and std; y [b, q, 1]."""
    mean, std = answers.unbind(-1)
    return ((y[..., 0] - mean) / std).square() / 2 + std.log() + math.log(2 * math.pi) / 2


def evaluate(theta: Tensor, config: CnpConfig, iteration: int = 0) -> LossByPoints:
    """Return the query MSE after 0, 1, ... points of unseen functions, and how often the band holds the true value."""
    return context.evaluate(theta, config, network(config), iteration)


def solver(config: CnpConfig, theta: Tensor) -> Solver:
    """Return how functions are continued. Of all points together the network keeps their mean vector and number."""
    return context.solver(network(config), theta, lambda shots: config.width + 1)
