"""Prototypical network: a class is the mean of its embeddings, and a query belongs to the nearest mean.

Snell, Swersky, Zemel 2017, "Prototypical Networks for Few-shot Learning", section 2.3. Nothing is adapted to a new
task: the encoder is shared by all of them. With one drawing of each class a mean is that drawing, and this is a
Matching network with squared Euclidean distance.
Run it:  python -m core train prototypes --task omniglot --seconds 60
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from core.events import Event, Snapshot
from core.events.evaluations import FewShotEvaluation
from core.methods.prototypes.config import PrototypesConfig
from core.tasks.batch import Batch
from core.training import metric
from core.training.problem import cross_entropy, encoder_of


def prototypes(support: Tensor, way: int) -> Tensor:
    """Return the mean embedding c_k of each class (equation 1), [tasks, way, f].

    support [tasks, shots * way, f] is laid out shot by shot, class 0 to way - 1 in each.
    """
    return support.unflatten(1, (-1, way)).mean(1)


def log_probabilities(queries: Tensor, support: Tensor, way: int) -> Tensor:
    """Return log softmax(-d(f(x), c_k)) over the classes (equation 2), [tasks, queries, way]; d: squared distance."""
    means = prototypes(support, way)
    # |q - c|^2 = |q|^2 - 2 q c + |c|^2, of which |q|^2 is the same for every class
    return (2 * queries @ means.mT - means.square().sum(-1)[:, None]).log_softmax(-1)


def comparison(config: PrototypesConfig) -> metric.Comparison:
    """Return the comparison of queries with class means."""

    def compare(support: Tensor, queries: Tensor, head: Tensor, batch: Batch) -> Tensor:
        """Return each class's probability, shared alike by its drawings, [tasks, queries, support]."""
        shots = support.shape[1] // batch.way
        return log_probabilities(queries, support, batch.way).exp().repeat(1, 1, shots) / shots

    def answer(support: Tensor, queries: Tensor, head: Tensor, batch: Batch) -> Tensor:
        return log_probabilities(queries, support, batch.way)

    def loss(support: Tensor, queries: Tensor, head: Tensor, batch: Batch) -> Tensor:
        return cross_entropy(answer(support, queries, head, batch), batch.query_y)

    return metric.Comparison(encoder_of(config.episodes), 0, lambda _: torch.empty(0), compare, answer, loss)


def train(config: PrototypesConfig, resume: Snapshot | None = None) -> Iterator[Event]:
    """Train the encoder on episodes; yields the events of core.events. Raises DivergedError."""
    return metric.train(comparison(config), config, resume)


def evaluate(theta: Tensor, config: PrototypesConfig, iteration: int = 0) -> FewShotEvaluation:
    """Return the score on `config.test_tasks` unseen episodes of `config.test_way` and `config.test_shots`."""
    score = metric.evaluate(comparison(config), theta, config, iteration)
    assert isinstance(score, FewShotEvaluation)
    return score
