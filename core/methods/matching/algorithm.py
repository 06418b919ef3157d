"""Matching network: answer for a query by how much attention it pays to each support point.

Vinyals, Blundell, Lillicrap, Kavukcuoglu, Wierstra 2016, "Matching Networks for One Shot Learning",
section 2.1. Nothing is adapted to a new task: the encoder is shared by all of them, and a task is
learned by looking at its support. With `prototypes` queries attend to class means instead (Snell,
Swersky, Zemel 2017, "Prototypical Networks"). On sinusoids the answer is the attention-weighted
mean of the support's values, which is equation (1) with numbers in place of labels.
Run it:  python -m core train matching --task omniglot --seconds 60
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from core.events import Event, Snapshot
from core.events.evaluations import Evaluation, FewShotEvaluation
from core.methods.matching.config import MatchingConfig
from core.methods.matching.context import Context
from core.models.mlp import Features
from core.tasks.batch import Batch
from core.tasks.config import Episodes
from core.training import metric
from core.training.problem import cross_entropy, encoder_of, mean_squared_error

SMALL = 1e-8


def similarity(queries: Tensor, support: Tensor, distance: str) -> Tensor:
    """Return how alike embeddings [tasks, queries, f] and [tasks, support, f] are, [tasks, queries, support].

    cosine lies in [-1, 1]; dot has no bounds; euclid is minus the squared distance.
    """
    if distance == "cosine":
        queries, support = (e / e.norm(dim=-1, keepdim=True).clamp_min(SMALL) for e in (queries, support))
    products = queries @ support.mT
    if distance != "euclid":
        return products
    return 2 * products - queries.square().sum(-1)[..., None] - support.square().sum(-1)[:, None]


def attention(queries: Tensor, support: Tensor, config: MatchingConfig) -> Tensor:
    """Return the attention a(q, s) of each query to each support point, [tasks, queries, support] (section 2.1.1).

    Cosine similarities differ by two at most, so without `scale` a softmax over 20 of them cannot
    give any more than 0.28.
    """
    return (config.scale * similarity(queries, support, config.distance)).softmax(-1)


def log_probabilities(queries: Tensor, support: Tensor, way: int, config: MatchingConfig) -> Tensor:
    """Return each class's log probability [tasks, queries, way]: the log of its *summed* attention (equation 1).

    The support is laid out shot by shot, class 0 to way - 1 in each.
    """
    support = support.unflatten(1, (-1, way))  # [tasks, shots, way, f]
    support = support.mean(1) if config.prototypes else support.flatten(1, 2)
    scores = config.scale * similarity(queries, support, config.distance)
    return scores.unflatten(2, (-1, way)).logsumexp(2).log_softmax(-1)


def comparison(config: MatchingConfig) -> metric.Comparison:
    """Return the comparison that `config` describes."""
    classes = isinstance(config.task, Episodes)
    encoder = encoder_of(config.episodes) if isinstance(config.task, Episodes) else Features()
    context = Context(encoder.features, config.context)

    def in_context(support: Tensor, queries: Tensor, head: Tensor) -> tuple[Tensor, Tensor]:
        return context(head, support, queries) if config.context else (support, queries)

    def compare(support: Tensor, queries: Tensor, head: Tensor, batch: Batch) -> Tensor:
        support, queries = in_context(support, queries, head)
        if not (config.prototypes and classes):
            return attention(queries, support, config)
        shots = support.shape[1] // batch.way
        to_means = attention(queries, support.unflatten(1, (shots, -1)).mean(1), config)
        return to_means.repeat(1, 1, shots) / shots  # attention to a mean is shared alike by all of its drawings

    def answer(support: Tensor, queries: Tensor, head: Tensor, batch: Batch) -> Tensor:
        support, queries = in_context(support, queries, head)
        if not classes:
            return attention(queries, support, config) @ batch.support_y
        return log_probabilities(queries, support, batch.way, config)

    def loss(support: Tensor, queries: Tensor, head: Tensor, batch: Batch) -> Tensor:
        loss_of = cross_entropy if classes else mean_squared_error
        return loss_of(answer(support, queries, head, batch), batch.query_y)

    if not config.context:
        return metric.Comparison(encoder, 0, lambda _: torch.empty(0), compare, answer, loss)
    size = sum(rows * columns for rows, columns in context.shapes)
    return metric.Comparison(encoder, size, context.init, compare, answer, loss)


def train(config: MatchingConfig, resume: Snapshot | None = None) -> Iterator[Event]:
    """Train the encoder on tasks; yields the events of core.events. Raises DivergedError."""
    return metric.train(comparison(config), config, resume)


def evaluate(theta: Tensor, config: MatchingConfig, iteration: int = 0) -> Evaluation | FewShotEvaluation:
    """Return the score on `config.test_tasks` unseen tasks; episodes of `config.test_way` and `config.test_shots`."""
    return metric.evaluate(comparison(config), theta, config, iteration)
