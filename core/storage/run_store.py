"""Finished and cancelled runs, stored in one SQLite file in the data folder, so that a restart loses nothing.

A run is a row for the list and, beside it, its checkpoint (the same bytes as a .npz file) and its frames:
theta at points on the way, for a replay. Every function opens the file for itself, so that a file that is
damaged, locked or on a full disk fails only that call, in words. What comes out of the file is typed and bounded;
a run that is damaged is left out of the list and counted. An owner has a quota, and old runs are removed.
"""

import json
import os
import sqlite3
import time
import uuid
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path

from core.options import ConfigError
from core.registry import task_name
from core.runtime.limits import Limits, from_environment
from core.storage import checkpoints
from core.storage.checkpoints import Checkpoint, CheckpointError
from core.storage.run_file import RunStoreError, file, making_room, owner_hash, reading, writing
from core.storage.run_rows import (
    COLUMNS,
    ID,
    MOST_NAME,
    MOST_TEXT,
    DamagedError,
    Frames,
    StoredRun,
    as_frames,
    frames_of,
    pack,
    plain_name,
    row_from,
    unpack,
)  # fmt: skip
from core.words import Words

__all__ = ["MOST_NAME", "Frames", "RunStoreError", "StoredRun", "file", "frames_of"]
DAY = 24 * 3600.0
DELETE = "delete some on the page Your runs"


@dataclass(frozen=True)
class Usage:
    """What an owner has stored: runs, bytes, and how many of the runs are damaged."""

    runs: int
    bytes: int
    damaged: int


def limits() -> Limits:
    """Return the limits of this server, quotas among them. Raises RunStoreError."""
    try:
        return from_environment()
    except ConfigError as error:
        raise RunStoreError(error.args[0]) from None


def _oldest() -> float:
    """Return when the oldest run ended that is still kept, in seconds since 1970."""
    days = limits().runs_days
    return time.time() - days * DAY if days else 0.0


def store(
    run: Checkpoint, owner: str, id: str = "", state: str = "imported", reason: str = "", seconds: float = 0.0,
    frames: Frames | None = None, name: str = ""
) -> str:  # fmt: skip
    """Store a run of `owner`, as it came from a job or from a file; returns its id.

    Runs that are too old are removed. Raises RunStoreError, also where the run would exceed a quota.
    """
    row = row_of(run, owner, id or uuid.uuid4().hex, state, reason, seconds, name)
    parts = {"checkpoint": checkpoints.to_bytes(run)} | ({"frames": pack(frames)} if frames else {})
    size = sum(map(len, parts.values()))
    values = [getattr(row, field.name) for field in fields(StoredRun)]
    try:
        row_from(values)
    except DamagedError:
        raise RunStoreError(Words("the run holds numbers or texts that are too large to keep")) from None
    quota, oldest = limits(), _oldest()
    with writing() as database:
        _remove(database, "id = ? or made < ?", row.id, oldest)
        _check_quota(database, row.owner_hash, size, quota)
        marks = ", ".join("?" * len(values))
        database.execute(f"insert into runs ({COLUMNS}) values ({marks})", values)
        for kind, data in parts.items():
            database.execute("insert or replace into parts values (?, ?, ?)", (row.id, kind, data))
    return row.id


