"""Neural Turing Machines: every addressing equation by hand and against numpy, gradients, batches, tasks, runs."""

import json
import math
import weakref

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from core.commands.main import main
from core.dispatch import run
from core.events import OuterStep, Snapshot
from core.events.evaluations import BitErrors
from core.methods.ntm import algorithm as ntm
from core.methods.ntm.config import NtmConfig
from core.methods.ntm.model import Ntm
from core.models import addressing
from core.options import ConfigError
from core.registry import config_for
from core.seeding import generator
from core.storage import checkpoints
from core.tasks import sequences
from core.tasks.config import Sequences

SMALL = Ntm(3, 2, rows=5, width=4, hidden=6)
TINY = ["hidden=6", "rows=5", "columns=4", "bits=2", "longest=3", "iterations=4", "report_every=2", "test_lengths=2,5"]


def tensor(*values):
    return torch.tensor(values, dtype=torch.double)


# each stage by hand


def test_content_is_the_softmax_of_strength_times_cosine():
    memory = tensor([1, 0], [0, 2], [-3, 0])
    (found,) = addressing.content(memory, tensor([2, 0]), tensor([1.5]))
    e = [math.exp(1.5), 1.0, math.exp(-1.5)]
    assert_close(found, tensor(*(one / sum(e) for one in e)))


def test_the_gate_mixes_content_with_where_the_head_was():
    found, before = tensor(1, 0, 0), tensor(0, 0.5, 0.5)
    assert_close(addressing.interpolate(found, before, tensor(0.25)), tensor(0.25, 0.375, 0.375))
    assert_close(addressing.interpolate(found, before, tensor(1.0)), found)
    assert_close(addressing.interpolate(found, before, tensor(0.0)), before)


def test_shifting_wraps_around():
    last = tensor(0, 0, 0, 1)
    assert_close(addressing.shift(last, tensor(0, 0, 1)), tensor(1, 0, 0, 0))
    assert_close(addressing.shift(tensor(1, 0, 0, 0), tensor(1, 0, 0)), last)
    assert_close(addressing.shift(tensor(0, 1, 0, 0), tensor(0.2, 0.5, 0.3)), tensor(0.2, 0.5, 0.3, 0))


def test_sharpening_at_one_changes_nothing_and_above_it_undoes_a_blur():
    blurred = tensor(0.1, 0.8, 0.1)
    assert_close(addressing.sharpen(blurred, tensor(1.0)), blurred, atol=1e-7, rtol=1e-6)
    assert_close(addressing.sharpen(blurred, tensor(2.0)), tensor(0.01, 0.64, 0.01) / 0.66, atol=1e-6, rtol=1e-5)


def test_erase_and_add_by_hand():
    memory, weighting = tensor([1, 2], [3, 4]), tensor([0.5, 0])
    found = addressing.write(memory, weighting, tensor([1, 0]), tensor([4, 6]))
    assert_close(found, tensor([0.5 + 2, 2 + 3], [3, 4]))
    assert_close(addressing.read(found, tensor(0.5, 0.5)), tensor(2.75, 4.5))


@pytest.mark.parametrize("writers", [1, 2, 3])
def test_all_writers_erase_and_then_all_add_in_any_order(writers):
    source = generator(writers, "test")
    draw = lambda *shape: torch.rand(*shape, generator=source, dtype=torch.double)  # noqa: E731
    memory, w, erase, add = draw(2, 5, 4), draw(2, writers, 5), draw(2, writers, 4), draw(2, writers, 4) - 0.5
    found = addressing.write(memory, w, erase, add)
    for b in range(2):  # number by number, from section 3.2
        for row in range(5):
            for column in range(4):
                kept = memory[b, row, column] * math.prod(
                    1 - w[b, i, row] * erase[b, i, column] for i in range(writers)
                )
                added = sum(w[b, i, row] * add[b, i, column] for i in range(writers))
                assert_close(found[b, row, column], kept + added)
    turned = torch.arange(writers).flip(0)
    assert_close(addressing.write(memory, w[:, turned], erase[:, turned], add[:, turned]), found)


def test_one_writer_writes_as_before_bit_for_bit():
    source = generator(0, "test")
    memory, w, erase, add = (torch.rand(3, *shape, generator=source) for shape in ((5, 4), (1, 5), (1, 4), (1, 4)))
    by_equations = memory * (1 - w[:, 0, :, None] * erase) + w[:, 0, :, None] * add
    assert torch.equal(addressing.write(memory, w, erase, add), by_equations)


