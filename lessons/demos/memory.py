"""What the pages of the memory methods show: recorded runs, sequences, a small memory to be moved in by hand."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.demos.questions import Address, FollowMann, FollowNtm
from core.memory_events import Addressed, ByInstance, ByPoint, Recalled, Tape, TapeAnswer, Written
from core.methods.mann.config import MannConfig
from core.methods.ntm.config import NtmConfig
from core.storage.checkpoints import Checkpoint, shipped
from lessons.demos.shipped import evaluation_of, measurements

MACHINES = {"copy": "ntm-copy", "repeat": "ntm-repeat-copy", "recall": "ntm-recall"}
NETWORKS = {
    "mann": "mann-omniglot",
    "lstm": "mann-omniglot-lstm",
    "points": "mann-sinusoid",
    "points lstm": "mann-sinusoid-lstm",
}
LENGTH_RUNS = {"both": "ntm-copy", "shift": "ntm-copy-shift", "content": "ntm-copy-content"}
JUDGED_LENGTHS = "5,10,15,20,30,40,60,80,100,120"
RECORDED = Path(__file__).parents[1] / "recorded" / "memory.json"
FIRST_PAINT = RECORDED.with_suffix(".npz")
TASKS = {"copy": "copy", "repeat": "repeat copy", "recall": "recall"}
PARTS = {"both": "content and shift", "shift": "shift alone", "content": "content alone"}
FIRST = {"copy": 10, "repeat": 4, "recall": 4}  # the length that a task opens with
LONGEST = {"copy": 120, "repeat": 20, "recall": 20}
USED = 0.05  # a row with so much of a head's weighting at some step is worth drawing
HAND = np.array(
    [[1, 0, 0], [0.9, 0.4, 0], [0, 1, 0], [-0.8, 0.5, 0.3], [0, 0, 1], [0.3, -0.9, 0.2], [-0.6, -0.7, 0.1],
     [0.2, 0.3, -0.9]]
)  # fmt: skip
HAND_START = 1  # the row the head of the panel is at before


@cache
def machine(name: str) -> Checkpoint[NtmConfig]:
    """Return a shipped Neural Turing Machine by its name in MACHINES. Raises CheckpointError."""
    return shipped(MACHINES[name], NtmConfig)


@cache
def network(name: str) -> Checkpoint[MannConfig]:
    """Return a shipped memory-augmented network, or its control, by its name in NETWORKS. Raises CheckpointError."""
    return shipped(NETWORKS[name], MannConfig)


def follow(training: NtmConfig, theta: np.ndarray, length: int, number: int, parts: str) -> FollowNtm:
    """The question how a machine goes through a sequence, with the parts of its addressing that it may use."""
    return FollowNtm(
        training.updated(content=parts != "shift", shifts=parts != "content"), theta, length=length, number=number
    )


def watch(training: MannConfig, theta: np.ndarray, data: str, number: int, wipe: int, shuffle: bool) -> FollowMann:
    """The question how a network answers a sequence of pictures."""
    return FollowMann(training.updated(data=data, shuffle=shuffle), theta, number=number, wipe=wipe)


def by_hand(key: Sequence[float], strength: float, gate: float, rows: float, gamma: float) -> Address:
    """The question where a head comes to be in the small memory HAND; `rows`: how far to shift, from -1 to 1."""
    shift = (max(0.0, -rows), 1 - abs(rows), max(0.0, rows))
    before = tuple(float(i == HAND_START) for i in range(len(HAND)))
    return Address(
        tuple(map(tuple, HAND.tolist())),
        tuple(map(float, key)),
        before,
        shift,
        strength=strength,
        gate=gate,
        gamma=gamma,
    )


def used_rows(weightings: np.ndarray) -> np.ndarray:
    """The rows that heads are at, at some step, in their order around the memory: [n] of weightings [..., rows].

    The rows form a ring, so the longest stretch that nobody uses is left out, wherever it is.
    """
    most = weightings.reshape(-1, weightings.shape[-1]).max(0)
    rows = len(most)
    at = np.flatnonzero(most > USED)
    if not len(at):
        return np.arange(min(rows, 8))
    gaps = np.diff(np.append(at, at[0] + rows))
    first = at[(gaps.argmax() + 1) % len(at)]
    count = rows - int(gaps.max()) + 1
    around = max(1, (8 - count) // 2)  # a little of what lies beside, and never fewer than eight
    return (first - around + np.arange(min(count + 2 * around, rows))) % rows


def told_by(seen: Recalled, at: int) -> np.ndarray:
    """How much of what was read at step `at` was written when the label of each earlier step was told: [at].

    The label of a step is told at the next one.
    """
    return seen.sources[at, 1 : at + 1]


@cache
def _first_paint() -> dict[str, np.ndarray]:
    if not FIRST_PAINT.exists():
        return {}
    with np.load(FIRST_PAINT, allow_pickle=False) as file:
        return dict(file)


def kept(name: str, kind: type) -> Any:
    """The recorded event of type `kind` under `name`; None if it is not recorded."""
    arrays = _first_paint()
    own = {key.split("|")[2]: one for key, one in arrays.items() if key.startswith(f"{name}|{kind.__name__}|")}
    if not own:
        return None
    return kind(**{key: one.item() if one.ndim == 0 else one for key, one in own.items()})


def to_keep(name: str, event: Any) -> dict[str, np.ndarray]:
    """An event as arrays for `kept`; what is lost by half floats is not seen on any figure."""
    arrays = {key: np.asarray(value) for key, value in vars(event).items()}
    return {
        f"{name}|{type(event).__name__}|{key}": one.astype(np.float16) if one.dtype == np.float32 else one
        for key, one in arrays.items()
    }


def first_tape(task: str) -> TapeAnswer | None:
    """The recorded way of the shipped machine through the sequence that the page opens with."""
    tape, addressed, written = (kept(task, kind) for kind in (Tape, Addressed, Written))
    return TapeAnswer(tape, addressed, written) if tape and addressed and written else None


def first_sequence(name: str, data: str) -> Recalled | None:
    """The recorded answers of "mann" or "lstm" to the sequence that the page opens with."""
    return kept(f"{name} {data}", Recalled)  # type: ignore[no-any-return]


@cache
def measured() -> dict[str, Any]:
    """What `python -m lessons.record memory` measured of the shipped runs; empty if not recorded."""
    return measurements(RECORDED)


def by_instance() -> dict[str, list[float]]:
    """The measured accuracy of "mann" and "lstm" at each picture of a class, on unseen characters."""
    found = {}
    for name in ("mann", "lstm"):
        found[name] = evaluation_of(network(name), ByInstance).accuracy_by_instance.tolist()
    return found


def by_point() -> dict[str, list[float]]:
    """The measured squared error of "points" and "points lstm" at each point of a sinusoid."""
    found = {}
    for name in ("points", "points lstm"):
        found[name] = evaluation_of(network(name), ByPoint).mse_by_point.tolist()
    return found