def _check_quota(database: sqlite3.Connection, hash: str, size: int, quota: Limits) -> None:
    count = database.execute("select count(*) from runs where owner = ?", (hash,)).fetchone()[0]
    taken = _bytes_of(database, hash)
    if quota.runs_owner and count >= quota.runs_owner:
        raise RunStoreError(
            Words(f"you have {{count}} runs, the most that this server keeps of a learner; {DELETE}", count=count)
        )
    if quota.runs_owner_mb and taken + size > quota.runs_owner_mb * 2**20:
        text = f"with it your runs would take {{size:.1f}} MB, and this server keeps {{most}} MB of a learner; {DELETE}"
        raise RunStoreError(Words(text, size=(taken + size) / 2**20, most=quota.runs_owner_mb))
    pages, free, page = (
        database.execute(f"pragma {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    in_all = database.execute("select count(*) from runs").fetchone()[0]
    full = quota.runs_mb and (pages - free) * page + size > quota.runs_mb * 2**20
    if full or (quota.runs and in_all >= quota.runs):
        raise RunStoreError(Words(f"the runs of all learners fill the room that this server has for them; {DELETE}"))


def _bytes_of(database: sqlite3.Connection, hash: str) -> int:
    """Return the bytes of all parts of an owner's runs; SQLite knows lengths without reading what is so long."""
    query = "select total(length(data)) from parts where run in (select id from runs where owner = ?)"
    return int(database.execute(query, (hash,)).fetchone()[0])


def _remove(database: sqlite3.Connection, which: str, *values: object) -> int:
    """Remove the runs for which the SQL condition `which` holds, with their parts; returns how many."""
    database.execute(f"delete from parts where run in (select id from runs where {which})", values)
    return database.execute(f"delete from runs where {which}", values).rowcount


def row_of(
    run: Checkpoint, owner: str, id: str, state: str, reason: str = "", seconds: float = 0.0, name: str = ""
) -> StoredRun:
    """Return a run as a row of the list; `owner` may be nobody, the empty text."""
    return StoredRun(
        id, owner_hash(owner) if owner else "", plain_name(name), time.time(), run.method, task_name(run.config),
        state, reason[:MOST_TEXT], run.steps[-1].iteration if run.steps else run.snapshot.iteration, seconds,
        score_of(run)[:MOST_TEXT], json.dumps(run.config.flat()),
        json.dumps(run.about.versions),
    )  # fmt: skip


def score_of(run: Checkpoint) -> str:
    """Return the score of a run's evaluation, or of the end of its curve, in a few words."""
    if run.evaluation is not None:
        return run.evaluation.brief
    last = run.steps[-1] if run.steps else None
    if last is None:
        return ""
    return f"MSE {last.after:.3g}" if last.accuracy_after is None else f"{last.accuracy_after:.1%}"


def ends_of(run: Checkpoint) -> Frames:
    """Return where a run began and where it ended, if nothing in between is known."""
    return as_frames([0, run.snapshot.iteration], [run.start, run.snapshot.theta])


def is_owner(run: StoredRun, owner: str) -> bool:
    """Return whether a run is one of `owner`."""
    return bool(owner) and run.owner_hash == owner_hash(owner)


def runs(owner: str) -> list[StoredRun]:
    """Return all runs of `owner` that are not damaged, the newest first. Raises RunStoreError."""
    return [row for _, row in _rows(owner) if row]


def of_method(owner: str, algorithm: str, most: int = 50) -> list[StoredRun]:
    """Return the newest runs of a method that `owner` has, without damaged ones. Raises RunStoreError."""
    where = "owner = ? and algorithm = ? and coalesce(made < ?, 0) = 0"
    query = f"select {COLUMNS} from runs where {where} order by made desc limit ?"
    with reading() as database:
        rows = database.execute(query, (owner_hash(owner), algorithm, _oldest(), most)).fetchall()
    return [row for row in map(_row_or_none, rows) if row]


def usage(owner: str) -> Usage:
    """Return what `owner` has stored. Raises RunStoreError."""
    with reading() as database:
        size = _bytes_of(database, owner_hash(owner))
    rows = _rows(owner)
    return Usage(len(rows), size, sum(row is None for _, row in rows))


def _rows(owner: str) -> list[tuple[int, StoredRun | None]]:
    """Return the number in the file and the values of each run of `owner`; no values where it is damaged."""
    query = f"select rowid, {COLUMNS} from runs where owner = ? and coalesce(made < ?, 0) = 0 order by made desc"
    with reading() as database:
        rows = database.execute(query, (owner_hash(owner), _oldest())).fetchall()
    return [(number, _row_or_none(values)) for number, *values in rows]


def _row_or_none(values: list[object]) -> StoredRun | None:
    try:
        return row_from(values)
    except DamagedError:
        return None


def find(id: str) -> StoredRun | None:
    """Return the run `id`, whoever made it: everybody with its link may see it. Raises RunStoreError."""
    if not ID.fullmatch(id):
        return None
    with reading() as database:
        query = f"select {COLUMNS} from runs where id = ? and coalesce(made < ?, 0) = 0"
        values = database.execute(query, (id, _oldest())).fetchone()
    try:
        return row_from(values) if values else None
    except DamagedError:
        raise RunStoreError(Words("the kept run is damaged")) from None


def _part(id: str, kind: str) -> bytes | None:
    with reading() as database:
        row = database.execute("select data from parts where run = ? and kind = ?", (id, kind)).fetchone()
    if row and not isinstance(row[0], bytes):
        raise RunStoreError(Words("the kept run is damaged"))
    return row[0] if row else None


def checkpoint_of(id: str) -> bytes:
    """Return the checkpoint of a run as the bytes of a file. Raises RunStoreError."""
    data = _part(id, "checkpoint")
    if data is None:
        raise RunStoreError(Words("this run is not kept here"))
    return data


def open_run(id: str) -> Checkpoint:
    """Return a run with its curve, its evaluation and its theta. Raises RunStoreError."""
    try:
        return checkpoints.from_bytes(checkpoint_of(id), "the kept run")
    except CheckpointError as error:
        raise RunStoreError(error.args[0]) from None


def replay_of(id: str, run: Checkpoint) -> Frames:
    """Return theta on the way of the run `id`, or its ends where no more was stored. Raises RunStoreError."""
    data = _part(id, "frames")
    if data is None:
        return ends_of(run)
    try:
        frames = unpack(data)
    except DamagedError:
        raise RunStoreError(Words("the kept run is damaged")) from None
    if frames.thetas.shape[1] != len(run.snapshot.theta):
        raise RunStoreError(Words("the kept run is damaged"))
    return frames


def rename(id: str, owner: str, name: str) -> None:
    """Give a run of `owner` another name. Raises RunStoreError."""

    def change() -> None:
        with writing() as database:
            database.execute(
                "update runs set name = ? where id = ? and owner = ?", (plain_name(name), id, owner_hash(owner))
            )

    making_room(change)


def delete(id: str, owner: str) -> None:
    """Delete a run of `owner`. Raises RunStoreError."""

    def change() -> None:
        with writing() as database:
            _remove(database, "id = ? and owner = ?", id, owner_hash(owner))

    making_room(change)


def delete_damaged(owner: str) -> None:
    """Delete the runs of `owner` that are damaged. Raises RunStoreError."""
    numbers = [number for number, row in _rows(owner) if row is None]

    def change() -> None:
        with writing() as database:
            for number in numbers:
                _remove(database, "rowid = ? and owner = ?", number, owner_hash(owner))

    making_room(change)


def remove_old() -> int:
    """Remove the runs of all owners that are older than this server keeps; returns how many. Raises RunStoreError."""

    def change() -> int:
        with writing() as database:
            return _remove(database, "made < ?", _oldest())

    return making_room(change)


def back_up(target: Path) -> None:
    """Write a consistent copy of the file, readable by this user alone, also while a server uses it.

    Raises RunStoreError, also where `target` exists already.
    """
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        raise RunStoreError(Words("{file} exists already; name a new file", file=str(target))) from None
    except OSError:
        raise RunStoreError(Words("{file} cannot be written", file=str(target))) from None
    try:
        with reading() as database, closing(sqlite3.connect(target)) as copy:
            database.backup(copy)
    except RunStoreError:
        target.unlink(missing_ok=True)
        raise
