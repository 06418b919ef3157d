"""Matching networks: attention against a naive loop, gradients against autograd, and what prototypes change."""

import math

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from core.algorithms import matching
from core.configs import Episodes, Matching
from core.events import FewShotEvaluation, OuterStep, Snapshot
from core.models.encoder import Encoder
from core.runs import config_for, run
from core.seeding import generator
from core.tasks import episodes
from tests.core.conftest import doubled

TASK = Episodes(data="glyphs", way=4, shots=2, queries=3, width=4)
SWITCH = (False, True)
CONFIG = Matching(task=TASK, meta_batch=3)


@pytest.fixture
def embeddings():
    source = generator(0, "test")
    return [torch.randn(3, n, 6, generator=source, dtype=torch.double) for n in (5, 8)]  # queries, support


def naive_similarity(q, s, distance):
    if distance == "dot":
        return sum(a * b for a, b in zip(q, s, strict=True))
    if distance == "euclid":
        return -sum((a - b) ** 2 for a, b in zip(q, s, strict=True))
    lengths = math.sqrt(sum(a * a for a in q)) * math.sqrt(sum(b * b for b in s))
    return sum(a * b for a, b in zip(q, s, strict=True)) / lengths


@pytest.mark.parametrize("distance", ["cosine", "dot", "euclid"])
def test_attention_is_that_of_a_naive_loop_and_its_rows_sum_to_one(embeddings, distance):
    queries, support = embeddings
    config = Matching(task=TASK, distance=distance, scale=3.0)
    found = matching.attention(queries, support, config)
    assert_close(found.sum(-1), torch.ones(3, 5, dtype=torch.double))
    for t in range(3):
        for i in range(5):
            scores = [
                math.exp(3 * naive_similarity(queries[t, i].tolist(), one.tolist(), distance)) for one in support[t]
            ]
            for j, score in enumerate(scores):
                assert found[t, i, j].item() == pytest.approx(score / sum(scores), rel=1e-9)


def test_permuting_the_support_permutes_the_attention(embeddings):
    queries, support = embeddings
    order = torch.tensor([3, 0, 7, 1, 6, 2, 5, 4])
    before = matching.attention(queries, support, CONFIG)
    assert_close(matching.attention(queries, support[:, order], CONFIG), before[..., order])


def test_a_class_is_as_likely_as_its_attention_summed(embeddings):
    queries, support = embeddings
    attention = matching.attention(queries, support, CONFIG)
    summed = attention[..., :4] + attention[..., 4:]  # shot by shot: class 0..3, and 0..3 again
    assert_close(matching.log_probabilities(queries, support, 4, CONFIG).exp(), summed)


def test_prototypes_attend_to_class_means_and_are_the_same_with_one_shot(embeddings):
    queries, support = embeddings
    config = CONFIG.updated(prototypes=True, distance="euclid")
    means = (support[:, :4] + support[:, 4:]) / 2
    expected = matching.attention(queries, means, config)
    assert_close(matching.log_probabilities(queries, support, 4, config).exp(), expected)
    one_shot = [matching.log_probabilities(queries, support[:, :4], 4, CONFIG.updated(prototypes=p)) for p in SWITCH]
    assert_close(*one_shot)


def test_unscaled_cosines_cannot_be_sure_of_one_in_twenty():
    identical = torch.eye(20, dtype=torch.double)[None]
    opposite = matching.attention(identical, identical, CONFIG.updated(scale=1.0))
    assert opposite.max() < 0.28
    assert matching.attention(identical, identical, CONFIG.updated(scale=10.0)).max() > 0.99


def test_a_zero_embedding_does_not_make_a_nan(embeddings):
    queries, support = embeddings
    assert matching.attention(torch.zeros_like(queries), support, CONFIG).isfinite().all()


@pytest.mark.parametrize(
    "fields", [{}, {"distance": "euclid", "scale": 0.5}, {"prototypes": True}, {"distance": "dot", "scale": 0.1}]
)
def test_the_gradient_is_that_of_autograd_through_everything(fields):
    config = CONFIG.updated(**fields)
    batch = doubled(episodes.draw(TASK, 3, generator(1, "test")))
    encoder = Encoder(4)
    theta = encoder.init(generator(2, "init")).double()
    at = theta.clone().requires_grad_()
    losses = []
    for i in range(3):
        x = torch.cat([batch.support_x[i], batch.query_x[i]])[None]
        embedding = encoder(at[None], x)
        log_p = matching.log_probabilities(embedding[:, 8:], embedding[:, :8], 4, config)[0]
        losses.append(-log_p[torch.arange(12), batch.query_y[i]].mean())
    (expected,) = torch.autograd.grad(torch.stack(losses).mean(), at)
    mine, gradient = matching.losses_and_gradient(encoder, theta, batch, config)
    assert_close(mine, torch.stack(losses).detach())
    assert_close(gradient, expected)


def test_answers_alone_do_not_depend_on_other_queries():
    batch = episodes.draw(TASK, 2, generator(1, "test"))
    encoder = Encoder(4)
    theta = encoder.init(generator(2, "init"))
    config = CONFIG.updated(transductive=False)
    alone = matching.answers(encoder, theta, config, batch)
    assert alone.shape == (2, 12, 4)
    x = torch.cat([batch.support_x[:1], batch.query_x[:1, 5:6]], 1)
    embedding = encoder(theta[None], x)
    assert_close(alone[0, 5], matching.log_probabilities(embedding[:, 8:], embedding[:, :8], 4, config)[0, 0])
    together = matching.answers(encoder, theta, CONFIG, batch)
    assert not torch.allclose(alone, together)
    assert_close(together.exp().sum(-1), torch.ones(2, 12))


def test_a_run_is_evaluated_on_another_way_and_resumes_bit_for_bit():
    fields = ["way=6", "width=4", "iterations=4", "report_every=2", "test_tasks=6", "anneal=true", "snapshot_every=2"]
    config = config_for("matching", "glyphs", fields)
    events = list(run(config))
    last = events[-1]
    assert isinstance(last, FewShotEvaluation) and (last.way, last.shot, last.steps) == (5, 1, [0])
    assert [one.iteration for one in events if isinstance(one, OuterStep)] == [0, 2, 4]
    snapshots = [one for one in events if isinstance(one, Snapshot)]
    middle = next(one for one in snapshots if one.iteration == 2)
    resumed = [one for one in run(config, middle) if isinstance(one, Snapshot)]
    assert np.array_equal(resumed[-1].theta, snapshots[-1].theta)


@pytest.mark.slow
def test_matching_learns_generated_glyphs():
    config = config_for("matching", "glyphs", ["iterations=100", "test_tasks=100", "anneal=true"])
    events = list(run(config))
    first = next(one for one in events if isinstance(one, OuterStep))
    assert events[-1].accuracy > max(0.75, first.accuracy_after + 0.1)
