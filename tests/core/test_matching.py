"""Matching networks: attention against a naive loop, full-context embeddings against torch's LSTM, and sinusoids."""

import math

import pytest
import torch
from torch.testing import assert_close

from core.dispatch import run
from core.events import Compared, OuterStep
from core.events.evaluations import Evaluation
from core.methods.matching import algorithm as matching
from core.methods.matching.config import MatchingConfig
from core.methods.matching.context import Context
from core.models.mlp import Features
from core.registry import config_for
from core.seeding import generator
from core.tasks.config import Episodes

TASK = Episodes(data="glyphs", way=4, shots=2, queries=3, width=4)
SWITCH = (False, True)
CONFIG = MatchingConfig(task=TASK, meta_batch=3)


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
    config = MatchingConfig(task=TASK, distance=distance, scale=3.0)
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


def cell_with(weight, bias, inputs, hidden):
    """torch's LSTM cell with our weights: its gates are ordered i, f, g, o, and it has a weight a source."""
    cell = torch.nn.LSTMCell(inputs, hidden).double()
    with torch.no_grad():
        cell.weight_ih.copy_(weight[:inputs].mT)
        cell.weight_hh.copy_(weight[inputs : inputs + hidden].mT)
        cell.bias_ih.copy_(bias[0])
        cell.bias_hh.zero_()
    return cell


def test_full_context_embeddings_are_those_of_a_step_by_step_reference(embeddings):
    queries, support = embeddings
    f, steps = 6, 3
    context = Context(f, steps)
    flat = context.init(generator(1, "test")).double()
    flat += 0.1 * torch.randn(flat.shape, generator=generator(2, "test"), dtype=torch.double)  # biases too
    g, queried = context(flat, support, queries)
    parts = [
        p.view(shape) for p, shape in zip(flat.split([a * b for a, b in context.shapes]), context.shapes, strict=True)
    ]
    there, back = cell_with(*parts[:2], f, f), cell_with(*parts[2:4], f, f)
    for t in range(3):
        forward, backward = [], []
        state = None
        for one in support[t]:
            state = there(one[None], state)
            forward.append(state[0][0])
        state = None
        for one in reversed(support[t]):
            state = back(one[None], state)
            backward.insert(0, state[0][0])
        expected = support[t] + torch.stack(forward) + torch.stack(backward)
        assert_close(g[t], expected)
        for i in range(5):
            h = c = torch.zeros(f, dtype=torch.double)
            for _ in range(steps):
                weights = torch.stack([torch.dot(h, one) for one in expected]).softmax(0)
                found = sum(w * one for w, one in zip(weights, expected, strict=True))
                gates = torch.cat([queries[t, i], h, found]) @ parts[4] + parts[5][0]
                enter, keep, new, leave = gates.split(f)
                c = torch.sigmoid(keep) * c + torch.sigmoid(enter) * torch.tanh(new)
                h = torch.sigmoid(leave) * torch.tanh(c) + queries[t, i]
            assert_close(queried[t, i], h)


def test_in_full_context_the_order_of_the_support_matters(embeddings):
    queries, support = embeddings
    context = Context(6, 2)
    flat = context.init(generator(1, "test")).double()
    turned, _ = context(flat, support.flip(1), queries)
    straight, _ = context(flat, support, queries)
    assert not torch.allclose(turned.flip(1), straight)


def test_the_encoder_of_numbers_is_the_network_without_its_last_layer_and_normalizes_nothing():
    features = Features()
    theta = features.init(generator(0, "init"))
    x = torch.randn(2, 5, 1)
    embedding, statistics = features.forward(theta.expand(2, -1), x)
    w1, b1, w2, b2 = theta.split([40, 40, 1600, 40])
    hidden = torch.relu(x * w1 + b1)
    assert_close(embedding, hidden @ w2.view(40, 40) + b2)
    assert statistics.shape == (2, 0)


def test_a_sinusoid_is_answered_by_the_weighted_mean_of_the_support():
    events = list(run(config_for("matching", "sinusoid", ["iterations=2", "report_every=1", "test_tasks=20"])))
    seen = next(one for one in events if isinstance(one, Compared))
    assert seen.attention.sum(-1) == pytest.approx(1, abs=1e-5)
    assert isinstance(events[-1], Evaluation) and events[-1].loss_by_step.shape == (1,)
    assert [one.accuracy_after for one in events if isinstance(one, OuterStep)] == [None, None, None]


@pytest.mark.slow
def test_matching_learns_sinusoids_and_generated_glyphs():
    events = list(run(config_for("matching", "sinusoid", ["iterations=1500", "report_every=500"])))
    assert events[-1].loss_by_step[-1] < 2.0  # the mean of the support alone has 4.3, no better than 0
    events = list(run(config_for("matching", "glyphs", ["iterations=100", "test_tasks=100", "anneal=true"])))
    first = next(one for one in events if isinstance(one, OuterStep))
    assert events[-1].accuracy > max(0.75, first.accuracy_after + 0.1)
