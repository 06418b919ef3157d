"""Networks that read points, a layer of linear attention and prototypes, against closed forms and naive versions."""

import json
import math

import numpy as np
import pytest
import torch
from torch import nn

from core.commands.main import main
from core.demos.questions import ReadPoints
from core.dispatch import answer
from core.events import Snapshot
from core.events.evaluations import BesideOneStep, LossByPoints
from core.methods.cnp import algorithm as cnp
from core.methods.cnp.config import CnpConfig
from core.methods.cnp.model import LEAST_STD, Cnp
from core.methods.in_context.config import InContextConfig
from core.methods.in_context.model import Transformer
from core.methods.linear_attention import model as layer
from core.methods.linear_attention.config import LinearAttentionConfig
from core.methods.prototypes import algorithm as prototypes
from core.models.lstm import views_of
from core.options import ConfigError
from core.registry import config_for, train
from core.seeding import generator
from core.tasks import linear, sinusoid
from core.tasks.config import Linear, Sinusoid
from core.training.context import answers_by_points, seen_in_turn

QUICK = ["iterations=4", "meta_batch=3", "test_tasks=4", "report_every=2", "snapshot_every=2"]
METHODS = [("in-context", "sinusoid"), ("cnp", "sinusoid"), ("linear-attention", "linear")]


@pytest.fixture
def batch():
    drawn = sinusoid.draw(Sinusoid(shots=5, queries=3), 2, generator(1, "test"))
    return type(drawn)(*(value.double() for value in vars(drawn).values()))


def normal(x, gain):
    return nn.functional.layer_norm(x, (8,), gain[0])


def look(query, keys, block, head):
    """Return the shares of one head of two, and what it reads, each of four numbers."""
    gain, mix = block[:2]
    asked, key, value = (slice(8 * part + 4 * head, 8 * part + 4 * head + 4) for part in range(3))
    mixed = normal(keys, gain) @ mix
    shares = torch.softmax((normal(query, gain) @ mix)[asked] @ mixed[:, key].T / math.sqrt(4), 0)
    return shares, shares @ mixed[:, value]


def through(token, keys, block):
    """Return a token after a block in which it looks at `keys`, and its shares, one row a head."""
    _, _, join, gain, up, up_bias, down, down_bias = block
    shares, reads = zip(*(look(token, keys, block, head) for head in range(2)), strict=True)
    token = token + torch.cat(reads) @ join
    token = token + nn.functional.gelu(normal(token, gain) @ up + up_bias[0]) @ down + down_bias[0]
    return token, torch.stack(shares)


def test_the_transformer_is_that_of_a_token_at_a_time(batch):
    model = Transformer(8, 2, 2)
    theta = model.init(generator(0, "init")).double()
    into, first, *blocks, gain, out, bias = views_of(theta, model.shapes)
    seen = torch.tensor([0, 3, 5])
    answers, looks = model.answer(theta, batch.support_x, batch.support_y, batch.query_x, seen)
    for b in range(2):
        pairs = zip(batch.support_x[b, :, 0], batch.support_y[b, :, 0], strict=True)
        points = [first[0], *(torch.stack([x, y, torch.ones_like(x)]) @ into for x, y in pairs)]
        for q, count in enumerate(seen.tolist()):
            tokens, asked = points, batch.query_x[b, q, 0] * into[0]
            for number in range(2):
                block = blocks[8 * number : 8 * number + 8]
                asked, shares = through(asked, torch.stack(tokens[: 1 + count]), block)
                assert torch.allclose(looks[number][b, :, q, : 1 + count], shares, atol=1e-10)
                assert not looks[number][b, :, q, 1 + count :].any()
                tokens = [through(tokens[i], torch.stack(tokens[: i + 1]), block)[0] for i in range(len(tokens))]
            assert torch.allclose(answers[b, q], normal(asked, gain) @ out + bias[0], atol=1e-10)


@pytest.mark.parametrize("model", [Transformer(8, 2, 2), Cnp(8)])
def test_a_query_sees_the_points_it_may_and_no_other_query(model, batch):
    theta = model.init(generator(0, "init")).double()
    x, y, q = batch.support_x, batch.support_y, batch.query_x
    seen = torch.tensor([2, 2, 5])
    answers = model(theta, x, y, q, seen)
    changed = y.clone()
    changed[:, 3] += 1
    after = model(theta, x, changed, q, seen)
    assert torch.equal(answers[:, :2], after[:, :2]) and not torch.allclose(answers[:, 2], after[:, 2])
    assert torch.allclose(model(theta, x[:, :2], y[:, :2], q[:, :1], seen[:1]), answers[:, :1], atol=1e-12)


def test_a_neural_process_takes_its_points_in_any_order(batch):
    model, order = Cnp(8), torch.tensor([4, 0, 3, 1, 2])
    theta, seen = model.init(generator(0, "init")).double(), torch.full((3,), 5)
    x, y = batch.support_x, batch.support_y
    one, other = model(theta, x, y, batch.query_x, seen), model(theta, x[:, order], y[:, order], batch.query_x, seen)
    assert torch.allclose(one, other, atol=1e-12) and (one[..., 1] > LEAST_STD).all()
    expected = -torch.distributions.Normal(one[..., 0], one[..., 1]).log_prob(batch.query_y[..., 0])
    assert torch.allclose(cnp.surprise(one, batch.query_y), expected)


def test_queries_see_none_one_and_all_points_in_turn():
    assert seen_in_turn(7, 2).tolist() == [0, 1, 2, 0, 1, 2, 0]


