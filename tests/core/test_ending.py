"""A run that ends early leaves its state, one that goes on fits its checkpoint, and no command ends in a traceback."""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from core.commands.main import main
from core.events import DivergedError, OuterStep, Snapshot
from core.folders import data_folder
from core.methods.maml.config import MamlConfig
from core.methods.mann.config import MannConfig
from core.methods.matching.config import MatchingConfig
from core.methods.ntm.config import NtmConfig
from core.methods.pretrain.config import PretrainConfig
from core.methods.reading.config import ReadingConfig
from core.methods.reptile.config import ReptileConfig
from core.options import ConfigError
from core.registry import config_for, train
from core.storage import checkpoints
from core.tasks.config import Episodes, Sequences, Sinusoid
from core.training import stopping
from tests.core.test_cli import run

SMALL = ["--set", "meta_batch=2", "--set", "test_tasks=4"]
SELDOM = ["--set", "report_every=100000", "--iterations", "10000000"]  # a run that does not end by itself


def started(arguments: list[str], **options: object) -> subprocess.Popen:
    command = [sys.executable, "-m", "core", *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_the_last_state_without_any_snapshot(tmp_path, number, status):
    saved = tmp_path / "a run.npz"
    command = started(["train", "maml", *SMALL, *SELDOM, "--save", str(saved), "--json"], stdout=subprocess.PIPE)
    assert command.stdout is not None
    command.stdout.readline(), command.stdout.readline()  # the start and its report: then come updates
    time.sleep(0.3)
    command.send_signal(number)
    _, said = command.communicate(timeout=60)
    assert command.returncode == status and "Traceback" not in said
    kept = checkpoints.load(saved)
    assert kept.snapshot.iteration > 0 and kept.evaluation is None and kept.snapshot.optimizer
    assert f"saved the state after {kept.snapshot.iteration} updates; --resume '{saved}' goes on" in said
    # and its command can be typed again as it is recorded
    assert shlex.split(kept.about.command)[-2:] == [str(saved), "--json"]


def test_a_reader_that_goes_away_ends_the_run_and_its_state_is_saved(tmp_path):
    saved = tmp_path / "run.npz"
    command = started(["train", "maml", *SMALL, "--iterations", "10000000", "--save", str(saved), "--json"],
                      stdout=subprocess.PIPE)  # fmt: skip
    assert command.stdout is not None
    for _ in range(4):  # the start and its report, and two reports of updates
        command.stdout.readline()
    command.stdout.close()
    said = command.stderr.read()  # type: ignore[union-attr]
    assert command.wait(60) == 1 and "Traceback" not in said and "BrokenPipe" not in said
    assert checkpoints.load(saved).snapshot.iteration > 0


def test_a_request_to_stop_ends_after_whole_updates_from_which_the_run_goes_on_bit_for_bit():
    config = MamlConfig(iterations=6, meta_batch=2, test_tasks=2, report_every=1)
    whole = [event for event in train(config) if isinstance(event, Snapshot)][-1]
    part = None
    for event in train(config):
        if isinstance(event, OuterStep) and event.iteration == 3:
            assert stopping.ask()
        if isinstance(event, Snapshot) and stopping.asked():
            part = event
            break
    stopping.reset()
    assert part is not None and part.iteration == 3
    assert np.array_equal(
        [event for event in train(config, part) if isinstance(event, Snapshot)][-1].theta, whole.theta
    )
    assert not stopping.ask()  # nothing makes updates now
    stopping.reset()


def test_divergence_leaves_the_state_of_the_last_report(tmp_path):
    saved = tmp_path / "run.npz"
    fields = ["--set", "outer_rate=1", "--set", "report_every=2", "--set", "inner_steps=3", "--set", "inner_rate=2"]
    done = run("train", "maml", *SMALL, *fields, "--save", str(saved), "--iterations", "500", "--json")
    assert done.returncode == 1 and "no longer finite" in done.stderr
    if "saved the state" in done.stderr:
        assert np.isfinite(checkpoints.load(saved).snapshot.theta).all()
    else:
        assert not saved.exists() and "was not written" in done.stderr


def test_an_error_of_divergence_carries_the_last_state():
    config = config_for("maml", "sinusoid", ["report_every=1", "iterations=9", "meta_batch=2"])
    events = train(config)
    with pytest.raises(DivergedError) as caught:
        for event in events:
            if isinstance(event, OuterStep) and event.iteration == 3:
                events.gi_frame.f_locals["theta"].fill_(float("nan"))  # type: ignore[attr-defined]
    assert caught.value.last is not None and caught.value.last.iteration == 3 and caught.value.iteration == 4


EPISODES, SINUSOID = Episodes(data="glyphs"), Sinusoid()


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (MamlConfig(), "a smaller inner rate or a smaller outer rate"),
        (MamlConfig(inner_steps=0), "a smaller outer rate"),
        (MamlConfig(inner_rate=0.0), "a smaller outer rate"),
        (MamlConfig(outer_rate=0.0), "a smaller inner rate"),
        (ReptileConfig(), "a smaller inner rate or a smaller epsilon"),
        (ReptileConfig(inner_rate=0.0), "a smaller epsilon"),
        (ReadingConfig(family="reptile"), "a smaller inner rate or a smaller epsilon"),
        (ReadingConfig(), "a smaller inner rate or a smaller outer rate"),
        (MatchingConfig(), "a smaller outer rate"),
        (MannConfig(), "a smaller outer rate"),
        (NtmConfig(task=Sequences()), "a smaller outer rate"),
        (PretrainConfig(task=EPISODES), "a smaller inner rate or a smaller outer rate"),
    ],
)
def test_the_advice_names_the_rates_that_there_are(config, says):
    assert config.advice == f"try {says}"
    assert str(DivergedError(1, config.advice)).endswith(f"try {says}")


