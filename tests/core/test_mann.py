"""Memory-augmented networks: the order of operations by hand, sequences, gradients, batches, runs."""

import json

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from core.commands.main import main
from core.dispatch import run
from core.events import OuterStep, Snapshot
from core.events.evaluations import ByInstance
from core.methods.mann import algorithm as mann
from core.methods.mann import model
from core.methods.mann.config import MannConfig
from core.methods.mann.model import Mann
from core.models.fast import mann as fast
from core.registry import config_for, stored_config
from core.seeding import generator
from core.storage import checkpoints
from core.tasks import episodes
from core.tasks.config import Episodes
from core.tasks.labelled_sequences import drawn

TASK = Episodes(data="glyphs", way=3)
CONFIG = MannConfig(
    task=TASK, instances=4, side=14, rows=12, columns=5, value_columns=2, hidden=8, heads=2, meta_batch=2
)
FIELDS = [
    "way=3",
    "instances=4",
    "side=14",
    "rows=12",
    "columns=5",
    "value_columns=2",
    "hidden=8",
    "heads=2",
    "meta_batch=2",
]


def test_each_head_has_a_least_used_row_of_its_own():
    usage = torch.tensor([[0.9, 0.1, 0.5, 0.0]])
    assert_close(model.least_used(usage, 2), torch.tensor([[[0.0, 0, 0, 1], [0, 1, 0, 0]]]))


def test_the_order_of_operations_by_a_sequence_made_by_hand():
    # one head, three rows of two numbers; row 1 was read last, row 2 is least used
    memory = torch.tensor([[[1.0, 0], [0, 1], [5, 5]]])
    reading, usage = torch.tensor([[[0.0, 1, 0]]]), torch.tensor([[1.0, 2, 0.5]])
    key, gate = torch.tensor([[[2.0, 4]]]), torch.tensor([[[0.25]]])
    least = model.least_used(usage, 1)
    assert least.tolist() == [[[0, 0, 1]]]  # by the usage before this step
    writing = model.write_weighting(reading, least, gate)
    assert_close(writing, torch.tensor([[[0, 0.25, 0.75]]]))
    memory = model.written(memory, writing, least, key)
    # row 2 is emptied before it is written to; row 1 keeps what it has
    assert_close(memory, torch.tensor([[[1, 0], [0.5, 2], [1.5, 3]]]))
    reading = model.read_weighting(memory, key)  # of the memory as it is after the write
    cosine = [2 / 20**0.5, 9 / (20 * 4.25) ** 0.5, 1.0]
    assert_close(reading[0, 0], torch.tensor(cosine).softmax(0), atol=1e-5, rtol=1e-5)
    found = model.used(usage, reading, writing, 0.5)
    assert_close(found, 0.5 * usage + reading[:, 0] + writing[:, 0])


def test_a_step_does_all_of_it_in_that_order():
    network = Mann(4, 3, rows=6, width=5, hidden=7, heads=2, decay=0.9)
    theta = network.init(generator(0, "init"))
    x = torch.rand(2, 3, 4, generator=generator(0, "test"))
    _, states, accesses = network.unroll(theta, x)
    state = network.start(2, theta)
    for after, access in zip(states, accesses, strict=True):
        assert access is not None
        assert_close(access.least_used, model.least_used(state.usage, 2))
        assert_close(access.writing, model.write_weighting(state.reading, access.least_used, access.gate))
        assert_close(access.reading, model.read_weighting(after.memory, access.keys))
        assert_close(after.memory, model.written(state.memory, access.writing, access.least_used, access.added))
        assert_close(after.usage, model.used(state.usage, access.reading, access.writing, 0.9))
        assert_close(after.reads, access.reading @ after.memory)
        assert_close(access.reading.sum(-1), torch.ones(2, 2))
        state = after


@pytest.mark.parametrize("memory", [True, False])
def test_gradients_are_those_of_finite_differences_and_a_batch_is_as_many_single_runs(memory):
    network = Mann(4, 3, rows=6, width=5, hidden=7, heads=2, memory=memory)
    theta = network.init(generator(0, "init")).double()
    x = torch.rand(3, 4, 4, generator=generator(1, "test"), dtype=torch.double)
    assert_close(network(theta, x), torch.cat([network(theta, one[None]) for one in x]))
    at = theta.requires_grad_()
    assert torch.autograd.gradcheck(lambda one: network(one, x).square().mean(), at, fast_mode=True)