@pytest.mark.parametrize("gamma", [1.0, 20.0, 1e3, 1e6])
def test_a_flat_weighting_is_sharpened_to_numbers_with_a_finite_gradient(gamma):
    flat = torch.full((2, 1024), 1 / 1024)
    flat[1, 7] += 1e-4
    flat.requires_grad_()
    power = torch.full((2, 1), gamma, requires_grad=True)
    sharp = addressing.sharpen(flat, power)
    assert_close(sharp.sum(-1), torch.ones(2))
    assert_close(sharp[0], torch.full((1024,), 1 / 1024))
    assert sharp[1].argmax() == 7
    gradients = torch.autograd.grad(sharp.square().sum(), [flat, power])
    assert all(gradient.isfinite().all() for gradient in gradients)


def test_an_evaluation_and_a_report_hold_a_few_memories_and_not_one_a_step(monkeypatch):
    held, most, write = [], [], addressing.write

    def watched(*parts):
        memory = write(*parts)
        held.append(weakref.ref(memory))
        most.append(sum(one() is not None for one in held))
        return memory

    monkeypatch.setattr(addressing, "write", watched)
    config = config_for("ntm", "copy", [*TINY, "test_lengths=30"])
    model = ntm.machine(config)
    theta = model.init(generator(0, "init"))
    ntm.evaluate(theta, config)
    ntm.report(model, theta, sequences.draw(config.sequences, 3, generator(0, "test"), 30), 0)
    assert len(most) == 2 * 61 and max(most) <= 2


def test_scores_are_those_of_the_whole_unrolled_machine():
    theta = SMALL.init(generator(0, "init"))
    x = torch.rand(2, 7, 3, generator=generator(1, "test"))
    logits, states = SMALL.unroll(theta, x)
    with torch.no_grad():
        assert torch.equal(SMALL(theta, x), logits) and len(states) == 8


def test_nothing_becomes_nan_at_zero():
    zero = torch.zeros(2, 3, requires_grad=True)
    (found,) = addressing.content(zero, torch.zeros(1, 3), torch.tensor([[5.0]]))
    sharp = addressing.sharpen(torch.tensor([1.0, 0.0]) * found, torch.tensor([30.0]))
    (gradient,) = torch.autograd.grad(sharp[0], zero)
    assert sharp.isfinite().all() and gradient.isfinite().all()


# the whole machine against numpy, written from the paper for one sequence


def numpy_run(model, theta, x):
    parts = [p.numpy() for p in model.views(theta)]
    weight, bias, to_heads, head_bias, to_writes, write_bias, to_output, output_bias = parts
    memory, n = np.full((model.rows, model.width), 1e-6), model.width
    w = np.zeros((model.heads, model.rows))
    w[:, 0] = 1
    reads, h, c = np.zeros(n), np.zeros(model.hidden), np.zeros(model.hidden)
    logistic = lambda v: 1 / (1 + np.exp(-v))  # noqa: E731
    softmax = lambda v: np.exp(v - v.max()) / np.exp(v - v.max()).sum()  # noqa: E731
    outputs = []
    for one in x:
        i, f, g, o = np.split(np.concatenate([one, reads, h]) @ weight + bias[0], 4)
        c = logistic(f) * c + logistic(i) * np.tanh(g)
        h = logistic(o) * np.tanh(c)
        raw = (h @ to_heads + head_bias[0]).reshape(model.heads, -1)
        for k in range(model.heads):
            key, strength, gate = np.tanh(raw[k, :n]), np.log1p(np.exp(raw[k, n])), logistic(raw[k, n + 1])
            shift, gamma = softmax(raw[k, n + 2 : n + 5]), 1 + np.log1p(np.exp(raw[k, n + 5]))
            cosine = [row @ key / (np.linalg.norm(row) * np.linalg.norm(key) + 1e-8) for row in memory]
            gated = gate * softmax(strength * np.array(cosine)) + (1 - gate) * w[k]
            moved = [
                sum(shift[s + 1] * gated[(j - s) % model.rows] for s in (-1, 0, 1)) for j in range(model.rows)
            ]  # equation 8
            w[k] = (np.array(moved) + 1e-8) ** gamma / ((np.array(moved) + 1e-8) ** gamma).sum()
        erase, add = np.split(h @ to_writes + write_bias[0], 2)
        memory = memory * (1 - np.outer(w[1], logistic(erase))) + np.outer(w[1], add)
        reads = w[0] @ memory
        outputs.append(np.concatenate([h, reads]) @ to_output + output_bias[0])
    return np.array(outputs)


def test_a_machine_is_that_of_numpy_step_by_step():
    theta = 2 * SMALL.init(generator(0, "init")).double()
    x = torch.rand(2, 7, 3, generator=generator(1, "test"), dtype=torch.double)
    found = SMALL(theta, x)
    for i in range(2):
        assert_close(found[i], torch.from_numpy(numpy_run(SMALL, theta, x[i].numpy())))


