"""`python -m core lab` as a person or a script meets it."""

import json
import subprocess
import sys

import pytest

from core.commands.main import main
from core.labs.catalog import LABS
from core.storage import checkpoints
from tests.core.labs.learners import learner_of

WRONG = learner_of(LABS["class-means"]).with_mistake("farthest-mean")


def started(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "core", "lab", *words], capture_output=True, text=True, check=False)


def test_list_names_labs_and_mistakes(capsys):
    assert main(["lab", "list", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["name"] for line in lines] == [*LABS]
    assert all(len(line["mistakes"]) >= 6 and {*line["mistakes"]} == {*line["says"]} for line in lines)
    assert main(["lab", "list"]) == 0
    assert "class-means" in capsys.readouterr().out


def test_start_writes_a_file_once(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["lab", "start", "class-means"]) == 0
    file = tmp_path / "class_means.py"
    assert file.read_text() == LABS["class-means"].skeleton and "lab check class_means.py" in capsys.readouterr().out
    file.write_text("mine")
    assert main(["lab", "start", "class-means"]) == 1
    assert file.read_text() == "mine" and "is there already" in capsys.readouterr().err
    assert main(["lab", "start", "class-means", "--to", "other.py", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"name": "class-means", "file": "other.py"}
    assert main(["lab", "start", "class-means", "--to", "none/other.py"]) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_hints_come_by_number(capsys):
    lab = LABS["class-means"]
    assert main(["lab", "hint", "class-means"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"hint 1 of 3: {lab.hints[0]}\n") and "lab hint class-means 2" in shown
    assert main(["lab", "hint", "class-means", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"name": "class-means", "number": 3, "hint": lab.hints[2]}
    for number in ("0", "4", "-1"):
        assert main(["lab", "hint", "class-means", number]) == 2
        assert "there are 1 to 3" in capsys.readouterr().err


def test_solution_prints_a_file_that_passes(tmp_path, capsys):
    assert main(["lab", "solution", "class-means"]) == 0
    assert capsys.readouterr().out == LABS["class-means"].solution
    assert main(["lab", "solution", "class-means", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["source"] == LABS["class-means"].solution


def test_check_passes_a_right_file_and_gives_the_line_for_the_page(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(LABS["class-means"].solution)
    done = started("check", str(file), "--json")
    assert done.returncode == 0 and done.stderr == ""
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "lab": "class-means", "passed": True, "done": LABS["class-means"].done,
    }  # fmt: skip


def test_check_names_a_mistake(tmp_path):
    file = tmp_path / "mine.py"
    file.write_bytes(b"\xef\xbb\xbf" + WRONG.replace("\n", "\r\n").encode())
    done = started("check", str(file), "--json")
    last = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 1 and (last["passed"], last["mistake"]) == (False, "farthest-mean")
    assert last["said"] == LABS["class-means"].mistake("farthest-mean").said
    plain = started("check", str(file))
    assert plain.returncode == 1 and "farthest-mean" in plain.stdout and last["said"] in plain.stdout
    assert "lab hint class-means" in plain.stdout


def test_check_shows_what_the_program_printed(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(f"print('hello')\n{LABS['class-means'].solution}")
    done = started("check", str(file))
    assert done.returncode == 0 and done.stdout.startswith("hello\n") and LABS["class-means"].done in done.stdout


def test_train_prints_both_curves(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(LABS["inner-step"].solution)
    done = started("train", str(file), "--json", "--save", str(tmp_path / "run.npz"))
    *points, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and last["finished"]
    assert {*points[0]} == {"iteration", "own", "reference"} and points[-1]["iteration"] == 400
    run = checkpoints.load(tmp_path / "run.npz")
    assert (run.method, run.snapshot.iteration, run.steps[-1].after) == ("maml", 400, pytest.approx(points[-1]["own"]))
    assert main(["lab", "train", str(file), "--save", "run.txt"]) == 2
    file.write_text(LABS["inner-step"].skeleton)
    done = started("train", str(file))
    assert done.returncode == 1 and "not written yet" in done.stdout and "Traceback" not in done.stderr
    assert "loss on unseen tasks" not in done.stdout


@pytest.mark.parametrize("name", ["none.py", "binary.py", "empty.py", "zero.py", "large.py", "folder"])
@pytest.mark.parametrize("command", ["check", "train"])
def test_a_file_that_is_no_lab_is_a_line_and_status_2(tmp_path, command, name, capsys):
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "zero.py").write_bytes(b"def attend(): pass\0")
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "large.py").write_text("def attend(): pass\n" + "#" * 10**6)
    (tmp_path / "folder").mkdir()
    assert main(["lab", command, str(tmp_path / name), "--json"]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and len(shown.err.strip().splitlines()) == 1


def test_an_unknown_lab_is_a_line_and_status_2(capsys):
    for command in ("start", "hint", "solution"):
        assert main(["lab", command, "nothing"]) == 2
        assert "there is no lab nothing: there are inner-step" in capsys.readouterr().err