@pytest.mark.parametrize(
    "network",
    [
        Mann(4, 3, rows=9, width=5, hidden=7, heads=1, strength=3.0),
        Mann(4, 3, rows=9, width=5, hidden=7, heads=3),
        Mann(4, 3, rows=9, width=5, hidden=7, heads=2, separate_write_vector=False),
        Mann(4, 3, rows=9, width=5, hidden=7, heads=2, values=2, strength=3.0),
        Mann(4, 3, rows=9, width=5, hidden=7, heads=1, values=4),
        Mann(4, 3, rows=9, width=5, hidden=7, heads=2, values=2, in_turn=True),
        Mann(4, 3, hidden=7, memory=False),
    ],
    ids=[
        "one head",
        "three heads",
        "the key is added",
        "two heads, key and value",
        "key and value",
        "rows in turn",
        "plain LSTM",
    ],
)
@pytest.mark.parametrize(("kind", "close"), [(torch.double, 1e-12), (torch.float, 1e-6)])
def test_the_gradient_written_out_is_autograd_s_of_the_equations(network, kind, close):
    theta = network.init(generator(0, "init")).to(kind).requires_grad_()
    x = torch.rand(3, 30, 4, generator=generator(1, "test"), dtype=kind)
    weights = torch.rand(3, 30, 3, generator=generator(2, "test"), dtype=kind)
    by_equations, _, _ = network.unroll(theta, x)
    found = network(theta, x)
    assert_close(found, by_equations, atol=close, rtol=close)
    (expected,), (gradient,) = (
        torch.autograd.grad((one * weights).sigmoid().mean(), theta) for one in (by_equations, found)
    )
    assert gradient.norm() > 1e-3
    assert_close(gradient, expected, atol=close, rtol=close)


def test_without_a_gradient_the_numbers_are_the_same_and_no_memory_of_a_step_is_held(monkeypatch):
    network, forward, runs = Mann(4, 3, rows=9, width=5, hidden=7, heads=2), fast._forward, []
    monkeypatch.setattr(fast, "_forward", lambda *args, **options: runs.append(forward(*args, **options)) or runs[-1])
    theta = network.init(generator(0, "init")).requires_grad_()
    x = torch.rand(3, 30, 4, generator=generator(1, "test"))
    with_gradient = network(theta, x)
    with torch.no_grad():
        assert torch.equal(network(theta, x), with_gradient)
    assert [len(one.contents) for one in runs] == [30, 0]


def test_the_label_of_a_picture_comes_one_step_late():
    told = mann.draw(CONFIG, 5, generator(0, "test"))
    assert told.x.shape == (5, 12, 14 * 14 + 3)
    labels = told.x[:, :, -3:]
    assert labels[:, 0].abs().sum() == 0
    assert_close(labels[:, 1:].argmax(-1), told.y[:, :-1])
    for y, instance in zip(told.y.tolist(), told.instance.tolist(), strict=True):
        assert instance == [y[:i].count(one) for i, one in enumerate(y)]
        assert sorted(y) == [0] * 4 + [1] * 4 + [2] * 4
    assert len({tuple(one) for one in told.y.tolist()}) == 5  # each sequence has its own order


def test_pictures_lie_around_zero_for_the_network_and_can_be_had_as_drawn():
    told = mann.draw(CONFIG.updated(side=28), 3, generator(0, "test"))
    pictures = drawn(told.x, 28)
    assert pictures.shape == (3, 12, 28, 28) and abs(told.x[..., : 28**2].mean()) < 0.2
    assert pictures.min() > -1e-6 and pictures.max() < 1 + 1e-6 and pictures.amax((2, 3)).min() > 0.9


def test_unshuffled_labels_belong_to_the_characters():
    config = CONFIG.updated(shuffle=False)
    told = mann.draw(config, 40, generator(0, "test"))
    batch = episodes.draw(TASK.updated(shots=2), 40, generator(0, "test"), 2)
    assert_close(told.y.sort(1).values, (batch.characters % 3).repeat_interleave(4, 1).sort(1).values)


def test_accuracy_is_counted_by_instance():
    told = mann.LabelledSequence(torch.zeros(1, 4, 5), torch.tensor([[0, 1, 0, 1]]), torch.tensor([[0, 0, 1, 1]]))
    logits = torch.nn.functional.one_hot(torch.tensor([[0, 0, 0, 1]]), 2).float()
    assert mann.by_instance(logits, told, 2).tolist() == [[0.5, 1.0]]


def test_a_read_is_shared_among_the_classes_whose_labels_came_when_it_was_written():
    y, instance = torch.tensor([[0, 1, 0, 0]]), torch.tensor([[0, 0, 1, 2]])
    sequences = mann.LabelledSequence(torch.zeros(1, 4, 5), y, instance)
    read = torch.zeros(1, 4, 4)
    read[0, 3] = torch.tensor([0.1, 0.3, 0.2, 0.4])  # of the last step: no label, label 0, label 1, label 0
    shares = mann.read_by_class(sequences, 2 * read, 2)
    assert_close(shares[0, 3], torch.tensor([0.7, 0.2]))
    right, wrong = torch.tensor([[[1.0, 0]] * 4]), torch.tensor([[[0.0, 1]] * 4])
    assert_close(mann.lookup(right, sequences, read), torch.tensor([[0.7, 1.0]]))  # the third picture of class 0
    assert mann.lookup(wrong, sequences, read).shape == (0, 2)


