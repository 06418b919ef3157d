"""Determinism, resuming, divergence, checkpoints."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core.dispatch import run
from core.events import DivergedError, OuterStep, Snapshot
from core.events.evaluations import Evaluation
from core.methods.maml.config import MamlConfig
from core.methods.reptile.config import ReptileConfig
from core.seeding import generator
from core.storage import checkpoints
from core.storage.checkpoints import CheckpointError
from core.tasks import sinusoid
from core.tasks.config import Sinusoid

CONFIGS = [MamlConfig(iterations=40, report_every=10), ReptileConfig(iterations=40, report_every=10)]


def last_theta(events) -> np.ndarray:
    return [event for event in events if isinstance(event, Snapshot)][-1].theta


@pytest.mark.parametrize("config", CONFIGS, ids=["maml", "reptile"])
def test_same_seed_same_run_and_another_seed_another(config):
    first, second = list(run(config)), list(run(config))
    assert [e.to_json() for e in first] == [e.to_json() for e in second]
    assert (last_theta(first) == last_theta(second)).all()
    assert (last_theta(first) != last_theta(run(replace(config, seed=1)))).any()


@pytest.mark.parametrize("config", CONFIGS, ids=["maml", "reptile"])
def test_a_resumed_run_is_the_run_that_was_never_stopped(config):
    half = [e for e in run(replace(config, iterations=17)) if isinstance(e, Snapshot)][-1]
    assert (last_theta(run(config, half)) == last_theta(run(config))).all()


def test_a_run_learns_and_counts():
    steps = [e for e in run(MamlConfig(iterations=300)) if isinstance(e, OuterStep)]
    assert [e.iteration for e in steps] == list(range(0, 301, 25))
    assert steps[-1].after < 0.6 * steps[0].after


def test_seconds_stop_a_run():
    events = list(run(MamlConfig(iterations=10**6, seconds=0.3)))
    assert isinstance(events[-1], Evaluation)
    assert 0 < events[-1].iteration < 10**5


def test_a_diverging_rate_stops_the_run_in_words_and_keeps_the_curve():
    events = []
    with pytest.raises(
        DivergedError, match=r"no longer finite \(outer update \d+\): try a smaller inner rate or a smaller outer"
    ):
        for event in run(MamlConfig(inner_rate=10.0, inner_steps=5)):
            events.append(event)
    assert any(isinstance(event, OuterStep) for event in events)


def test_evaluation_has_eleven_steps_on_many_tasks_that_no_run_draws():
    evaluation = list(run(MamlConfig(iterations=0)))[-1]
    assert evaluation.loss_by_step.shape == evaluation.ci95.shape == (11,)
    assert evaluation.tasks >= 500


def test_zero_iterations_of_a_random_net_is_at_the_mean_square_of_the_tasks():
    # E[A^2 sin^2] with A ~ U[0.1, 5] is about 8.5 / 2; a random net is a little worse or better
    assert 3 < list(run(MamlConfig(iterations=0)))[-1].loss_by_step[0] < 8


def test_tasks_follow_their_distribution():
    batch = sinusoid.draw(Sinusoid(), 4000, generator(0, "test"))
    amplitude, phase = batch.amplitude.flatten(), batch.phase.flatten()
    assert 0.1 <= amplitude.min() and amplitude.max() <= 5
    assert abs(amplitude.mean() - 2.55) < 0.1
    assert 0 <= phase.min() and phase.max() <= np.pi
    assert abs(phase.mean() - np.pi / 2) < 0.06
    assert ((batch.query_y - batch.amplitude * (batch.query_x - batch.phase).sin()).abs() < 1e-5).all()


def test_the_stream_can_be_entered_anywhere():
    config = Sinusoid()
    late = next(sinusoid.stream(config, 5, seed=2, start=45))
    stream = sinusoid.stream(config, 5, seed=2)
    for _ in range(45):
        next(stream)
    assert (next(stream).support_x == late.support_x).all()


def test_points_of_one_task_differ_between_support_and_query():
    batch = sinusoid.draw(Sinusoid(), 50, generator(0, "test"))
    assert not (batch.support_x == batch.query_x).any()


@pytest.fixture(scope="module")
def trained():
    config = MamlConfig(iterations=20, report_every=10, inner_rate=0.02, task=Sinusoid(shots=7))
    return checkpoints.from_events(config, run(config), "the command")


@pytest.fixture
def saved(tmp_path, trained):
    path = tmp_path / "run.npz"
    checkpoints.save(path, trained)
    return path


def test_a_checkpoint_gives_back_the_run(saved):
    loaded = checkpoints.load(saved)
    assert loaded.config == MamlConfig(iterations=20, report_every=10, inner_rate=0.02, task=Sinusoid(shots=7))
    assert [step.iteration for step in loaded.steps] == [0, 10, 20]
    assert loaded.about.command == "the command"
    longer = replace(loaded.config, iterations=30)
    assert (last_theta(run(longer, loaded.snapshot)) == last_theta(run(longer))).all()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        lambda data: b"not a zip at all",
        lambda data: data[:200] + bytes(100) + data[300:],
    ],
)
def test_a_damaged_checkpoint_is_refused_in_words(saved, damage):
    saved.write_bytes(damage(saved.read_bytes()))
    with pytest.raises(CheckpointError, match=r"run\.npz"):
        checkpoints.load(saved)


@pytest.mark.parametrize("seed", range(60))
def test_a_checkpoint_damaged_anywhere_is_refused_in_words_or_still_whole(saved, seed):
    """A flipped run of bytes may hit padding; then the checkpoint is what it was."""
    data = bytearray(saved.read_bytes())
    whole = checkpoints.load(saved)
    source = np.random.default_rng(seed)
    at, length = source.integers(len(data)), source.integers(1, 60)
    data[at : at + length] = source.bytes(len(data[at : at + length]))
    saved.write_bytes(data)
    try:
        found = checkpoints.load(saved)
    except CheckpointError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert np.array_equal(found.snapshot.theta, whole.snapshot.theta) and found.config == whole.config


def test_a_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(CheckpointError, match="no checkpoint"):
        checkpoints.load(tmp_path / "none.npz")


def _rewrite(path, **changes):
    with np.load(path) as file:
        arrays = dict(file)
    header = json.loads(str(arrays["header"])) | changes.pop("header", {})
    np.savez(path, **(arrays | {"header": np.array(json.dumps(header))} | changes))


def test_hostile_checkpoints_are_refused(saved):
    class Evil:
        def __reduce__(self):
            return print, ("executed",)

    original = saved.read_bytes()
    for changes in (
        {"theta": np.array([Evil()], dtype=object)},
        {"theta": np.full(1761, np.nan, dtype=np.float32)},
        {"header": {"format": 99}},
        {"header": {"algorithm": "os.system"}},
        {"header": {"config": {"inner_rate": 1e9}}},
        {"header": {"config": "x"}},
    ):
        saved.write_bytes(original)
        _rewrite(saved, **changes)
        with pytest.raises(CheckpointError):
            checkpoints.load(saved)


def test_a_failed_save_leaves_nothing_behind(saved, tmp_path, monkeypatch):
    loaded, before = checkpoints.load(saved), saved.read_bytes()
    monkeypatch.setattr(np, "savez_compressed", lambda *a, **k: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        checkpoints.save(saved, loaded)
    assert saved.read_bytes() == before
    assert list(tmp_path.iterdir()) == [saved]


@pytest.mark.parametrize("name", ["maml", "reptile", "joint"])
def test_shipped_checkpoints_hold_the_score_that_they_were_measured_at(name):
    import torch

    from core.training.evaluation import evaluate

    shipped = checkpoints.shipped(f"{name}-sinusoid")
    again = evaluate(torch.from_numpy(shipped.snapshot.theta), shipped.config)
    # another processor adds floats in another order; ten steps amplify that
    assert np.allclose(again.loss_by_step, shipped.evaluation.loss_by_step, rtol=0.02, atol=0.005)
    assert shipped.about.command.startswith("python -m core train")
    assert (checkpoints.PRETRAINED / f"{name}-sinusoid.npz").stat().st_size < 10**6
