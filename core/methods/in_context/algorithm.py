"""Learn to learn in context: a transformer is trained on functions, and answers new ones from their points.

Garg, Tsipras, Liang, Valiant 2022, "What Can Transformers Learn In-Context? A Case Study of Simple Function Classes".
There is no inner loop: what is learned of a new function is in the activations, and gone with them.
Run it:  python -m core train in-context --task sinusoid --seconds 60
"""

from collections.abc import Iterator

from torch import Tensor

from core.events import Event, Snapshot
from core.events.evaluations import LossByPoints
from core.methods.in_context.config import InContextConfig
from core.methods.in_context.model import Transformer
from core.training import context
from core.training.solver import Solver


def network(config: InContextConfig) -> Transformer:
    """Return the network that `config` describes."""
    return Transformer(config.width, config.layers, config.heads)


def train(config: InContextConfig, resume: Snapshot | None = None) -> Iterator[Event]:
    """Train on random functions; yields the events of core.events. Raises DivergedError."""
    return context.train(config, resume, network(config), squared_error)


def squared_error(answers: Tensor, y: Tensor) -> Tensor:
    """Return (f(x) - y)^2 of each query, [b, q]. answers, y [b, q, 1]."""
    return (answers - y).square()[..., 0]


def evaluate(theta: Tensor, config: InContextConfig, iteration: int = 0) -> LossByPoints:
    """Return the query MSE after 0, 1, ... points of unseen functions."""
    return context.evaluate(theta, config, network(config), iteration)


def solver(config: InContextConfig, theta: Tensor) -> Solver:
    """Return how functions are continued. Of a point the network keeps a key and a value in each block."""
    return context.solver(network(config), theta, lambda shots: 2 * config.width * config.layers * shots)