def test_shares_of_reads_are_those_of_the_vectors_that_make_them_up():
    network = mann.network(CONFIG.updated(heads=1))
    sequences = mann.draw(CONFIG, 3, generator(0, "test"))
    with torch.no_grad():
        _, states, accesses = network.unroll(network.init(generator(0, "init")), sequences.x)
    read = model.sources(model.shares(accesses))
    added = torch.cat([access.added for access in accesses], 1)
    reads = torch.stack([state.reads[:, 0] for state in states], 1)
    assert_close(read @ added, reads, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("wipe", [0, 5])
def test_votes_and_the_controller_make_up_the_logits_exactly(wipe):
    network = mann.network(CONFIG)  # two heads
    theta = network.init(generator(0, "init")).double()
    sequence = mann.draw(CONFIG, 1, generator(0, "test"))
    sequence = mann.LabelledSequence(sequence.x.double(), sequence.y, sequence.instance)
    with torch.no_grad():
        logits, states, accesses = network.unroll(theta, sequence.x, wipe)
    to_output, bias = network.views(theta)[2:4]
    controller = torch.stack([state.hidden for state in states], 1) @ to_output[: network.hidden] + bias
    votes = network.votes(theta, accesses, model.shares(accesses, wipe))
    assert_close(votes.sum(2) + controller, logits, atol=1e-5, rtol=1e-5)  # a memory that starts at 1e-6, not at 0
    shown = mann.recalled(network, theta, sequence, sequence.x[0, :, : 14 * 14].unflatten(-1, (14, 14)), wipe)
    whole = logits[0].numpy()
    assert np.allclose(shown.votes.sum(1), whole - whole.mean(-1, keepdims=True))
    assert np.allclose(shown.votes[0, :-2], 0) and shown.emptied.shape == (12, 2)
    # a row of the third step on that was written when label k came is that of a step after a picture of class k
    of_class = votes[0, -1, 1:][sequence.y[0, :-1] == 1].sum(0).numpy()
    assert np.allclose(shown.votes[-1, 1], of_class - of_class.mean())


@pytest.mark.parametrize("memory", ["true", "false"])
def test_a_run_is_judged_kept_and_resumed_bit_for_bit(memory, tmp_path):
    fields = [*FIELDS, f"memory={memory}", "iterations=4", "report_every=2", "snapshot_every=2", "test_tasks=6"]
    config = config_for("mann", "glyphs", fields)
    events = list(run(config))
    assert isinstance(events[-1], ByInstance) and events[-1].accuracy_by_instance.shape == (4,)
    share, largest = events[-1].lookup_share, events[-1].lookup_largest
    assert (share is None) == (memory == "false") and (share is None or (0 <= share <= 1 and 0 <= (largest or 0) <= 1))
    assert [one.iteration for one in events if isinstance(one, OuterStep)] == [0, 2, 4]
    snapshots = [one for one in events if isinstance(one, Snapshot)]
    resumed = [one for one in run(config, snapshots[1]) if isinstance(one, Snapshot)]
    assert np.array_equal(resumed[-1].theta, snapshots[-1].theta)
    checkpoints.save(tmp_path / "one.npz", checkpoints.from_events(config, events))
    loaded = checkpoints.load(tmp_path / "one.npz")
    assert isinstance(loaded.evaluation, ByInstance) and loaded.config == config
    assert np.allclose(loaded.evaluation.accuracy_by_instance, events[-1].accuracy_by_instance)


def test_a_file_from_before_rows_had_two_parts_means_what_it_meant():
    values = CONFIG.flat()
    del values["value_columns"]
    assert stored_config("mann", "glyphs", values) == CONFIG.updated(value_columns=0)
    assert stored_config("mann", "glyphs", CONFIG.flat()) == CONFIG
    assert checkpoints.shipped("mann-omniglot-lstm", MannConfig).config.value_columns == 0


def test_a_checkpoint_is_judged_by_name_and_for_its_own_number_of_classes(tmp_path, capsys):
    config = config_for("mann", "glyphs", [*FIELDS, "iterations=1", "test_tasks=4"])
    path = tmp_path / "one.npz"
    checkpoints.save(path, checkpoints.from_events(config, run(config)))
    asked = ["evaluate", "mann", "--task", "glyphs", "--checkpoint", str(path), "--episodes", "4"]
    assert main([*asked, "--json"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert len(last["accuracy_by_instance"]) == 4
    assert 0 <= last["lookup_share"] <= 1 and 0 <= last["lookup_largest"] <= 1
    assert main(asked) == 0 and "instance  4" in capsys.readouterr().out
    assert main([*asked, "--way", "5"]) == 2 and "has 3 outputs" in capsys.readouterr().err