@pytest.mark.parametrize(
    "model", [SMALL, Ntm(3, 2, 5, 4, 6, readers=2, writers=2), Ntm(3, 2, 5, 4, 6, recurrent=False)]
)
def test_gradients_are_those_of_finite_differences(model):
    theta = model.init(generator(0, "init")).double().requires_grad_()
    x = torch.rand(1, 4, 3, generator=generator(1, "test"), dtype=torch.double)
    assert torch.autograd.gradcheck(lambda at: model(at, x).square().mean(), theta, fast_mode=True)


def test_a_batch_is_as_many_single_runs():
    model = Ntm(3, 2, 6, 4, 5, readers=2, writers=2)
    theta = model.init(generator(0, "init"))
    x = torch.rand(4, 5, 3, generator=generator(1, "test"))
    assert_close(model(theta, x), torch.cat([model(theta, one[None]) for one in x]))


def test_stages_are_kept_and_a_stage_can_be_taken_away():
    theta = SMALL.init(generator(0, "init"))
    x = torch.rand(2, 3, 3, generator=generator(1, "test"))
    looked = Ntm(3, 2, 5, 4, 6, stages=[])
    assert_close(looked(theta, x), SMALL(theta, x))
    assert looked.stages is not None and len(looked.stages) == 3
    for stages in looked.stages:
        assert_close(stages.shifted.sum(-1), torch.ones(2, 2))
    still = Ntm(3, 2, 5, 4, 6, content=False, shifts=False, stages=[])
    still(theta, x)
    assert still.stages is not None
    # without content and shifts a head cannot leave the row it starts at
    assert_close(still.stages[-1].shifted[..., 0], torch.ones(2, 2), atol=1e-5, rtol=0)


# tasks


def test_copy_is_told_after_the_delimiter_and_in_silence():
    batch = sequences.draw(Sequences(bits=3), 2, generator(0, "test"), 4)
    assert batch.x.shape == (2, 9, 4) and batch.answer_mask.tolist() == [[False] * 5 + [True] * 4] * 2
    assert_close(batch.y[:, 5:], batch.x[:, :4, :3])
    assert batch.x[:, 4, 3].tolist() == [1, 1] and batch.x[:, 5:].abs().sum() == 0


def test_repeat_copy_tells_as_often_as_asked_and_ends():
    batch = sequences.draw(Sequences(kind="repeat", bits=3, repeats=4), 20, generator(3, "test"), 2)
    asked = (batch.x[:, 3, 4] * sequences.REPEATS_STD + sequences.REPEATS_MEAN).round().int().tolist()
    assert set(asked) == {1, 2, 3, 4}  # each sequence has its own number
    assert batch.x.shape[1] == 4 + 2 * max(asked) + 1
    for repeats, x, y, mask in zip(asked, batch.x, batch.y, batch.answer_mask, strict=True):
        end = 4 + 2 * repeats
        assert mask.nonzero()[:, 0].tolist() == list(range(4, end + 1))
        assert_close(y[4:end, :3], x[1:3, :3].repeat(repeats, 1))
        assert y[:, 3].nonzero().tolist() == [[end]] and y[end + 1 :].abs().sum() == 0 and y[end, :3].sum() == 0


def test_a_number_of_repeats_can_be_asked_of_all():
    batch = sequences.draw(Sequences(kind="repeat", bits=3), 5, generator(0, "test"), 4, repeats=3)
    assert batch.answer_mask.sum(1).tolist() == [13] * 5


def test_what_follows_the_end_of_an_answer_is_not_judged():
    batch = sequences.draw(Sequences(kind="repeat", bits=3), 30, generator(0, "test"), 4)
    logits = 20 * batch.y - 10
    assert ntm.wrong_bits(logits, batch).sum() == 0 and ntm.answer_loss(logits, batch).max() < 1e-3
    spoilt = torch.where(batch.answer_mask[..., None], logits, torch.full((), 10.0))
    assert ntm.wrong_bits(spoilt, batch).sum() == 0
    alone = torch.stack([
        torch.nn.functional.binary_cross_entropy_with_logits(one[mask], y[mask])
        for one, y, mask in zip(logits / 10, batch.y, batch.answer_mask, strict=True)
    ])  # fmt: skip
    assert_close(ntm.answer_loss(logits / 10, batch), alone)


def test_recall_asks_for_the_item_that_followed():
    batch = sequences.draw(Sequences(kind="recall", bits=6, shortest=2), 8, generator(0, "test"), 4)
    assert batch.x.shape == (8, 4 * 4 + 8, 8) and batch.answer_mask.sum(1).tolist() == [3] * 8
    for x, y in zip(batch.x, batch.y, strict=True):
        items = [x[4 * i + 1 : 4 * i + 4, :6] for i in range(4)]
        asked = x[17:20, :6]
        (at,) = [i for i in range(3) if torch.equal(items[i], asked)]
        assert torch.equal(y[-3:], items[at + 1])
    with pytest.raises(ConfigError, match="at least 2"):
        sequences.draw(Sequences(kind="recall"), 1, generator(0, "test"), 1)


