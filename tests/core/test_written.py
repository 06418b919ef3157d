"""`train --from FILE` and `evaluate --from FILE`: a method that a learner has written, by the command line."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.commands.main import main
from core.labs.catalog import WHOLE
from core.options import ConfigError
from core.registry import METHODS, WRITTEN, config_for, find_method, method_of, train
from core.storage import checkpoints, sources
from core.storage.sources import LostError

FEW = [f"--set={field}" for field in ("meta_batch=3", "test_tasks=5", "report_every=2", "test_steps=2")]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("META_RUNS_DIR", str(tmp_path / "runs"))
    path = tmp_path / "mine.py"
    path.write_text(WHOLE.solution)
    return path


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_file_is_trained_stored_resumed_and_evaluated_like_any_method(file, tmp_path, capsys):
    run, half, rest = (tmp_path / name for name in ("run.npz", "half.npz", "rest.npz"))
    command = ["train", "--from", str(file), *FEW, "--set", "share=0.25", "--json"]
    assert main([*command, "--iterations", "6", "--save", str(run)]) == 0
    events = lines(capsys)
    assert [event["iteration"] for event in events if event["event"] == "outer_step"] == [0, 2, 4, 6]
    kept = checkpoints.load(run)
    assert kept.config.own == "outer_rate=0.05; share=0.25" and kept.config.meta_batch == 3
    assert sources.source_of(kept.config.code) == WHOLE.solution
    assert main([*command, "--iterations", "3", "--save", str(half)]) == 0
    file.unlink()  # what was trained here is found again
    capsys.readouterr()
    assert main(["train", "written", "--resume", str(half), "--iterations", "6", "--json", "--save", str(rest)]) == 0
    assert lines(capsys)[-1]["loss_by_step"] == events[-1]["loss_by_step"]
    assert (checkpoints.load(rest).snapshot.theta == kept.snapshot.theta).all()
    assert main(["evaluate", "written", "--checkpoint", str(run), "--json"]) == 0
    assert lines(capsys)[-1]["loss_by_step"] == events[-1]["loss_by_step"]
    assert main(["evaluate", "written", "--checkpoint", str(run), "--episodes", "7", "--set", "test_steps=1"]) == 0
    assert "query MSE on 7 unseen tasks" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "--from", "{file}", "maml"], "is a method by itself: leave maml out"),
        (["train"], "name a method, or a file with --from"), (["evaluate"], "name a method, or a file with --from"),
        (["train", "--from", "{folder}/none.py"], "No such file"),
        (["train", "--from", "{folder}"], "Is a directory"),
        (["train", "--from", "{file}", "--set", "share=9"], "share=9 is out of range: allowed is 0 to 1"),
        (["train", "--from", "{file}", "--set", "depth=3"], "unknown field 'depth'"),
        (["train", "--from", "{file}", "--iterations", "-1"], "iterations=-1 is out of range"),
        (["train", "--from", "{file}", "--task", "copy"], "a method from a file does not run on copy"),
        (["train", "--from", "{file}", "--save", "run.txt"], "the name must end in .npz"),
        (["train", "written"], "is not on this machine"),
        (["evaluate", "--from", "{file}"], "no run of a method of your own is shipped"),
        (["evaluate", "--from", "{file}", "--checkpoint", "{maml}"], "is a run of maml, not of a method of your own"),
        (["train", "--from", "{file}", "--resume", "{maml}"], "it is a run of maml, not of written"),
    ],
)  # fmt: skip
def test_wrong_commands_are_refused_in_words(file, tmp_path, arguments, words, capsys):
    places = {"file": file, "folder": tmp_path, "maml": checkpoints.PRETRAINED / "maml-sinusoid.npz"}
    assert main([argument.format(**places) for argument in arguments]) == 2
    shown = capsys.readouterr()
    assert words in shown.err and len(shown.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("class Settings", "class Setings", "name 'Settings' is not defined"),
        ("phi = theta.expand", "phi = thta.expand", "thta"),
        ("def train(", "def trains(", "no train"), ("import torch\n", "import torch\nimport no_such\n", "no_such"),
        ("import torch\n", "import torch\nopen('/etc/passwd')\n", "a file outside its own folder"),
        ("    return losses", "    return losses,,", "is not Python"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_a_line_and_no_traceback(file, right, wrong, words, capsys):
    file.write_text(WHOLE.solution.replace(right, wrong, 1))
    status = main(["train", "--from", str(file), "--iterations", "2", "--json"])
    shown = capsys.readouterr()
    assert status in (1, 2) and words in shown.err and "Traceback" not in shown.err
    if status == 1:
        assert words in json.loads(shown.out.splitlines()[-1])["reason"]


def test_without_its_data_it_says_so_as_other_methods_do(file, tmp_path, monkeypatch, capsys):
    (tmp_path / "empty").mkdir()
    for variable in ("OMNIGLOT_DIR", "META_DATA_DIR"):
        monkeypatch.setenv(variable, str(tmp_path / "empty"))
    assert main(["train", "--from", str(file), "--task", "omniglot", "--iterations", "1"]) == 1
    assert "Omniglot is not here: run `python -m core data omniglot`" in capsys.readouterr().err


def test_a_run_of_another_text_is_not_resumed(file, tmp_path, capsys):
    run = tmp_path / "run.npz"
    assert main(["train", "--from", str(file), *FEW, "--iterations", "2", "--save", str(run)]) == 0
    file.write_text(WHOLE.solution + "\n# changed\n")
    assert main(["train", "--from", str(file), "--resume", str(run), "--iterations", "4"]) == 2
    assert "another text of the file" in capsys.readouterr().err


def test_ctrl_c_leaves_the_last_state(file, tmp_path):
    run = tmp_path / "run.npz"
    command = ["train", "--from", str(file), *FEW, "--iterations", "100000", "--save", str(run), "--json"]
    started = subprocess.Popen(
        [sys.executable, "-m", "core", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"META_THREADS": "1"},
    )  # fmt: skip
    assert started.stdout
    while '"iteration": 200' not in started.stdout.readline():
        pass
    started.send_signal(signal.SIGINT)
    begun = time.monotonic()
    _, errors = started.communicate(timeout=30)
    assert time.monotonic() - begun < 15 and started.returncode == 130
    assert "saved the state after" in errors and "Traceback" not in errors
    assert checkpoints.load(run).snapshot.iteration >= 100


def test_it_is_no_method_that_the_program_trains_by_itself(capsys):
    assert WRITTEN.name not in METHODS and find_method("written") is WRITTEN
    config = config_for("written", "sinusoid")
    assert method_of(config) is WRITTEN
    with pytest.raises(ConfigError, match="in a file of its own"):
        train(config)
    assert main(["lab", "start", "own-method", "--to", os.devnull]) == 1


def test_a_file_is_kept_by_its_hash_and_found_only_as_it_was(file):
    name = sources.keep(WHOLE.solution)
    assert sources.keep(WHOLE.solution) == name == sources.name_of(WHOLE.solution)
    path = file.parent / "runs" / "methods" / f"{name}.py"
    assert path.stat().st_mode & 0o077 == 0
    assert sources.source_of(name) == WHOLE.solution
    path.write_text("import os")
    for lost in (name, "", "../x", "a" * 64, "A" * 64):
        with pytest.raises(LostError, match="not on this machine"):
            sources.source_of(lost)
