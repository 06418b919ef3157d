"""A meta-batch that is split over processes, which torchrun starts for real: the same step as in one process."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from core.commands.main import main
from core.methods.maml.config import MamlConfig
from core.parallel import processes
from core.storage import checkpoints
from core.tasks import families
from tests.core import split


def torchrun(count, *arguments, **more):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
    environment = os.environ | {"PYTHONPATH": os.getcwd(), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*command, *map(str, arguments)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        **more,
    )  # fmt: skip


def finished(process, seconds=120):
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out, err


def test_the_outer_step_of_two_processes_is_that_of_one(tmp_path):
    status, _, err = finished(torchrun(2, split.__file__, tmp_path / "found.npz"))
    assert status == 0, err
    with np.load(tmp_path / "found.npz") as found:
        assert found["processes"] == 2
        for name, alone in split.directions().items():
            difference = np.abs(found[name] - alone).max()
            assert difference <= 1e-6 * max(1.0, np.abs(alone).max()), (name, difference)


def test_a_run_on_two_processes_is_the_run_on_one(tmp_path):
    told = ["train", "maml", "--iterations", "30", "--set", "meta_batch=9", "--set", "report_every=10"]
    status, out, err = finished(torchrun(2, "-m", "core", *told, "--json", "--save", tmp_path / "two.npz"))
    assert status == 0, err
    assert main([*told, "--json", "--save", str(tmp_path / "one.npz")]) == 0
    one, two = (checkpoints.load(tmp_path / f"{name}.npz") for name in ("one", "two"))
    assert [step.iteration for step in two.steps] == [0, 10, 20, 30]
    assert np.abs(one.snapshot.theta - two.snapshot.theta).max() < 1e-4  # Adam divides by small numbers
    assert one.steps[-1].after == pytest.approx(two.steps[-1].after, rel=1e-3)
    assert two.about.command.startswith("torchrun --nproc-per-node 2 -m core train maml")
    events = [json.loads(line)["event"] for line in out.splitlines() if line.startswith("{")]
    assert events.count("evaluation") == 1  # the other process is silent


def test_two_processes_agree_when_their_time_is_up():
    status, out, err = finished(torchrun(2, "-m", "core", "train", "reptile", "--seconds", "1", "--json"))
    assert status == 0, err
    assert '"event": "evaluation"' in out


def test_a_process_that_is_lost_ends_the_run_in_words(tmp_path):
    file = tmp_path / "kept.npz"
    run = torchrun(
        2, "-m", "core", "train", "maml", "--iterations", "1000000", "--set", "snapshot_every=20", "--save", file
    )
    end = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < end and run.poll() is None
        time.sleep(0.1)
    found = subprocess.run(["pgrep", "-P", str(run.pid)], capture_output=True, text=True, check=True).stdout
    os.kill(int(found.split()[1]), signal.SIGKILL)
    status, _, err = finished(run)
    assert status != 0
    assert "error: another process of this run was lost, or it was stopped; --resume goes on" in err
    assert checkpoints.load(file).snapshot.iteration >= 20  # what was saved on the way can be gone on from


def test_what_cannot_be_split_is_refused_in_words(monkeypatch, capsys):
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(["train", "ntm", "--task", "copy", "--iterations", "1"]) == 2
    assert "ntm does not train on several processes: allowed are maml, reptile" in capsys.readouterr().err


def test_without_torchrun_nothing_changes():
    batch = next(families.stream(MamlConfig().task, 3, 0))
    losses, direction = np.zeros(3), np.ones(2)
    assert processes.leads() and processes.local_shard(batch) is batch
    assert processes.all_reduce_mean(losses, direction) == (losses, direction)
    assert processes.agreed(True) and not processes.agreed(False)
