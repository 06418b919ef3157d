"""The file of kept runs, damaged in every way that we could think of: words, and never another error.

KEPT_MUTATIONS=30000 python -m pytest tests/core/test_kept_fuzz.py    each of three tests tries so many
"""

import contextlib
import io
import os
import random
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.storage import checkpoints, run_file, run_rows, run_store
from core.storage.checkpoints import shipped
from core.storage.program import script
from core.storage.run_rows import LAST_YEAR, MOST_COUNT, MOST_FRAMES
from core.storage.run_store import RunStoreError

ME = "a" * 32
MUTATIONS = int(os.environ.get("KEPT_MUTATIONS", "300"))
MANY = 50  # rows of one file
COLUMNS = ("rowid", *run_rows.COLUMNS.split(", "))
NUMBERS = (
    0, 1, -1, 0.5, -0.0, 1e300, -1e300, 9e999, -9e999, 2**63 - 1, -(2**63), 10**13, LAST_YEAR, LAST_YEAR * 1.001, 5e-324
)  # fmt: skip
OBJECT = '{"iterations": "many"}'
TEXTS = (
    "", "x", "\0", "\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace"), "x" * 10_000, "1", "nan",
    "{", "[]", "null", '{"a": NaN}', '{"a": 1e999}', '{"a": ' + "9" * 5000 + "}", "[" * 5000, '{"a":' * 3000, "\u202ex",
    OBJECT, "done", "../../etc/passwd", "%s %d {x} {0}", "2000-01-01", "maml", "sinusoid", "ŝ" * 90,
)  # fmt: skip
BLOBS = (b"", b"\0", b"PK", b"\xff" * 100, b"x" * 100_000)
VALUES = (*NUMBERS, *TEXTS, *BLOBS, None)


@pytest.fixture(scope="module")
def ids() -> list[str]:
    return [f"{i:032x}" for i in range(2)]


