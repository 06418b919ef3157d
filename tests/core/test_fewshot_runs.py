"""Runs on episodes: same seed, same run; broken off and resumed; what they report, and what a trace tells."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from core.demos.questions import FitEpisode, Score, Trace
from core.demos.source import ROOT, text
from core.dispatch import run
from core.events import EpisodesDrawn, FittedEpisode, InnerStep, OuterGradient, OuterMove, OuterStep, Snapshot, Traced
from core.events.evaluations import FewShotEvaluation
from core.options import ConfigError
from core.registry import config_for
from core.storage import checkpoints
from core.training.config import Init

SMALL = ["width=4", "meta_batch=2", "test_tasks=6", "report_every=2", "test_steps=2"]
ALGORITHMS = ["maml", "reptile", "pretrain"]


def config_of(algorithm, *fields):
    return config_for(algorithm, "glyphs", [*SMALL, "iterations=6", *fields])


def of_kind(kind, events):
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_same_seed_same_run_and_another_seed_another(algorithm):
    one, two, other = (list(run(config_of(algorithm, f"seed={seed}"))) for seed in (1, 1, 2))
    thetas = [of_kind(Snapshot, events)[-1].theta for events in (one, two, other)]
    assert np.array_equal(thetas[0], thetas[1])
    assert not np.array_equal(thetas[0], thetas[2])
    assert [vars(step) for step in of_kind(OuterStep, one)] == [vars(step) for step in of_kind(OuterStep, two)]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_run_reports_accuracies_and_ends_with_an_evaluation(algorithm):
    events = list(run(config_of(algorithm)))
    steps = of_kind(OuterStep, events)
    assert [step.iteration for step in steps] == [0, 2, 4, 6]
    assert all(0 <= share <= 1 for step in steps for share in (step.accuracy_before, step.accuracy_after))
    last = events[-1]
    assert isinstance(last, FewShotEvaluation)
    assert last.accuracy == last.accuracy_by_step[-1] and last.steps == [0, 1, 2]
    assert last.to_json()["event"] == "evaluation"


@pytest.mark.parametrize(
    ("algorithm", "fields"), [("maml", []), ("maml", ["average=0.9"]), ("reptile", [])], ids=["maml", "mean", "reptile"]
)
def test_a_run_broken_off_at_a_snapshot_goes_on_bit_for_bit(algorithm, fields, tmp_path):
    config = config_of(algorithm, "anneal=true", "snapshot_every=2", *fields)
    whole = list(run(config))
    middle = next(event for event in of_kind(Snapshot, whole) if event.iteration == 4)
    saved = tmp_path / "middle.npz"
    checkpoints.save(saved, checkpoints.from_events(config, whole[: whole.index(middle) + 1]))
    loaded = checkpoints.load(saved)
    assert loaded.evaluation is None and loaded.config == config
    resumed = list(run(loaded.config, loaded.snapshot))
    assert np.array_equal(of_kind(Snapshot, resumed)[-1].theta, of_kind(Snapshot, whole)[-1].theta)


def test_theta_is_the_running_mean_of_what_the_updates_reached():
    events = list(run(config_of("maml", "average=0.7", "trace=true", "snapshot_every=1")))
    moves, (start, *kept, last) = of_kind(OuterMove, events), [one.theta for one in of_kind(Snapshot, events)]
    assert all(
        np.array_equal(one.after, other.before) for one, other in pairwise(moves)
    )  # the updates go on by themselves
    mean = start.astype(np.float64)
    for count, (move, theta) in enumerate(zip(moves, kept, strict=True), 1):
        share = max(0.3, 1 / (count + 1))
        mean = (1 - share) * mean + share * move.after
        assert theta == pytest.approx(mean, abs=1e-6)
        assert np.abs(theta - move.after).max() > 1e-4
    assert np.array_equal(last, kept[-1])


def test_annealing_ends_at_no_step_at_all():
    thetas = [one.theta for one in of_kind(Snapshot, run(config_of("reptile", "anneal=true", "snapshot_every=1")))]
    moves = [np.linalg.norm(b - a) for a, b in pairwise(thetas)]
    assert moves[-2] < moves[0]


def test_a_checkpoint_of_a_few_shot_run_keeps_everything(tmp_path):
    config = config_of("maml")
    made = checkpoints.from_events(config, list(run(config)), "command")
    checkpoints.save(tmp_path / "run.npz", made)
    found = checkpoints.load(tmp_path / "run.npz")
    assert found.config == config and found.method == "maml"
    for mine, expected in zip(found.steps, made.steps, strict=True):
        assert vars(mine) == pytest.approx(vars(expected))
    assert isinstance(found.evaluation, FewShotEvaluation)
    for name, value in vars(made.evaluation).items():
        assert np.array_equal(getattr(found.evaluation, name), value)


@pytest.mark.parametrize("algorithm", ["maml", "reptile"])
def test_a_trace_tells_one_iteration_with_the_line_of_each_event(algorithm):
    training = config_of(algorithm, "inner_steps=2", "queries=3")
    trace = list(run(Trace(training)))
    kinds = [type(one.event) for one in trace]
    assert kinds == [EpisodesDrawn, InnerStep, InnerStep, OuterGradient, OuterMove]
    for one in trace:
        assert isinstance(one, Traced)
        assert "yield" in text(one.file).splitlines()[one.line - 1]
        if one.curves is not None:
            assert one.curves.shape == (2, 15, 5)
            assert np.allclose(one.curves.sum(-1), 1, atol=1e-5)
    first = trace[0].event
    assert first.support_x.shape == (2, 5, 28, 28) and first.query_x.shape == (2, 15, 28, 28)


def an_init():
    config = config_of("maml")
    theta = next(iter(run(config))).theta
    return Init(theta, config.task, config.descent)


def test_fitting_an_episode_learns_its_support():
    init = an_init()
    request = FitEpisode("glyphs", (1, 2, 3, 4, 5), tuple((0, 1, 2) for _ in range(5)), 1, {"random": init}, 10)
    (fit,) = run(request)
    assert isinstance(fit, FittedEpisode)
    assert fit.probabilities.shape == (11, 10, 5)
    assert np.allclose(fit.probabilities.sum(-1), 1, atol=1e-5)
    assert fit.support_loss[10] < fit.support_loss[0]
    right = (fit.probabilities.argmax(-1) == np.arange(10) % 5).mean(1)
    assert np.allclose(right, fit.accuracy)


def test_an_episode_of_characters_that_do_not_exist_is_said():
    request = FitEpisode("glyphs", (1, 2, 3, 4, 10**6), tuple((0, 1) for _ in range(5)), 1, {"random": an_init()})
    with pytest.raises(ConfigError, match="does not exist"):
        list(run(request))


def test_a_score_is_that_of_the_runs_own_evaluation():
    config = config_of("maml")
    events = list(run(config))
    theta = of_kind(Snapshot, events)[-1].theta
    (score,) = run(Score(Init(theta, config.task, config.descent), 6, 2))
    assert score.accuracy == events[-1].accuracy


def test_evaluation_does_not_depend_on_how_many_are_evaluated_together(monkeypatch):
    from core.training import evaluation

    init = an_init()
    one = evaluation.evaluate_few_shot(init, 1, 4)
    monkeypatch.setattr(evaluation, "EPISODES_AT_ONCE", 4)
    assert evaluation.evaluate_few_shot(init, 1, 4).accuracy == one.accuracy


@pytest.mark.slow
@pytest.mark.parametrize("order", [1, 2])
def test_maml_learns_generated_glyphs(order):
    config = config_for("maml", "glyphs", ["iterations=150", "report_every=150", "test_tasks=100", f"order={order}"])
    last = list(run(config))[-1]
    assert last.accuracy_by_step[0] < 0.3
    assert last.accuracy > 0.6


@pytest.mark.slow
def test_reptile_learns_generated_glyphs():
    config = config_for("reptile", "glyphs", ["iterations=200", "report_every=200", "test_tasks=100", "test_steps=20"])
    last = list(run(config))[-1]
    assert last.accuracy_by_step[0] < 0.3
    assert last.accuracy > 0.5


# not ru_maxrss: a process inherits that of the one that started it, and that is a pytest of any size
MEASURE = """
from pathlib import Path
from core.registry import config_for, train as run
for _ in run(config_for("maml", "glyphs", {fields!r})):
    pass
status = Path("/proc/self/status").read_text()
print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak memory is read from Linux's /proc")
def test_a_large_run_stays_below_one_and_a_half_gigabytes():
    fields = ["meta_batch=32", "inner_steps=3", "downsample=pool", "iterations=2", "report_every=2", "test_tasks=40"]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE.format(fields=fields)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert int(done.stdout) < 1500, "megabytes"
