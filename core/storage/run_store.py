"""Finished and cancelled runs, stored in one SQLite file in the data folder, so that a restart loses nothing.

A run is a row for the list and, beside it, its checkpoint (the same bytes as a .npz file) and its frames:
theta at points on the way, for a replay. Every function opens the file for itself, so that a file that is
damaged, locked or on a full disk fails only that call, in words.
"""

import contextlib
import io
import json
import re
import sqlite3
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from core.events import Evaluation, Event, FewShotEvaluation, Snapshot
from core.folders import runs_folder
from core.memory_events import BitErrors, ByInstance, ByPoint
from core.registry import task_name
from core.storage import checkpoints
from core.storage.checkpoints import Checkpoint, CheckpointError

FILE = "runs-v1.sqlite"
WAIT = 5.0  # seconds that a writer waits for another
MOST_NAME = 80
MOST_FRAMES = 24
LARGEST_FRAMES = 8 * 2**20  # bytes of the frames of a run before they are packed; larger networks have fewer
SCHEMA = """
create table if not exists runs (
    id text primary key, owner text not null, name text not null, made real not null, algorithm text not null,
    task text not null, state text not null, reason text not null, iteration integer not null, seconds real not null,
    score text not null, config text not null, versions text not null
);
create index if not exists runs_by_owner on runs (owner, made desc);
create table if not exists parts (run text not null, kind text not null, data blob not null, primary key (run, kind));
"""
COLUMNS = "id, owner, name, made, algorithm, task, state, reason, iteration, seconds, score, config, versions"


class RunStoreError(RuntimeError):
    """Stored runs cannot be read or written now; the text says why."""


@dataclass(frozen=True)
class StoredRun:
    """A stored run as a list shows it. made: seconds since 1970; score: of its evaluation, in words, or nothing;
    config, versions: JSON texts.
    """

    id: str
    owner: str
    name: str
    made: float
    algorithm: str
    task: str
    state: str
    reason: str
    iteration: int
    seconds: float
    score: str
    config: str
    versions: str


@dataclass(frozen=True, eq=False)
class Frames:
    """Theta on the way: iterations [n], thetas [n, parameters], as half floats."""

    iterations: np.ndarray
    thetas: np.ndarray


def file() -> Path:
    """Return the file that holds all runs."""
    return runs_folder() / FILE


@contextlib.contextmanager
def _open() -> Iterator[sqlite3.Connection]:
    """Open a connection whose changes are written when the block ends, all or none. Raises RunStoreError."""
    path = file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(path, timeout=WAIT)) as connection:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = normal")
            with connection:
                connection.executescript(SCHEMA)
            with connection:
                yield connection
    except (sqlite3.Error, OSError) as error:
        raise RunStoreError(_in_words(error, path)) from None


def _in_words(error: Exception, path: Path) -> str:
    text = str(error)
    if "locked" in text:
        return f"another program holds {path.name}; try again"
    if "malformed" in text or "not a database" in text:
        return f"{path.name} is damaged; move it away, and a new one is made"
    if "full" in text or getattr(error, "errno", 0) == 28:
        return "the disk is full"
    if "readonly" in text or "unable to open" in text or isinstance(error, OSError):
        return f"the folder {path.parent} cannot be written to"
    return f"{path.name} cannot be used ({text[:80]})"


def store(
    run: Checkpoint, owner: str, id: str = "", state: str = "imported", reason: str = "", seconds: float = 0.0,
    frames: Frames | None = None, name: str = ""
) -> str:  # fmt: skip
    """Store a run of `owner`, as it came from a job or from a file; returns its id. Raises RunStoreError."""
    row = row_of(run, owner, id or uuid.uuid4().hex, state, reason, seconds, name)
    parts = {"checkpoint": checkpoints.to_bytes(run)} | ({"frames": _packed(frames)} if frames else {})
    with _open() as database:
        marks = ", ".join("?" * len(fields(StoredRun)))
        database.execute(
            f"insert or replace into runs ({COLUMNS}) values ({marks})",
            [getattr(row, field.name) for field in fields(StoredRun)],
        )
        for kind, data in parts.items():
            database.execute("insert or replace into parts values (?, ?, ?)", (row.id, kind, data))
    return row.id


def row_of(
    run: Checkpoint, owner: str, id: str, state: str, reason: str = "", seconds: float = 0.0, name: str = ""
) -> StoredRun:
    """Return a run as a row of the list."""
    return StoredRun(
        id, owner, name[:MOST_NAME], time.time(), run.method, task_name(run.config), state,
        reason, run.steps[-1].iteration if run.steps else run.snapshot.iteration, seconds, score_of(run),
        json.dumps(run.config.flat()), json.dumps(run.about.versions)
    )  # fmt: skip