def test_pretraining_goes_on_bit_for_bit_with_one_curve(tmp_path):
    fields = [
        "width=4",
        "meta_batch=4",
        "test_tasks=4",
        "report_every=2",
        "inner_steps=1",
        "snapshot_every=2",
        "test_steps=1",
        "rotations=false",
    ]
    config = config_for("pretrain", "glyphs", [*fields, "iterations=4"])
    snapshots = [event for event in train(config) if isinstance(event, Snapshot)]
    events = list(train(config, snapshots[1]))
    assert [event.iteration for event in events if isinstance(event, OuterStep)] == [2, 4]
    assert np.array_equal([one for one in events if isinstance(one, Snapshot)][-1].theta, snapshots[-1].theta)
    path, rest = tmp_path / "part.npz", tmp_path / "rest.npz"
    checkpoints.save(path, checkpoints.from_events(config, train(config)))
    done = run("train", "pretrain", "--resume", str(path), "--iterations", "8", "--save", str(rest), "--json")
    assert done.returncode == 0, done.stderr
    assert [step.iteration for step in checkpoints.load(rest).steps] == [0, 2, 4, 6, 8]
    with pytest.raises(ConfigError, match="does not hold the last layer"):
        list(train(config, Snapshot(2, snapshots[1].theta, {})))


@pytest.fixture(scope="module")
def part(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("runs") / "part.npz"
    assert run("train", "maml", *SMALL, "--iterations", "4", "--save", str(path)).returncode == 0
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--task", "glyphs"], "it was trained on sinusoid, not on glyphs"),
        (["--task", "nothing"], "unknown task 'nothing'"),
        (["--iterations", "3"], "4 updates are made already, more than iterations=3"),
        (["--set", "iterations=0"], "4 updates are made already"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused_before_anything_is_trained(part, arguments, says):
    done = run("train", "maml", "--resume", part, *arguments)
    assert done.returncode == 2 and says in done.stderr and len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["evaluate", "reptile"], "is a run of maml, not of reptile"),
        (["evaluate", "fomaml"], "is a run of maml, not of first-order MAML"),
        (["evaluate", "ntm", "--task", "copy"], "is a run of maml, not of ntm"),
    ],
)
def test_a_checkpoint_of_another_method_is_not_evaluated(arguments, says):
    shipped = str(checkpoints.PRETRAINED / "maml-omniglot-5way1shot.npz")
    done = run(*arguments, "--checkpoint", shipped)
    assert done.returncode == 2 and says in done.stderr
    first_order = str(checkpoints.PRETRAINED / "fomaml-omniglot-5way1shot.npz")
    assert "is a run of" not in run("evaluate", "fomaml", "--checkpoint", first_order, "--way", "7").stderr


