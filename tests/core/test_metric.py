"""What metric methods share: gradients against autograd, embedding alone against batch statistics, runs and scores."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from core.bench import matching as bench
from core.demos.questions import AnswerCurve, AnswerEpisode, Mistakes, Table, Trace
from core.dispatch import run
from core.events import Compared, EpisodesDrawn, Mistake, OuterMove, OuterStep, Snapshot, TasksDrawn, Traced, Verified
from core.events.evaluations import FewShotEvaluation
from core.methods.matching import algorithm as matching
from core.methods.matching.config import MatchingConfig
from core.methods.siamese import algorithm as siamese
from core.methods.siamese.config import SiameseConfig
from core.models import frozen
from core.models.encoder import Encoder
from core.options import ConfigError
from core.registry import comparison_of, config_for
from core.seeding import generator
from core.storage import checkpoints
from core.tasks import episodes, families
from core.tasks.config import Episodes
from core.training import metric
from core.training.problem import accuracy
from tests.core.conftest import doubled

TASK = Episodes(data="glyphs", way=4, shots=2, queries=3, width=4)
CASES = [
    MatchingConfig(task=TASK),
    MatchingConfig(task=TASK, distance="euclid", scale=0.5),
    MatchingConfig(task=TASK, prototypes=True),
    MatchingConfig(task=TASK, distance="dot", scale=0.1),
    MatchingConfig(task=TASK, context=2),
    MatchingConfig(task=TASK.updated(downsample="pool")),
    SiameseConfig(task=TASK),
    SiameseConfig(task=TASK, negatives="all"),
]


@pytest.mark.parametrize("config", CASES)
def test_the_gradient_is_that_of_autograd_through_everything(config):
    batch = doubled(episodes.draw(config.task, 3, generator(1, "test")))
    method = comparison_of(config)
    theta = method.init(0, episodes.draw(config.task, 3, generator(1, "test"))).double()
    at = theta.clone().requires_grad_()
    weights, head, _ = method.parts(at)
    losses = []
    for i in range(3):
        one = batch.part(slice(i, i + 1))
        embedding = method.encoder(weights[None], torch.cat([one.support_x, one.query_x], 1))
        losses.append(method.loss(embedding[:, :8], embedding[:, 8:], head, one)[0])
    (expected,) = torch.autograd.grad(torch.stack(losses).mean(), at)
    learned = metric.learn(method, theta, batch)
    assert_close(learned.losses, torch.stack(losses).detach())
    assert_close(learned.gradient, expected[: method.parameters])
    assert (expected[method.parameters :] == 0).all()


@pytest.mark.parametrize("pool", [False, True])
def test_a_picture_embedded_alone_is_that_of_the_batch_when_the_statistics_are_the_batch_s(pool):
    encoder = Encoder(5, pool)
    theta = encoder.init(generator(0, "init"))
    x = torch.rand(1, 150, 28, 28, generator=generator(1, "test"))
    embedding, (statistics,) = encoder.forward(theta[None], x)
    assert len(statistics) == encoder.statistics
    assert_close(frozen.embed(encoder, theta, statistics, x), embedding, atol=1e-4, rtol=1e-4)
    assert_close(frozen.embed(encoder, theta, statistics, x[0, 7]), embedding[0, 7], atol=1e-4, rtol=1e-4)


def test_statistics_are_the_mean_and_variance_of_each_convolution():
    encoder = Encoder(3, depth=1)
    theta = encoder.init(generator(0, "init"))
    x = torch.rand(2, 6, 28, 28, generator=generator(1, "test"))
    filters = theta[:27].view(3, 3, 3).permute(2, 0, 1)[:, None]
    z = torch.nn.functional.conv2d(x.flatten(0, 1)[:, None], filters, stride=2, padding=1).unflatten(0, (2, 6))
    expected = torch.cat([z.mean((1, 3, 4)), z.var((1, 3, 4), correction=0)], 1)
    _, statistics = encoder.forward(theta.expand(2, -1), x)
    assert_close(statistics, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", ["matching", "siamese"])
def test_a_run_is_evaluated_on_another_way_and_resumes_bit_for_bit(name):
    fields = ["way=6", "width=4", "iterations=4", "report_every=2", "test_tasks=6", "anneal=true", "snapshot_every=2"]
    config = config_for(name, "glyphs", [*fields, "meta_batch=2", "distort=true", "within=0.5"])
    events = list(run(config))
    last = events[-1]
    assert isinstance(last, FewShotEvaluation) and (last.way, last.shot, last.steps) == (5, 1, [0])
    assert not last.transductive
    assert [one.iteration for one in events if isinstance(one, OuterStep)] == [0, 2, 4]
    snapshots = [one for one in events if isinstance(one, Snapshot)]
    middle = next(one for one in snapshots if one.iteration == 2)
    resumed = [one for one in run(config, middle) if isinstance(one, Snapshot)]
    assert np.array_equal(resumed[-1].theta, snapshots[-1].theta)
    assert sum(isinstance(one, Verified) for one in events) == (3 if name == "siamese" else 0)


def test_the_evaluation_by_its_table_is_that_of_every_episode_by_itself():
    config = MatchingConfig(task=TASK, test_way=3, test_shots=2, test_tasks=6)
    method = comparison_of(config)
    theta = method.init(0, episodes.draw(TASK, 2, generator(1, "test")))
    batch = families.unseen(config.tested, "evaluation", 6, 5)
    seen = method.look(theta, batch)
    expected = accuracy(torch.from_numpy(seen.answers), batch.query_y).mean().item()
    found = matching.evaluate(theta, config)
    assert found.accuracy == pytest.approx(expected, abs=1e-6)
    assert (found.way, found.shot, found.episodes) == (3, 2, 6)
    # no answer depends on the other queries
    alone = method.look(theta, replace(batch, query_x=batch.query_x[:, 4:5], query_y=batch.query_y[:, 4:5]))
    assert_close(torch.from_numpy(alone.answers[:, 0]), torch.from_numpy(seen.answers[:, 4]), atol=1e-5, rtol=1e-4)


def test_the_ties_of_a_class_add_up_to_its_answer_with_and_without_prototypes():
    batch = episodes.draw(TASK, 2, generator(3, "test"))
    for on in (False, True):
        config = MatchingConfig(task=TASK, prototypes=on)
        method = comparison_of(config)
        seen = method.look(method.init(0, batch), batch)
        assert_close(seen.attention[..., :4] + seen.attention[..., 4:], seen.answers, atol=1e-5, rtol=1e-4)
        assert seen.attention.sum(-1) == pytest.approx(1, abs=1e-5)


def test_the_plain_network_of_the_bench_has_our_gradient():
    config = MatchingConfig(task=TASK.updated(shots=1, downsample="pool"), meta_batch=2)
    method, batch = comparison_of(config), episodes.draw(config.episodes, 2, generator(0, "test"))
    theta = method.init(0, batch)
    network = bench.plain_network(config.episodes)
    bench.copy_into(method, theta, network)
    bench._plain_loss(network, batch, config).backward()
    assert_close(metric.learn(method, theta, batch).gradient, bench.gradient_of(network), rtol=1e-3, atol=1e-5)


def tiny(kind=SiameseConfig):
    config = kind(task=TASK, meta_batch=2)
    theta = comparison_of(config).init(0, episodes.draw(TASK, 2, generator(1, "test")))
    return config, theta.numpy()


def test_an_episode_by_numbers_is_answered_and_a_character_that_is_not_there_refused():
    config, theta = tiny()
    numbers = (3, 40, 7, 11)
    (seen,) = run(AnswerEpisode(config, theta, "glyphs", numbers, ((0, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11)), 1))
    assert isinstance(seen, Compared)
    assert seen.attention.shape == (1, 8, 4) and seen.answers.sum(-1) == pytest.approx(1, abs=1e-5)
    with pytest.raises(ConfigError, match="does not exist"):
        list(run(AnswerEpisode(config, theta, "glyphs", (3, 40, 7, 100_000), ((0, 1),) * 4, 1)))


def test_mistakes_are_real_and_the_largest_lead_comes_first():
    config, theta = tiny()
    found = list(run(Mistakes(config, theta, episodes=10, most=5)))
    assert len(found) == 5 and all(isinstance(one, Mistake) for one in found)
    assert [one.lead for one in found] == sorted((one.lead for one in found), reverse=True)
    first = found[0]
    (again,) = run(
        AnswerEpisode(config, theta, "glyphs", tuple(first.characters), tuple(map(tuple, first.drawings)), 1)
    )
    assert again.answers[0, first.query].argmax() == first.chosen != first.truth
    p = again.answers[0, first.query]
    assert np.log(p[first.chosen] / p[first.truth]) == pytest.approx(first.lead, abs=1e-3)


def test_the_table_holds_every_way_and_shot():
    config, theta = tiny(MatchingConfig)
    found = list(run(Table(config, theta, (2, 4), (1, 3), 4)))
    assert [(one.way, one.shot) for one in found] == [(2, 1), (2, 3), (4, 1), (4, 3)]


def test_a_curve_of_attention_is_asked_along_the_grid():
    config = MatchingConfig()
    theta = comparison_of(config).init(0, families.draw(config.task, 2, generator(1, "test"))).numpy()
    (seen,) = run(AnswerCurve(config, theta, (-2.0, 0.0, 3.0), (1.0, -1.0, 2.0)))
    expected = seen.attention[0] @ np.array([1.0, -1.0, 2.0])
    assert seen.answers[0, :, 0] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("config", [SiameseConfig(task=TASK), MatchingConfig(task=TASK), MatchingConfig()])
def test_one_iteration_is_traced_event_by_event(config):
    found = list(run(Trace(config.updated(meta_batch=2))))
    kinds = [type(one.event) for one in found]
    drawn = EpisodesDrawn if isinstance(config.task, Episodes) else TasksDrawn
    assert all(isinstance(one, Traced) for one in found) and kinds == [drawn, Compared, OuterMove]
    assert found[0].file == "core/training/metric.py"
    assert found[1].curves.shape == found[2].curves.shape and not np.allclose(found[1].curves, found[2].curves)


def test_training_from_one_alphabet_stays_in_it_and_is_turned_one_way():
    task = TASK.updated(within=1.0, way=10)
    batch = episodes.draw(task, 30, generator(0, "test"))
    data = episodes.load("glyphs")
    for characters, turns in zip(batch.characters, batch.turns, strict=True):
        assert len(set(data.alphabet[characters.numpy()])) == 1
        assert len(set(turns.tolist())) == 1
        assert len(set(characters.tolist())) == 10
    assert len({data.alphabet[one[0]] for one in batch.characters.numpy()}) > 5
    mixed = episodes.draw(task.updated(within=0.5), 100, generator(0, "test"))
    alone = sum(len(set(data.alphabet[one.numpy()])) == 1 for one in mixed.characters)
    assert 30 < alone < 70
    # no generated alphabet has twenty training characters: the largest is filled up from elsewhere
    (one,) = episodes.draw(task.updated(way=20), 1, generator(0, "test")).characters.numpy()
    assert len(set(one)) <= 20
    assert 10 < np.unique(data.alphabet[one], return_counts=True)[1].max() < 20


def test_distortion_changes_training_pictures_and_no_others():
    plain, task = (TASK.updated(distort=on) for on in (False, True))
    a, b = (episodes.draw(one, 2, generator(0, "test")) for one in (plain, task))
    assert_close(a.characters, b.characters)
    assert not torch.allclose(a.support_x, b.support_x)
    assert b.support_x.min() >= 0 and b.support_x.max() <= 1
    # a little: ink stays where it is, roughly
    together = (a.support_x * b.support_x).sum() / (a.support_x.norm() * b.support_x.norm())
    assert 0.4 < together < 0.99
    a, b = (episodes.draw(one, 2, generator(0, "test"), unseen=True) for one in (plain, task))
    assert_close(a.support_x, b.support_x)


def test_a_method_that_adapts_is_not_one_that_compares():
    with pytest.raises(ConfigError, match="adapts to a task"):
        comparison_of(config_for("maml", "glyphs"))


def test_verification_counts_pairs_as_a_naive_loop_does():
    batch = episodes.draw(TASK, 2, generator(0, "test"))
    p = torch.rand(2, 12, 8, generator=generator(1, "test"))
    found = metric.verified(0, p, batch)
    alike, different = [], []
    for t in range(2):
        for q in range(12):
            for s in range(8):
                same = batch.query_y[t, q] == batch.support_y[t, s]
                (alike if same else different).append(p[t, q, s].item())
    wins = sum((a > b) + 0.5 * (a == b) for a in alike for b in different)
    assert found.area == pytest.approx(wins / len(alike) / len(different))
    for i in (0, 40, 48, 60, 96):
        assert found.hits[i] == pytest.approx(np.mean([one >= found.thresholds[i] for one in alike]))
        assert found.false_alarms[i] == pytest.approx(np.mean([one >= found.thresholds[i] for one in different]))


def test_a_metric_run_survives_its_checkpoint(tmp_path):
    config = config_for("siamese", "glyphs", ["iterations=1", "width=4", "test_tasks=2", "way=6"])
    events = list(run(config))
    checkpoints.save(tmp_path / "one.npz", checkpoints.from_events(config, events))
    loaded = checkpoints.load(tmp_path / "one.npz")
    assert loaded.config == config
    score = siamese.evaluate(torch.from_numpy(loaded.snapshot.theta), loaded.config)
    assert score.accuracy == events[-1].accuracy
