"""Kept runs: what goes in comes out, others' runs stay theirs, and a bad file is said in words."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from core.dispatch import run
from core.events import Snapshot
from core.methods.maml.config import MamlConfig
from core.registry import config_for
from core.runtime import pool as jobs
from core.runtime import shared
from core.storage import run_file, run_rows, run_store
from core.storage.checkpoints import from_events
from core.storage.program import script
from core.storage.run_store import RunStoreError

ROOT = Path(__file__).parents[2]
SHORT = {"iterations": 40, "report_every": 10, "snapshot_every": 10, "test_tasks": 20}


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("META_RUNS_DIR", str(tmp_path))


@pytest.fixture(scope="module")
def events():
    return list(run(config_for("maml", "sinusoid").updated(**SHORT)))


def kept_run(events, owner="a" * 32, **more):
    return run_store.store(from_events(events_config(), events), owner, frames=run_store.frames_of(events), **more)


def events_config():
    return config_for("maml", "sinusoid").updated(**SHORT)


def test_a_run_comes_back_as_it_was(events):
    id = kept_run(events, name="mine")
    (one,) = run_store.runs("a" * 32)
    assert (one.id, one.name, one.algorithm, one.task, one.iteration) == (id, "mine", "maml", "sinusoid", 40)
    assert one.score.startswith("MSE") and json.loads(one.config)["iterations"] == 40
    back = run_store.open_run(id)
    last = [event for event in events if isinstance(event, Snapshot)][-1]
    assert (back.snapshot.theta == last.theta).all() and back.config == events_config()
    assert [step.iteration for step in back.steps] == [0, 10, 20, 30, 40]
    frames = run_store.replay_of(id, back)
    assert frames.iterations.tolist() == [0, 10, 20, 30, 40]
    assert np.allclose(frames.thetas[-1], last.theta, atol=1e-2)


def test_frames_are_few_and_hold_first_and_last():
    steps = [Snapshot(i, np.full(10, i, dtype=np.float32), {}) for i in range(100)]
    frames = run_store.frames_of(steps)
    assert len(frames.iterations) == run_rows.MOST_FRAMES and frames.iterations[[0, -1]].tolist() == [0, 99]
    large = [Snapshot(i, np.zeros(run_rows.LARGEST_FRAMES // 8, dtype=np.float32), {}) for i in range(9)]
    assert run_store.frames_of(large).iterations.tolist() == [0, 3, 5, 8]
    assert run_store.frames_of(steps[:1]) is None


def test_only_the_owner_lists_renames_and_deletes_but_a_link_opens(events):
    id = kept_run(events)
    assert run_store.runs("b" * 32) == []
    run_store.rename(id, "b" * 32, "stolen")
    run_store.delete(id, "b" * 32)
    assert run_store.find(id).name == "" and run_store.open_run(id).method == "maml"
    run_store.rename(id, "a" * 32, "  a\n name'; drop table runs; -- " + "x" * 200)
    assert (
        run_store.find(id).name.startswith("a name'; drop table")
        and len(run_store.find(id).name) == run_store.MOST_NAME
    )
    run_store.delete(id, "a" * 32)
    assert run_store.find(id) is None
    with pytest.raises(RunStoreError, match="not kept here"):
        run_store.open_run(id)


def test_a_damaged_file_is_said_in_words(events):
    run_store.file().parent.mkdir()
    run_store.file().write_bytes(b"no database, " * 500)
    with pytest.raises(RunStoreError, match="damaged; move it away"):
        run_store.runs("a" * 32)


def test_a_folder_that_cannot_be_written_is_said_in_words(monkeypatch):
    monkeypatch.setenv("META_RUNS_DIR", "/proc/nowhere")
    with pytest.raises(RunStoreError, match="cannot be written to"):
        run_store.runs("a" * 32)


def test_a_locked_file_is_said_in_words(events, monkeypatch):
    id = kept_run(events)
    monkeypatch.setattr(run_file, "WAIT", 0.05)
    other = sqlite3.connect(run_store.file(), isolation_level=None)
    other.execute("begin exclusive")
    with pytest.raises(RunStoreError, match="another program holds"):
        run_store.rename(id, "a" * 32, "x")
    other.execute("rollback")
    assert run_store.find(id).name == ""


def test_a_full_disk_is_said_in_words_and_loses_nothing_else(events, monkeypatch):
    id = kept_run(events)
    real = sqlite3.connect

    def small(*args, **more):
        connection = real(*args, **more)
        connection.execute("pragma max_page_count = 1")
        return connection

    monkeypatch.setattr(sqlite3, "connect", small)
    with pytest.raises(RunStoreError, match="the disk is full"):
        kept_run(events)
    monkeypatch.setattr(sqlite3, "connect", real)
    assert [one.id for one in run_store.runs("a" * 32)] == [id]


def test_a_writer_that_is_killed_loses_only_what_it_wrote(events):
    first = kept_run(events)
    program = (
        "import os\nfrom core.storage import run_file\n"
        "with run_file.writing() as database:\n"
        "    database.execute('insert into parts values (?, ?, ?)', ('half', 'checkpoint', b'x' * 5_000_000))\n"
        "    database.execute('delete from runs')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    assert done.returncode == -9
    assert [one.id for one in run_store.runs("a" * 32)] == [first] and run_store.open_run(first).method == "maml"
    assert kept_run(events) in {one.id for one in run_store.runs("a" * 32)}


def test_two_servers_on_one_folder_keep_every_run():
    program = (
        "from core.storage import run_store\nfrom core.storage.checkpoints import from_events\n"
        "from core.registry import config_for, train\n"
        f"config = config_for('maml', 'sinusoid').updated(**{SHORT!r})\n"
        "found = list(train(config))\n"
        "for _ in range(20):\n"
        "    run_store.store(from_events(config, found), 'a' * 32, frames=run_store.frames_of(found))\n"
    )
    servers = [subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) for _ in range(2)]
    assert [one.wait(60) for one in servers] == [0, 0]
    runs = run_store.runs("a" * 32)
    assert len(runs) == 40 and len({one.id for one in runs}) == 40
    assert all(run_store.open_run(one.id).method == "maml" for one in runs)


def test_a_thousand_runs_are_listed_in_a_moment(events):
    run_of = from_events(events_config(), events)
    frames = run_store.frames_of(events)
    for _ in range(20):
        run_store.store(run_of, "a" * 32, frames=frames)
    with run_file.writing() as database:  # fifty copies of each
        for i in range(49):
            database.execute(
                f"insert into runs select id || '{i}', {run_store.COLUMNS[4:]} from runs where length(id) = 32"
            )
            database.execute(f"insert into parts select run || '{i}', kind, data from parts where length(run) = 32")
    assert len(run_store.runs("a" * 32)) == 1000


def test_a_run_of_the_pool_is_kept_and_its_script_gives_the_same_evaluation(tmp_path):
    pool = jobs.Pool(1, keep=shared.store)
    try:
        config = MamlConfig(**SHORT, meta_batch=5)
        job = pool.wait(pool.start(config, "c" * 32))
        end = time.monotonic() + 20
        while not job.kept and time.monotonic() < end:
            time.sleep(0.05)
        assert job.kept == "kept"
        stopped = pool.start(config.updated(iterations=100_000, snapshot_every=20), "c" * 32)
        while len(stopped.steps) < 5:
            time.sleep(0.05)
        pool.cancel(stopped)
        pool.wait(stopped)
    finally:
        pool.close()
    assert {one.state for one in run_store.runs("c" * 32)} == {"done", "cancelled"}
    for one in run_store.runs("c" * 32):
        back = run_store.open_run(one.id)
        file = tmp_path / "again.py"
        file.write_text(script(back, file.name), encoding="utf-8")
        told = subprocess.run(
            [sys.executable, str(file)], cwd=ROOT, capture_output=True, text=True, check=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        last = told.stdout.splitlines()[-1]
        if back.evaluation is not None:
            assert last == str(back.evaluation.to_json())
        assert f"'iteration': {back.snapshot.iteration}" in last and back.snapshot.iteration > 0
