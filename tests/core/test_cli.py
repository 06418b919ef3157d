"""The command line as a person or a script meets it."""

import json
import subprocess
import sys

import pytest

from core.cli import main


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "core", *arguments], capture_output=True, text=True, check=False)


def test_json_lines_end_with_the_evaluation(tmp_path):
    saved = tmp_path / "run.npz"
    done = run(
        "train", "maml", "--task", "sinusoid", "--iterations", "50", "--set", "shots=5", "--json", "--save", str(saved)
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[-1]["event"] == "evaluation"
    assert len(lines[-1]["loss_by_step"]) == len(lines[-1]["ci95"]) == 11
    assert lines[-1]["tasks"] >= 500
    assert [line["iteration"] for line in lines if line["event"] == "outer_step"] == [0, 25, 50]
    assert saved.exists()


def test_without_json_there_is_a_bar_and_a_table(capsys):
    assert main(["train", "reptile", "--iterations", "30"]) == 0
    shown = capsys.readouterr()
    assert "after 10 inner steps" in shown.out
    assert "30" in shown.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["train", "mamal"], "allowed are maml, reptile"),
        (["train", "maml", "--task", "cosinus"], "allowed are sinusoid"),
        (["train", "maml", "--set", "inner_rate=99"], "allowed is 0 to 10"),
        (["train", "maml", "--set", "depth=3"], "allowed are amplitude_high"),
        (["train", "maml", "--iterations", "-1"], "allowed is 0 to"),
        (["train", "maml", "--seconds", "0"], "must be above 0"),
        (["train", "maml", "--seed", "-5"], "allowed is 0 to"),
        (["train", "maml", "--save", "run.pt"], "must end in .npz"),
        (["bench", "everything"], "allowed are maml"),
    ],
)
def test_what_is_not_allowed_is_one_line_and_status_2(arguments, says, capsys):
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert says in shown.err
    assert len(shown.err.strip().splitlines()) == 1


def test_seconds_and_iterations_exclude_each_other():
    done = run("train", "maml", "--seconds", "1", "--iterations", "5")
    assert done.returncode == 2


def test_divergence_is_one_line_and_status_1():
    done = run("train", "maml", "--iterations", "50", "--set", "inner_rate=10", "--set", "inner_steps=5", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout.splitlines()[-1])["event"] == "failed"
    assert "try a smaller inner rate" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unwritable_file_is_said_in_words():
    done = run("train", "maml", "--iterations", "1", "--save", "/proc/none/run.npz")
    assert done.returncode == 1
    assert "could not write" in done.stderr
    assert "Traceback" not in done.stderr


def test_list_names_everything_with_ranges(capsys):
    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    for word in ("maml", "reptile", "sinusoid", "inner_rate", "[0 to 10]", "[1, 2]", "epsilon", "shots"):
        assert word in shown


@pytest.mark.slow
def test_maml_learns_in_thirty_seconds():
    done = run("train", "maml", "--task", "sinusoid", "--seconds", "30", "--set", "shots=10", "--json")
    losses = json.loads(done.stdout.splitlines()[-1])["loss_by_step"]
    assert losses[1] < 0.45
    assert losses[10] < 0.15
    assert 2.5 < losses[0] < 4


@pytest.mark.slow
def test_reptile_learns_in_sixty_seconds():
    done = run("train", "reptile", "--task", "sinusoid", "--seconds", "60", "--json")
    assert json.loads(done.stdout.splitlines()[-1])["loss_by_step"][10] < 0.35


def test_the_inner_rate_that_explodes_later_is_real():
    import torch

    from core.checkpoint import shipped
    from core.evaluation import evaluate
    from core.problems import sinusoid_problem

    run_ = shipped("maml-sinusoid")
    losses = evaluate(sinusoid_problem(), torch.from_numpy(run_.snapshot.theta), run_.config, 0.05).loss_by_step
    assert losses[2] > 10 * losses[0]
    assert not losses[10] < 10 * losses[0]  # by then it may no longer be a number