def test_lengths_are_within_the_task_and_the_stream_is_the_same_for_the_same_seed():
    task = Sequences(shortest=2, longest=5)
    first = [next(s) for s in [sequences.stream(task, 2, 0)] for _ in range(30)]
    assert {(one.x.shape[1] - 1) // 2 for one in first} == {2, 3, 4, 5}
    later = sequences.stream(task, 2, 0, 7)
    assert_close(next(later).x, first[7].x)


# runs


@pytest.mark.parametrize("task", ["copy", "repeat-copy", "recall"])
def test_a_run_reports_is_judged_and_resumes_bit_for_bit(task):
    fields = [*TINY, "snapshot_every=2", *(["shortest=2"] if task == "recall" else [])]
    config = config_for("ntm", task, fields)
    events = list(run(config))
    assert isinstance(events[-1], BitErrors) and events[-1].lengths == [2, 5]
    kept = checkpoints.from_bytes(checkpoints.to_bytes(checkpoints.from_events(config, events)), "one")
    assert kept.evaluation is not None and kept.evaluation.to_json() == events[-1].to_json()
    assert [one.iteration for one in events if isinstance(one, OuterStep)] == [0, 2, 4]
    snapshots = [one for one in events if isinstance(one, Snapshot)]
    resumed = [one for one in run(config, snapshots[1]) if isinstance(one, Snapshot)]
    assert np.array_equal(resumed[-1].theta, snapshots[-1].theta)


def test_evaluate_gives_wrong_bits_by_length(tmp_path, capsys):
    config = config_for("ntm", "copy", TINY)
    path = tmp_path / "one.npz"
    checkpoints.save(path, checkpoints.from_events(config, run(config)))
    assert main(["evaluate", "ntm", "--task", "copy", "--lengths", "1,4", "--checkpoint", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["lengths"] == [1, 4] and len(told["bit_errors_per_sequence"]) == len(told["ci95"]) == 2
    assert main(["evaluate", "ntm", "--task", "recall", "--checkpoint", str(path)]) == 2
    assert "was trained on copy" in capsys.readouterr().err
    for lengths in ("0", "a", "", "5,1001"):
        assert main(["evaluate", "ntm", "--task", "copy", "--lengths", lengths, "--checkpoint", str(path)]) == 2
        assert "expected numbers" in capsys.readouterr().err


def test_repeat_copy_is_judged_by_repeats_too():
    config = config_for("ntm", "repeat-copy", [*TINY, "repeats=3"])
    score = ntm.evaluate(ntm.machine(config).init(generator(0, "init")), config)
    assert score.by_repeats is not None and score.ci95 is not None and score.sequences == 300
    assert score.by_repeats.shape == (2, 3) and (np.diff(score.by_repeats, axis=1) > 0).all()  # it guesses
    assert np.allclose(score.by_repeats.mean(1), score.bit_errors_per_sequence)
    assert (score.ci95 > 0).all()
    copy = config_for("ntm", "copy", TINY)
    assert ntm.evaluate(ntm.machine(copy).init(generator(0, "init")), copy).by_repeats is None


def test_a_random_machine_guesses_half_of_the_bits():
    config = config_for("ntm", "copy", ["test_lengths=10"])
    found = ntm.evaluate(ntm.machine(config).init(generator(0, "init")), config)
    assert 30 < found.bit_errors_per_sequence[0] < 50  # of 80


@pytest.mark.slow
def test_a_machine_learns_to_copy_short_sequences():
    fields = ["longest=3", "bits=3", "rows=16", "columns=8", "hidden=32", "outer_rate=0.005", "report_every=250"]
    events = list(run(config_for("ntm", "copy", [*fields, "iterations=1500", "test_lengths=3"])))
    first = next(one for one in events if isinstance(one, OuterStep))
    assert events[-1].bit_errors_per_sequence[0] < 1.0 < 9 * (1 - first.accuracy_after)


@pytest.mark.slow
def test_a_feed_forward_controller_under_stress_stays_finite():
    # Adam moves theta by at most the rate in a step: this goes as far as 20,000 steps at 0.05. With a strength of
    # exp() in place of softplus() the loss is lost within 35 steps, whether or not the gradient is clipped
    config = NtmConfig(
        task=Sequences(longest=2, bits=3), controller="feedforward", rows=4, columns=3, hidden=8, outer_rate=0.5,
        meta_batch=2, iterations=2000, report_every=100, test_lengths="2",
    )  # fmt: skip
    events = list(run(config))  # raises DivergedError at the first loss that is not finite
    assert all(np.isfinite(one.theta).all() for one in events if isinstance(one, Snapshot))