# settings that cannot be right are refused when they are given, and those that are not used are not looked at


@pytest.mark.parametrize(
    "lengths", ["", "0", "1001", "a", "1,,2", "1,", ",".join(["5"] * 51), " " * 300 + "5", "5," * 300 + "5"]
)
def test_wrong_lengths_are_refused_at_the_start(lengths):
    with pytest.raises(ConfigError, match=r"at most (50|200)"):
        NtmConfig(task=Sequences(), test_lengths=lengths)


def test_the_least_length_is_that_of_the_task_and_not_of_the_training():
    with pytest.raises(ConfigError, match="from 2 to 1000"):
        config_for("ntm", "recall", ["test_lengths=1,5"])
    fields = ["shortest=3", "longest=4", "test_lengths=1", "iterations=0", "hidden=4", "rows=4", "columns=2"]
    assert [*train(config_for("ntm", "copy", fields))][-1].lengths == [1]  # type: ignore[union-attr]


def test_queries_that_an_evaluation_does_not_use_are_no_obstacle():
    config = config_for("matching", "glyphs", ["queries=15", "test_shots=10"])
    assert (config.tested_episodes.shots, config.tested_episodes.queries) == (10, 5)  # type: ignore[attr-defined]
    fields = ["queries=15", "instances=20", "iterations=0", "side=14", "test_tasks=2", "hidden=4", "rows=8"]
    assert [*train(config_for("mann", "glyphs", fields))][-1].sequences == 2  # type: ignore[union-attr]


def test_a_range_of_x_without_any_room_is_refused():
    with pytest.raises(ConfigError, match="x_low and x_high are both 2"):
        Sinusoid(x_low=2.0, x_high=2.0)


# whatever a command is given, it ends in words


def test_without_a_home_the_data_folder_is_asked_for(monkeypatch, capsys):
    for name in ("META_DATA_DIR", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)

    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nobody)
    with pytest.raises(ConfigError, match="META_DATA_DIR"):
        data_folder()
    assert main(["data", "omniglot"]) == 2
    assert "name a folder in META_DATA_DIR" in capsys.readouterr().err
    monkeypatch.setenv("META_DATA_DIR", "/somewhere")
    assert data_folder() == Path("/somewhere")


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "maml", "--iterations", "1" * 400],
        ["train", "maml", "--seconds", "nan"],
        ["train", "maml", "--seconds", "1e999"],
        ["train", "maml", "--resume", "/proc/self/mem"],
        ["train", "maml", "--resume", "core"],
        ["train", "maml", "--resume", "a\nb.npz"],
        ["train", "maml", "--set", "=1"],
        ["train", "maml", "--set", "seed"],
        ["train", "", "--task", ""],
        ["train", "maml", "--save", "core"],
        ["evaluate", "maml", "--checkpoint", "core"],
        ["evaluate", "maml", "--way", "0"],
        ["evaluate", "maml", "--way", "-3"],
        ["evaluate", "ntm", "--task", "copy", "--lengths", "٣" * 300],
        ["report", "--episodes", "0"],
        ["report", "--only", "protonets"],
        ["data", ""],
        ["bench", "\x00"],
        [],
        ["\udcff"],
    ],
)
def test_odd_arguments_are_refused_in_words(arguments):
    assert run(*arguments).returncode == 2


def test_a_file_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    from core.bench import save as _  # noqa: F401
    from core.commands import report

    monkeypatch.setattr(report, "report", lambda episodes, say, only: {})
    monkeypatch.setattr(report.write, "__defaults__", (tmp_path,))  # a folder in the place of the file
    done = run("report")
    assert done.returncode == 1 and str(tmp_path) in done.stderr


def test_a_reader_that_goes_away_leaves_no_traceback():
    command = f"{shlex.quote(sys.executable)} -m core list | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, env=dict(os.environ))
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr and done.stdout.count("\n") == 1
