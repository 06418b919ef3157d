"""The file of kept runs: private, brought up to date, within its quotas, and usable on a full disk."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.commands.main import main
from core.storage import run_file, run_store
from core.storage.checkpoints import shipped
from core.storage.run_file import owner_hash
from core.storage.run_store import RunStoreError

ME, OTHER = "a" * 32, "b" * 32
posix = pytest.mark.skipif(os.name != "posix", reason="files have no modes here")


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("META_RUNS_DIR", str(tmp_path))


def kept_run(owner: str = ME, **more) -> str:
    run = shipped("maml-sinusoid")
    return run_store.store(run, owner, frames=run_store.ends_of(run), **more)


def made(id: str, days_ago: float) -> None:
    with run_file.writing() as database:
        database.execute("update runs set made = ? where id = ?", (time.time() - days_ago * run_store.DAY, id))


@posix
def test_file_and_folder_are_private_whatever_the_umask():
    before = os.umask(0)
    try:
        kept_run()
        with run_file.writing() as database:
            database.execute("insert into parts values ('x', 'y', 'z')")
            folder = run_store.file().parent
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    finally:
        os.umask(before)
    files = {"runs-v1.sqlite", "runs-v1.sqlite-journal", "reserve"}
    assert modes == {"runs": 0o700} | dict.fromkeys(files, 0o600)


def test_the_file_holds_no_owner_s_number_and_no_row_hands_it_out():
    id = kept_run()
    files = list(run_store.file().parent.iterdir())
    assert not any(ME.encode() in path.read_bytes() for path in files)
    run = run_store.find(id)
    assert ME not in f"{vars(run)}" and owner_hash(ME) not in f"{run}"
    assert run_store.is_owner(run, ME) and not run_store.is_owner(run, OTHER) and not run_store.is_owner(run, "")
    assert not run_store.is_owner(run, owner_hash(ME))
    assert run_store.runs(owner_hash(ME)) == [] and len(run_store.runs(ME)) == 1
    nobody = run_store.row_of(shipped("maml-sinusoid"), "", "shipped", "done")
    assert not run_store.is_owner(nobody, "") and not run_store.is_owner(nobody, ME)


OLD_SCHEMA = """
create table runs (
    id text primary key, owner text not null, name text not null, made real not null, algorithm text not null,
    task text not null, state text not null, reason text not null, iteration integer not null, seconds real not null,
    score text not null, config text not null, versions text not null
);
create index runs_by_owner on runs (owner, made desc);
create table parts (run text not null, kind text not null, data blob not null, primary key (run, kind));
"""


def old_file(folder: Path, runs: int = 3) -> sqlite3.Connection:
    """A file as the app wrote it before, in its folder, with what is not yet in the file in its write-ahead log."""
    database = sqlite3.connect(folder / "runs-v1.sqlite", check_same_thread=False)
    database.execute("pragma journal_mode = wal")
    database.executescript(OLD_SCHEMA)
    for i in range(runs):
        row = (f"{i:032}", ME, f"run {i}", time.time(), "maml", "sinusoid", "done", "", 40, 1.0, "MSE 1", "{}", "{}")
        database.execute(f"insert into runs values ({', '.join('?' * 13)})", row)
        database.execute("insert into parts values (?, 'checkpoint', ?)", (row[0], b"x" * 1000))
    database.commit()
    return database


def test_an_older_file_is_brought_up_to_date_once_and_loses_nothing(tmp_path):
    old_file(tmp_path).close()
    assert {run.name for run in run_store.runs(ME)} == {"run 0", "run 1", "run 2"}
    assert run_store.usage(ME).bytes == 3000 and run_store.checkpoint_of("0" * 32) == b"x" * 1000
    everything = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(ME.encode() in path.read_bytes() for path in everything)
    assert {path.name for path in tmp_path.iterdir()} == {"runs"}
    run_store.delete("0" * 32, ME)
    assert len(run_store.runs(ME)) == 2  # hashed once, not at each opening


def test_an_older_file_that_a_server_still_uses_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(run_file, "WAIT", 0.05)
    database = old_file(tmp_path)
    with pytest.raises(RunStoreError, match="another program holds"):
        run_store.runs(ME)
    database.close()
    assert len(run_store.runs(ME)) == 3


def test_an_older_file_is_waited_for_while_another_server_takes_it_over(tmp_path):
    database = old_file(tmp_path)
    release = threading.Timer(0.3, database.close)
    release.start()
    assert len(run_store.runs(ME)) == 3
    release.join()


def test_a_file_that_another_server_has_moved_is_not_made_again(tmp_path):
    """An empty file in its place would be moved over the one that holds the runs."""
    assert not run_file._take_in_log(tmp_path / "runs-v1.sqlite")
    assert not (tmp_path / "runs-v1.sqlite").exists()


def test_servers_that_start_together_bring_it_up_to_date_together(tmp_path):
    old_file(tmp_path).close()
    program = f"from core.storage import run_store; assert len(run_store.runs({ME!r})) == 3"
    servers = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(3)]
    assert [server.wait(60) for server in servers] == [0, 0, 0]


def test_a_learner_keeps_so_many_runs_and_no_more(monkeypatch):
    monkeypatch.setenv("META_RUNS_OWNER", "2")
    kept = {kept_run(), kept_run()}
    with pytest.raises(RunStoreError, match=r"you have 2 runs, the most .*; delete some on the page Your runs"):
        kept_run()
    assert {run.id for run in run_store.runs(ME)} == kept and kept_run(OTHER)
    run_store.delete(kept.pop(), ME)
    assert kept_run()


def test_a_learner_keeps_so_many_megabytes_and_no_more(monkeypatch):
    size = run_store.usage(ME).bytes
    assert size == 0
    kept_run()
    size = run_store.usage(ME).bytes
    monkeypatch.setenv("META_RUNS_OWNER_MB", "1")
    most = 2**20 // size
    for _ in range(most - 1):
        kept_run()
    with pytest.raises(RunStoreError, match=r"would take 1\.\d MB, and this server keeps 1 MB of a learner"):
        kept_run()
    assert run_store.usage(ME).runs == most and run_store.usage(ME).bytes == most * size


def test_all_together_keep_so_many_runs_and_megabytes(monkeypatch):
    ids = [kept_run(f"{i:032}") for i in range(5)]
    monkeypatch.setenv("META_RUNS", "5")
    with pytest.raises(RunStoreError, match="the runs of all learners fill the room"):
        kept_run(OTHER)
    monkeypatch.delenv("META_RUNS")
    monkeypatch.setenv("META_RUNS_MB", "1")
    with pytest.raises(RunStoreError, match="the runs of all learners fill the room"):
        for i in range(1000):
            kept_run(f"{i:032}")
    assert run_store.file().stat().st_size < 1.1 * 2**20
    for i, id in enumerate(ids):
        run_store.delete(id, f"{i:032}")
    assert kept_run(OTHER)  # the room of deleted runs is used again


def test_a_run_that_is_stored_again_replaces_itself(monkeypatch):
    monkeypatch.setenv("META_RUNS_OWNER", "1")
    id = kept_run(name="first")
    assert kept_run(id=id, name="second") == id
    assert [run.name for run in run_store.runs(ME)] == ["second"]


def test_old_runs_are_gone_after_the_days_that_the_server_says(monkeypatch):
    young, old = kept_run(), kept_run()
    made(young, 364)
    made(old, 366)
    assert [run.id for run in run_store.runs(ME)] == [young] and run_store.find(old) is None
    monkeypatch.setenv("META_RUNS_DAYS", "0")
    assert len(run_store.runs(ME)) == 2
    monkeypatch.setenv("META_RUNS_DAYS", "365")
    kept_run(OTHER)  # whoever stores one removes what is too old
    with sqlite3.connect(run_store.file()) as database:
        assert database.execute("select count(*) from runs where id = ?", (old,)).fetchone() == (0,)
        assert database.execute("select count(*) from parts where run = ?", (old,)).fetchone() == (0,)
    made(young, 366)
    assert run_store.remove_old() == 1 and run_store.remove_old() == 0


def test_a_wrong_limit_is_said_in_words(monkeypatch):
    monkeypatch.setenv("META_RUNS_DAYS", "for ever")
    with pytest.raises(RunStoreError, match="META_RUNS_DAYS"):
        kept_run()


@pytest.fixture
def small_disk(tmp_path, monkeypatch) -> Iterator[Path]:
    """A real disk of four megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a file system cannot be mounted here")
    monkeypatch.setenv("META_RUNS_DIR", str(folder))
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> None:
    with (folder / "other").open("ab", buffering=0) as file:
        for size in (2**16, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue


def test_on_a_full_disk_runs_are_listed_opened_and_deleted_and_then_stored(small_disk):
    ids = [kept_run() for _ in range(6)]
    fill(small_disk)
    for _ in range(3):
        with pytest.raises(RunStoreError, match="the disk is full"):
            kept_run()
    assert len(run_store.runs(ME)) == 6 and run_store.open_run(ids[0]).method == "maml"
    for id in ids[:2]:
        fill(small_disk)  # as a log would that takes every byte
        run_store.delete(id, ME)
    run_store.rename(ids[2], ME, "still here")
    assert [run.name for run in run_store.runs(ME)] == ["", "", "", "still here"]
    (small_disk / "other").write_bytes(b"")
    assert kept_run() and run_file.file().with_name(run_file.RESERVE).stat().st_size == run_file.RESERVED


def test_on_a_full_disk_a_new_file_is_refused_in_words_and_made_later(small_disk):
    fill(small_disk)
    with pytest.raises(RunStoreError, match="the disk is full"):
        run_store.runs(ME)
    (small_disk / "other").unlink()
    assert run_store.runs(ME) == [] and kept_run()


def test_a_copy_is_whole_private_and_never_written_over_a_file(tmp_path):
    ids = {kept_run(), kept_run(OTHER)}
    copy = tmp_path / "copy" / "runs-v1.sqlite"
    with pytest.raises(RunStoreError, match="cannot be written"):
        run_store.back_up(copy)
    copy.parent.mkdir()
    run_store.back_up(copy)
    with sqlite3.connect(copy) as database:
        assert {id for (id,) in database.execute("select id from runs")} == ids
    if os.name == "posix":
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with pytest.raises(RunStoreError, match="exists already"):
        run_store.back_up(copy)


def test_the_command_copies_and_expires_and_refuses_in_words(tmp_path, capsys):
    old = kept_run()
    made(old, 400)
    copy = tmp_path / "copy.sqlite"
    assert main(["runs", "backup", str(copy)]) == 0 and copy.exists()
    assert main(["runs", "expire"]) == 0 and "removed 1 runs" in capsys.readouterr().out
    assert main(["runs", "backup", str(copy)]) == 1 and "exists already" in capsys.readouterr().err
    for wrong in (["backup"], ["expire", str(copy)], ["forget"]):
        assert main(["runs", *wrong]) == 2 and capsys.readouterr().err.startswith("error: ")
