"""What the file of runs holds, as typed and bounded values: a row of the list, and theta on the way."""

import io
import json
import math
import re
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

import numpy as np

from core.events import Event, Snapshot

MOST_NAME = 80
MOST_TEXT = 1000  # characters of a reason or a score
MOST_JSON = 100_000  # characters of a config
MOST_FRAMES = 24
LARGEST_FRAMES = 8 * 2**20  # bytes of the frames of a run before they are packed; larger networks have fewer
LARGEST_UNPACKED = 64 * 2**20  # bytes of frames that are read; a very large network has two frames all the same
LARGEST_HALF = float(np.finfo(np.float16).max)
LAST_YEAR = 253_402_300_000.0  # seconds from 1970 to the end of the year 9999
MOST_COUNT = 10**12  # updates and seconds of a run, far above any
ID = re.compile(r"[0-9A-Za-z-]{1,64}")
# control characters, halves of characters, unassigned ones; format characters of which only joiners are of use
HIDDEN = ("Cc", "Cs", "Cn", "Co", "Zl", "Zp")
JOINERS = "\u200c\u200d"


class DamagedError(ValueError):
    """A stored value is not of its type, or out of its range."""


@dataclass(frozen=True)
class StoredRun:
    """A stored run as a list shows it. made: seconds since 1970; score: of its evaluation, in words, or nothing;
    config, versions: JSON texts of objects. The owner's hash is compared by `run_store.is_owner` alone.
    """

    id: str
    owner_hash: str = field(repr=False)
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

    @property
    def ended(self) -> datetime:
        """When it ended, in UTC, without a time zone."""
        return datetime.fromtimestamp(self.made, UTC).replace(tzinfo=None)

    @property
    def title(self) -> str:
        """Its name, or its method, its task and when it ended."""
        return self.name or f"{self.algorithm} · {self.task} · {self.ended:%m-%d %H:%M:%S}"


COLUMNS = ", ".join(field.name for field in fields(StoredRun)).replace("owner_hash", "owner")


@dataclass(frozen=True, eq=False)
class Frames:
    """Theta on the way: iterations [n], thetas [n, parameters], as half floats."""

    iterations: np.ndarray
    thetas: np.ndarray


def plain_name(text: str) -> str:
    """Return a learner's text as a name: one line, at most MOST_NAME characters, none that hides or turns others."""
    seen = "".join(" " if c.isspace() else c for c in text if c.isspace() or _is_shown(c))
    return re.sub(r"\s+", " ", seen).strip()[:MOST_NAME].rstrip()


def _is_shown(character: str) -> bool:
    category = unicodedata.category(character)
    return category not in HIDDEN and (category != "Cf" or character in JOINERS)


def row_from(values: Sequence[object]) -> StoredRun:
    """Return a row of COLUMNS as values of the right types and ranges. Raises DamagedError."""
    texts = {"name": MOST_NAME, "config": MOST_JSON, "versions": MOST_JSON}
    typed: dict[str, Any] = {}
    for column, value in zip(fields(StoredRun), values, strict=True):
        if column.type is str:
            typed[column.name] = _text(value, texts.get(column.name, MOST_TEXT))
        else:
            typed[column.name] = _number(value, LAST_YEAR if column.name == "made" else MOST_COUNT)
    if not ID.fullmatch(typed["id"]) or not typed["iteration"].is_integer():
        raise DamagedError("id or iteration")
    for name in ("config", "versions"):
        _check_object(typed[name])
    return StoredRun(**typed | {"name": plain_name(typed["name"]), "iteration": int(typed["iteration"])})


def _text(value: object, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise DamagedError("a text")
    return value


def _number(value: object, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        raise DamagedError("a number")
    return float(value)


def _check_object(text: str) -> None:
    try:
        value = json.loads(text, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        raise DamagedError("JSON") from None
    if not isinstance(value, dict):
        raise DamagedError("JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise DamagedError(text)
    return number


def frames_of(events: Sequence[Event]) -> Frames | None:
    """Return theta at evenly chosen snapshots, the first and the last among them; None where there are fewer than 2."""
    snapshots = list({event.iteration: event for event in events if isinstance(event, Snapshot)}.values())
    if len(snapshots) < 2:
        return None
    most = min(MOST_FRAMES, max(2, LARGEST_FRAMES // (2 * len(snapshots[0].theta))))
    chosen = [snapshots[i] for i in np.unique(np.linspace(0, len(snapshots) - 1, most).round().astype(int))]
    return as_frames([snapshot.iteration for snapshot in chosen], [snapshot.theta for snapshot in chosen])


def as_frames(iterations: Sequence[int], thetas: Sequence[np.ndarray]) -> Frames:
    """Return theta at some iterations as half floats; what they cannot hold becomes the largest that they can."""
    halves = np.clip(np.stack(thetas), -LARGEST_HALF, LARGEST_HALF).astype(np.float16)
    return Frames(np.array(iterations), halves)


def pack(frames: Frames) -> bytes:
    """Return frames as the bytes of an .npz file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, iterations=frames.iterations, thetas=frames.thetas)
    return buffer.getvalue()


def unpack(data: bytes) -> Frames:
    """Return the frames that `pack` packed. Raises DamagedError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST_UNPACKED:
                raise DamagedError("too large")
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            iterations, thetas = file["iterations"], file["thetas"]
        _check(iterations, thetas)
    except Exception as error:  # the readers of zips and arrays raise nearly anything
        raise DamagedError(str(error)) from None
    return Frames(iterations, np.clip(thetas, -LARGEST_HALF, LARGEST_HALF))  # older files may hold an infinity


def _check(iterations: np.ndarray, thetas: np.ndarray) -> None:
    if iterations.dtype.kind != "i" or iterations.ndim != 1 or not 1 <= len(iterations) <= MOST_FRAMES:
        raise DamagedError("iterations")
    if iterations[0] < 0 or iterations[-1] > MOST_COUNT or (np.diff(iterations) <= 0).any():
        raise DamagedError("iterations")
    if thetas.dtype != np.float16 or thetas.ndim != 2 or len(thetas) != len(iterations) or np.isnan(thetas).any():
        raise DamagedError("thetas")
