"""Matching network: classify a query by how much attention it pays to each support picture.

Vinyals, Blundell, Lillicrap, Kavukcuoglu, Wierstra 2016, "Matching Networks for One Shot Learning",
section 2.1. Nothing is adapted to a new task: the encoder is shared by all of them, and a task is
learned by looking at its support. With `prototypes` queries attend to class means instead (Snell,
Swersky, Zemel 2017, "Prototypical Networks").
Run it:  python -m core train matching --task omniglot --seconds 60
"""

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from core.algorithms import metric
from core.algorithms.outer import Budget, restore, snapshot
from core.configs import Matching
from core.events import Event, FewShotEvaluation, Snapshot
from core.models.encoder import Encoder
from core.models.shards import in_shards, shards
from core.problems import cross_entropy, encoder_of
from core.seeding import generator
from core.tasks.episodes import EpisodeBatch

SMALL = 1e-8


def similarity(queries: Tensor, support: Tensor, distance: str) -> Tensor:
    """How alike embeddings are, [tasks, queries, support], of [tasks, queries, f] and [tasks, support, f].

    cosine lies in [-1, 1]; dot has no bounds; euclid is minus the squared distance.
    """
    if distance == "cosine":
        queries, support = (one / one.norm(dim=-1, keepdim=True).clamp_min(SMALL) for one in (queries, support))
    products = queries @ support.mT
    if distance != "euclid":
        return products
    return 2 * products - queries.square().sum(-1)[..., None] - support.square().sum(-1)[:, None]


def attention(queries: Tensor, support: Tensor, config: Matching) -> Tensor:
    """The attention a(q, s) of each query to each support picture, [tasks, queries, support] (section 2.1.1).

    Cosine similarities differ by two at most, so without `scale` a softmax over 20 of them cannot
    give any more than 0.28.
    """
    return (config.scale * similarity(queries, support, config.distance)).softmax(-1)


def log_probabilities(queries: Tensor, support: Tensor, way: int, config: Matching) -> Tensor:
    """Log of each class's probability [tasks, queries, way]: the log of its *summed* attention (equation 1).

    The support is laid out shot by shot, class 0 to way - 1 in each.
    """
    support = support.unflatten(1, (-1, way))  # [tasks, shots, way, f]
    support = support.mean(1) if config.prototypes else support.flatten(1, 2)
    scores = config.scale * similarity(queries, support, config.distance)
    return scores.unflatten(2, (-1, way)).logsumexp(2).log_softmax(-1)


def losses_and_gradient(
    encoder: Encoder, theta: Tensor, batch: EpisodeBatch, config: Matching
) -> tuple[Tensor, Tensor]:
    """Mean of -log p(class of the query) in each episode, [tasks], and its gradient in theta, [parameters].

    All pictures of an episode are normalized together.
    """
    x = torch.cat([batch.support_x, batch.query_x], 1)
    supports = batch.support_x.shape[1]

    def of_shard(part: slice) -> tuple[Tensor, Tensor]:
        embedding, tapes = encoder.forward(theta.expand(len(x[part]), -1), x[part])
        embedding.requires_grad_()
        support, queries = embedding[:, :supports], embedding[:, supports:]
        log_p = log_probabilities(queries, support, config.episodes.way, config)
        loss = cross_entropy(log_p, batch.query_y[part])
        (through,) = torch.autograd.grad(loss.sum(), embedding)
        return loss.detach(), encoder.backward(tapes, through).sum(0)

    found = in_shards(of_shard, shards(*x.shape[:2]))
    return torch.cat([one[0] for one in found]), torch.stack([one[1] for one in found]).sum(0) / batch.tasks


def answers(encoder: Encoder, theta: Tensor, config: Matching, batch: EpisodeBatch) -> Tensor:
    """Log probabilities [tasks, queries, way] of a batch of episodes of any way and shot.

    Batch normalization sees all pictures of an episode together if `transductive`, else each query
    with the support alone.
    """
    way, tasks = batch.characters.shape[1], batch.tasks
    support, queries = batch.support_x, batch.query_x
    together = config.episodes.transductive

    def of_shard(part: slice) -> Tensor:
        s, q = support[part], queries[part]
        if not together:
            s = s.repeat_interleave(q.shape[1], 0)
            q = q.flatten(0, 1)[:, None]
        embedding = encoder(theta.expand(len(s), -1), torch.cat([s, q], 1))
        log_p = log_probabilities(embedding[:, s.shape[1] :], embedding[:, : s.shape[1]], way, config)
        return log_p if together else log_p.view(-1, queries.shape[1], way)

    points = support.shape[1] + queries.shape[1] if together else (support.shape[1] + 1) * queries.shape[1]
    with torch.no_grad():
        return torch.cat(in_shards(of_shard, shards(tasks, points)))


def evaluate(theta: Tensor, config: Matching, iteration: int = 0) -> FewShotEvaluation:
    """Accuracy on `config.test_tasks` unseen episodes of `config.test_way` and `config.test_shots`."""
    encoder = encoder_of(config.episodes)
    return metric.evaluate(partial(answers, encoder, theta, config), config.tested, config.test_tasks, iteration)


def train(config: Matching, resume: Snapshot | None = None) -> Iterator[Event]:
    """Train the encoder on episodes; yields the events of core.events. Raises DivergedError."""
    encoder, run = encoder_of(config.episodes), Budget(config, resume)
    theta = torch.from_numpy(resume.theta.copy()) if resume else encoder.init(generator(config.seed, "init"))
    look, unseen = partial(answers, encoder, theta, config), metric.watched(config.tested)
    adam = torch.optim.Adam([theta], lr=config.outer_rate, fused=True)
    restore(adam, theta, resume)
    yield snapshot(run.iteration, theta)
    yield metric.report(look, unseen, run.iteration)

    for batch, share in run.meta_batches():
        assert isinstance(batch, EpisodeBatch)
        losses, theta.grad = losses_and_gradient(encoder, theta, batch, config)
        adam.param_groups[0]["lr"] = config.outer_rate * share
        adam.step()
        if run.updated(losses):
            yield metric.report(look, unseen, run.iteration)
        if run.snapshot_due:
            yield snapshot(run.iteration, theta, adam)

    yield snapshot(run.iteration, theta, adam)
    yield evaluate(theta, config, run.iteration)