@pytest.fixture(scope="module")
def whole(ids, tmp_path_factory) -> Path:
    """A file of two small runs as they should be."""
    folder = tmp_path_factory.mktemp("whole")
    run = shipped("maml-sinusoid")
    run = replace(run, steps=run.steps[:4], snapshot=replace(run.snapshot, optimizer={}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("META_RUNS_DIR", str(folder))
        for id in ids:
            run_store.store(run, ME, id=id, state="done", frames=run_store.ends_of(run), name="a name")
        return run_store.file()


def some_bytes(data: bytes, chance: random.Random) -> bytes:
    """Change, drop, repeat or cut off a few bytes."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        at = chance.randrange(len(changed) + 1)
        size = chance.choice((1, 1, 2, 4, 16, 512, 4096))
        match chance.randrange(6):
            case 0:
                changed[at : at + size] = chance.randbytes(len(changed[at : at + size]))
            case 1:
                changed[at : at + 1] = bytes([chance.choice((0, 1, 0x7F, 0x80, 0xFF))])
            case 2:
                changed[at : at + size] = b""
            case 3:
                changed[at:at] = changed[at : at + size]
            case 4:
                other = chance.randrange(len(changed) + 1)
                changed[at : at + size] = changed[other : other + size]
            case 5 if chance.random() < 0.1:
                del changed[at:]
    return bytes(changed)


def damage_bytes(file: Path, chance: random.Random) -> None:
    file.write_bytes(some_bytes(file.read_bytes(), chance))


def damage_values(file: Path, chance: random.Random) -> None:
    """Put values of any type into columns, past the promises of the tables."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as database:
        for _ in range(chance.choice((1, 1, 2, 4))):
            column, value = chance.choice(COLUMNS), chance.choice(VALUES)
            where = chance.choice(("", " where rowid = 1", " where rowid > 1"))
            with contextlib.suppress(sqlite3.IntegrityError, sqlite3.OperationalError):
                database.execute(f"update runs set {column} = ?{where}", (value,))
        if chance.random() < 0.3:
            column = chance.choice(("run", "kind", "data"))
            with contextlib.suppress(sqlite3.IntegrityError):
                database.execute(f"update parts set {column} = ? where rowid = 1", (chance.choice(VALUES),))


def damage_loose(file: Path, chance: random.Random) -> None:
    """Replace the tables by ones that promise nothing, so that NULL and double ids are possible too."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("create table loose as select * from runs")
        database.execute("drop table runs")
        database.execute("alter table loose rename to runs")
    damage_values(file, chance)


def damage_parts(file: Path, chance: random.Random) -> None:
    """Change a run's checkpoint or frames: bytes of the zip, or a whole array."""
    kind = chance.choice(("checkpoint", "frames"))
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as database:
        query = "select rowid, data from parts where kind = ? limit 1"
        number, data = database.execute(query, (kind,)).fetchone()
        new = some_bytes(data, chance) if chance.random() < 0.4 else other_array(data, chance)
        database.execute("update parts set data = ? where rowid = ?", (new, number))


def other_array(data: bytes, chance: random.Random) -> bytes:
    """Replace one array of an .npz file."""
    with np.load(io.BytesIO(data)) as file:
        arrays = dict(file)
    name = chance.choice([*arrays])
    array = arrays[name]
    changes: tuple[Callable[[], np.ndarray], ...] = (
        lambda: array.astype("S"), lambda: array.astype("U"), lambda: np.array(chance.choice(TEXTS)),
        lambda: array[None], lambda: array[:0], lambda: np.zeros(chance.choice((0, 1, 1000)), "f2"),
        lambda: np.array(chance.choice((np.nan, np.inf, 1e300, -1))), lambda: np.arange(MOST_FRAMES + 1),
        lambda: np.array([MOST_COUNT * 10] * 2), lambda: np.zeros((2, 3, 4), "f2"), lambda: np.array([True, False]),
        lambda: np.array([0, 1], "M8[s]"), lambda: np.array(1j), lambda: np.full((2, 1761), np.nan, "f2"),
        lambda: np.zeros((2, 5), "f2"), lambda: array[::-1] if array.ndim else array,
    )  # fmt: skip
    with contextlib.suppress(ValueError, TypeError, IndexError):
        arrays[name] = chance.choice(changes)()
    if chance.random() < 0.1:
        del arrays[name]
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


DAMAGES = (damage_bytes, damage_values, damage_loose, damage_parts)


def use(ids: list[str], opened: bool, exported: bool) -> set[str]:
    """Do all that a page does with kept runs; returns what went wrong, in words."""
    said = set[str]()

    def do(action: Callable[[], object]) -> object:
        try:
            return action()
        except RunStoreError as error:
            said.add(str(error))
            return None

    listed = do(lambda: run_store.runs(ME))
    usage = do(lambda: run_store.usage(ME))
    assert listed is None or usage is None or usage.damaged + len(listed) == usage.runs
    for id in dict.fromkeys([*ids, *(run.id for run in listed or [])]):
        row = do(lambda id=id: run_store.find(id))
        if row:
            assert (
                0 <= row.made <= LAST_YEAR
                and len(row.name) <= run_rows.MOST_NAME
                and run_store.is_owner(row, ME) in (0, 1)
            )
        run = do(lambda id=id: run_store.open_run(id)) if opened else None
        if run is not None:
            do(lambda id=id, run=run: run_store.replay_of(id, run))
            if exported:
                checkpoints.to_bytes(run)
                script(run, "again.py")
    do(lambda: run_store.rename(ids[0], ME, "another"))
    do(lambda: run_store.delete(ids[1], ME))
    do(lambda: run_store.delete_damaged(ME))
    do(run_store.remove_old)
    return said


def test_a_damaged_file_is_said_in_words_whatever_was_damaged(whole, ids, tmp_path, monkeypatch):
    monkeypatch.setenv("META_RUNS_DIR", str(tmp_path))
    monkeypatch.setattr(run_file, "WAIT", 0.1)
    run_store.file().parent.mkdir(exist_ok=True)
    run_store.file().with_name(run_file.RESERVE).touch()
    said, intact = set[str](), 0
    for seed in range(MUTATIONS // 3):
        chance = random.Random(seed)
        for path in run_store.file().parent.glob("runs-v1*"):
            path.unlink()
        shutil.copyfile(whole, run_store.file())
        damage = DAMAGES[seed % len(DAMAGES)]
        try:
            damage(run_store.file(), chance)
            words = use(ids, damage is not damage_values, damage is damage_parts)
        except Exception as error:
            raise AssertionError(f"{damage.__name__} with seed {seed}") from error
        said |= words
        intact += not words
    assert 0 < intact < MUTATIONS // 3 and len(said) >= 3


def test_rows_of_any_values_are_listed_opened_and_deleted_or_said_to_be_damaged(whole, tmp_path, monkeypatch):
    monkeypatch.setenv("META_RUNS_DIR", str(tmp_path))
    run_store.file().parent.mkdir()
    names = run_rows.COLUMNS.split(", ")
    for seed in range(-(-MUTATIONS // MANY)):
        chance = random.Random(seed)
        shutil.copyfile(whole, run_store.file())
        with contextlib.closing(sqlite3.connect(run_store.file(), isolation_level=None)) as database:
            row = database.execute(f"select {run_rows.COLUMNS} from runs limit 1").fetchone()
            database.execute("drop table runs")
            database.execute(f"create table runs ({run_rows.COLUMNS})")  # of any type
            ids = [f"{i:032x}" for i in range(MANY)]
            rows = [dict(zip(names, row, strict=True)) | {"id": id} for id in ids]
            for values in rows:
                for name in chance.choices(names, k=chance.choice((1, 1, 2, 4))):
                    values[name] = chance.choice(VALUES)
            marks = ", ".join("?" * len(names))
            database.executemany(f"insert into runs values ({marks})", [[*values.values()] for values in rows])
        listed, usage = run_store.runs(ME), run_store.usage(ME)
        assert usage.damaged + len(listed) == usage.runs <= MANY
        for id in ids[:: MANY // 5]:
            with contextlib.suppress(RunStoreError):
                run = run_store.find(id)
                assert run is None or 0 <= run.made <= LAST_YEAR
        run_store.delete_damaged(ME)
        assert run_store.usage(ME).damaged == 0 and run_store.runs(ME) == listed


def test_parts_of_any_bytes_are_read_or_said_to_be_damaged(whole):
    with contextlib.closing(sqlite3.connect(whole)) as database:
        query = "select data from parts where kind = ? limit 1"
        checkpoint, frames = (database.execute(query, (kind,)).fetchone()[0] for kind in ("checkpoint", "frames"))
    for seed in range(MUTATIONS):
        chance = random.Random(seed)
        damage = chance.choice((some_bytes, other_array))
        with contextlib.suppress(run_rows.DamagedError):
            assert run_rows.unpack(damage(frames, chance)).thetas.dtype == np.float16
        if seed % 4 == 0:
            with contextlib.suppress(checkpoints.CheckpointError):
                run = checkpoints.from_bytes(damage(checkpoint, chance), "the kept run")
                assert run_rows.row_from([*vars(run_store.row_of(run, ME, "x", "done")).values()])


@pytest.mark.parametrize("value", [value for value in VALUES if value != OBJECT], ids=lambda value: repr(value)[:20])
def test_a_damaged_row_is_left_out_and_counted_and_the_others_are_listed(whole, ids, tmp_path, monkeypatch, value):
    monkeypatch.setenv("META_RUNS_DIR", str(tmp_path))
    run_store.file().parent.mkdir()
    shutil.copyfile(whole, run_store.file())
    with contextlib.closing(sqlite3.connect(run_store.file(), isolation_level=None)) as database:
        database.execute("create table loose as select * from runs")
        database.execute("drop table runs")
        database.execute("alter table loose rename to runs")
        database.execute("update runs set config = ? where id = ?", (value, ids[0]))
    assert run_store.usage(ME).damaged == 1 and {run.id for run in run_store.runs(ME)} == set(ids[1:])
    with pytest.raises(RunStoreError, match="the kept run is damaged"):
        run_store.find(ids[0])
    run_store.delete_damaged(ME)
    assert run_store.usage(ME).damaged == 0 and len(run_store.runs(ME)) == 1


def test_frames_that_unpack_to_very_much_are_not_unpacked():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("thetas.npy", b"\0" * (run_rows.LARGEST_UNPACKED + 1))
    with pytest.raises(run_rows.DamagedError, match="too large"):
        run_rows.unpack(buffer.getvalue())


def test_frames_keep_what_half_floats_cannot_hold_at_their_edge():
    frames = run_rows.as_frames([0, 1], [np.full(3, 1e30, "f4"), np.full(3, -np.inf, "f4")])
    assert np.isfinite(frames.thetas).all() and run_rows.unpack(run_rows.pack(frames)).thetas[1, 0] == -65504