def score_of(run: Checkpoint) -> str:
    """Return the score of a run's evaluation, or of the end of its curve, in a few words."""
    match run.evaluation:
        case FewShotEvaluation(accuracy=accuracy, ci95=half):
            return f"{accuracy:.1%} ± {half:.1%}"
        case BitErrors(lengths=lengths, bit_errors_per_sequence=wrong):
            return f"{wrong[0]:.2g} wrong bits at length {lengths[0]}"
        case ByInstance(accuracy_by_instance=accuracies):
            return f"{accuracies[1]:.1%} at the 2nd picture"
        case ByPoint(mse_by_point=errors) | Evaluation(loss_by_step=errors):
            return f"MSE {errors[-1]:.3g}"
    last = run.steps[-1] if run.steps else None
    if last is None:
        return ""
    return f"MSE {last.after:.3g}" if last.accuracy_after is None else f"{last.accuracy_after:.1%}"


def frames_of(events: Sequence[Event]) -> Frames | None:
    """Return theta at evenly chosen snapshots, the first and the last among them; None where there are fewer than 2."""
    snapshots = list({event.iteration: event for event in events if isinstance(event, Snapshot)}.values())
    if len(snapshots) < 2:
        return None
    most = min(MOST_FRAMES, max(2, LARGEST_FRAMES // (2 * len(snapshots[0].theta))))
    chosen = [snapshots[i] for i in np.unique(np.linspace(0, len(snapshots) - 1, most).round().astype(int))]
    with np.errstate(over="ignore"):
        thetas = np.stack([snapshot.theta for snapshot in chosen]).astype(np.float16)
    return Frames(np.array([snapshot.iteration for snapshot in chosen]), thetas)


def ends_of(run: Checkpoint) -> Frames:
    """Return where a run began and where it ended, if nothing in between is known."""
    thetas = np.stack([run.start, run.snapshot.theta]).astype(np.float16)
    return Frames(np.array([0, run.snapshot.iteration]), thetas)


def _packed(frames: Frames) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, iterations=frames.iterations, thetas=frames.thetas)
    return buffer.getvalue()


def runs(owner: str) -> list[StoredRun]:
    """Return all runs of `owner`, the newest first. Raises RunStoreError."""
    with _open() as database:
        rows = database.execute(f"select {COLUMNS} from runs where owner = ? order by made desc", (owner,)).fetchall()
    return [StoredRun(*row) for row in rows]


def find(id: str) -> StoredRun | None:
    """Return the run `id`, whoever made it: everybody with its link may see it. Raises RunStoreError."""
    with _open() as database:
        row = database.execute(f"select {COLUMNS} from runs where id = ?", (id,)).fetchone()
    return StoredRun(*row) if row else None


def _part(id: str, kind: str) -> bytes | None:
    with _open() as database:
        row = database.execute("select data from parts where run = ? and kind = ?", (id, kind)).fetchone()
    return bytes(row[0]) if row else None


def checkpoint_of(id: str) -> bytes:
    """Return the checkpoint of a run as the bytes of a file. Raises RunStoreError."""
    data = _part(id, "checkpoint")
    if data is None:
        raise RunStoreError("this run is not kept here")
    return data


def open_run(id: str) -> Checkpoint:
    """Return a run with its curve, its evaluation and its theta. Raises RunStoreError."""
    try:
        return checkpoints.from_bytes(checkpoint_of(id), "the kept run")
    except CheckpointError as error:
        raise RunStoreError(str(error)) from None


def replay_of(id: str) -> Frames | None:
    """Return theta on the way, where it was stored. Raises RunStoreError."""
    data = _part(id, "frames")
    if data is None:
        return None
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return Frames(file["iterations"], file["thetas"])
    except (ValueError, OSError, KeyError):
        raise RunStoreError("the kept run is damaged") from None


def rename(id: str, owner: str, name: str) -> None:
    """Give a run of `owner` another name. Raises RunStoreError."""
    plain = re.sub(r"\s+", " ", name).strip()[:MOST_NAME]
    with _open() as database:
        database.execute("update runs set name = ? where id = ? and owner = ?", (plain, id, owner))


def delete(id: str, owner: str) -> None:
    """Delete a run of `owner`. Raises RunStoreError."""
    with _open() as database:
        if database.execute("delete from runs where id = ? and owner = ?", (id, owner)).rowcount:
            database.execute("delete from parts where run = ?", (id,))