def test_answers_by_points_are_those_of_so_many_points(batch):
    model = Cnp(8)
    theta = model.init(generator(0, "init")).double()
    by_points = answers_by_points(model, theta, batch)
    assert by_points.shape == (2, 6, 3, 2)
    alone = model(theta, batch.support_x[:, :4], batch.support_y[:, :4], batch.query_x, torch.full((3,), 4))
    assert torch.allclose(by_points[:, 4], alone)


def test_few_functions_come_again_and_new_points_with_them():
    stream = sinusoid.stream_of_few(Sinusoid(), 3, 50, 0)
    first, second = next(stream), next(stream)
    kinds = {
        (float(a), float(p)) for batch in (first, second) for a, p in zip(batch.amplitude, batch.phase, strict=True)
    }
    assert len(kinds) == 3 and not torch.equal(first.support_x, second.support_x)
    later = next(sinusoid.stream_of_few(Sinusoid(), 3, 50, 0, start=1))
    assert torch.equal(later.support_x, second.support_x)


def test_the_construction_is_one_gradient_step():
    batch, rate = linear.draw(Linear(inputs=4, shots=6), 5, generator(0, "test"), 7), 0.7
    w = torch.zeros(5, 4, 1, requires_grad=True)
    loss = ((batch.support_x @ w - batch.support_y).square().mean((1, 2)) / 2).sum()
    (gradient,) = torch.autograd.grad(loss, w)
    expected = batch.query_x @ (-rate * gradient)
    points = batch.support_x, batch.support_y, batch.query_x
    assert torch.allclose(layer.gradient_step(*points, rate), expected, atol=1e-6)
    theta = layer.construction(4, rate)
    assert torch.allclose(layer.LinearAttention(4)(theta, *points), expected, atol=1e-5)
    assert torch.allclose(layer.effect(theta, 4), rate * torch.eye(4))


def test_the_best_rate_is_the_best_of_many():
    batch = linear.draw(Linear(), 20_000, generator(0, "rates"), 10)
    points, best = (batch.support_x, batch.support_y, batch.query_x), layer.best_rate(10, 10)
    losses = [
        (layer.gradient_step(*points, rate) - batch.query_y).square().mean() for rate in (0.9 * best, best, 1.1 * best)
    ]
    assert losses[1] < min(losses[0], losses[2])
    assert best == pytest.approx(1.51515, abs=1e-5)


def test_linear_functions_are_what_they_say():
    batch = linear.draw(Linear(inputs=3, shots=4), 2000, generator(0, "test"), 50)
    w = torch.linalg.lstsq(batch.query_x[:, :10], batch.query_y[:, :10]).solution
    assert torch.allclose(batch.support_x @ w, batch.support_y, atol=1e-3)
    assert abs(w.var().item() - 1) < 0.05 and batch.query_x.abs().max() <= 1


def test_prototypes_are_class_means_and_the_nearest_wins():
    support = torch.tensor([[[0.0, 0], [10, 0], [2, 0], [10, 2]]])  # shot by shot: classes 0 and 1
    assert prototypes.prototypes(support, 2).tolist() == [[[1, 0], [10, 1]]]
    queries = torch.tensor([[[3.0, 1.0]]])
    distances = torch.tensor([4.0 + 1, 49.0])
    expected = torch.log_softmax(-distances, 0)
    assert torch.allclose(prototypes.log_probabilities(queries, support, 2)[0, 0], expected, atol=1e-5)


@pytest.mark.parametrize(("method", "task"), METHODS)
def test_a_run_can_be_resumed_and_is_the_same_for_the_same_seed(method, task):
    config = config_for(method, task, QUICK)
    whole, again = list(train(config)), list(train(config))
    snapshots = [event for event in whole if isinstance(event, Snapshot)]
    assert np.array_equal(snapshots[-1].theta, [e for e in again if isinstance(e, Snapshot)][-1].theta)
    middle = next(one for one in snapshots if one.iteration == 2)
    rest = [event for event in train(config, middle) if isinstance(event, Snapshot)]
    assert np.array_equal(rest[-1].theta, snapshots[-1].theta)
    assert len(snapshots[-1].theta) == config.parameters
    assert isinstance(whole[-1], BesideOneStep if task == "linear" else LossByPoints)


@pytest.mark.parametrize(("method", "task"), METHODS)
def test_train_and_evaluate_say_the_same_score(method, task, tmp_path, capsys):
    file = str(tmp_path / "run.npz")
    settings = [f"--set={one}" for one in QUICK]
    assert main(["train", method, "--task", task, *settings, "--json", "--save", file]) == 0
    trained = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert main(["evaluate", method, "--task", task, "--checkpoint", file, "--episodes", "4", "--json"]) == 0
    scored = json.loads(capsys.readouterr().out)
    assert scored.items() >= trained.items()
    if task == "sinusoid":
        assert len(trained["loss_by_points"]) == len(trained["ci95"]) == 21
    assert main(["evaluate", method, "--task", task, "--checkpoint", file]) == 0


def test_settings_that_do_not_fit_are_refused():
    with pytest.raises(ConfigError, match="cannot be shared"):
        InContextConfig(width=10, heads=4)
    with pytest.raises(ConfigError, match="linear functions"):
        _ = LinearAttentionConfig(task=Sinusoid()).parameters
    theta = np.zeros(CnpConfig().parameters, dtype=np.float32)
    with pytest.raises(ConfigError, match="each with an x and a y"):
        ReadPoints(CnpConfig(), theta, (1.0,), ())
    with pytest.raises(ConfigError, match="do not fit"):
        ReadPoints(CnpConfig(), theta[1:])


def test_reading_no_point_answers_too():
    theta = Transformer().init(generator(0, "init")).numpy()
    (read,) = answer(ReadPoints(InContextConfig(), theta))
    assert read.curves.shape == (1, 121) and read.attention.shape == (1, 2, 4, 1) and (read.attention == 1).all()
