"""The pages of the memory methods: recorded runs, sequences, and a small memory with a head moved by hand."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.demos.questions import Address, FollowMann, FollowNtm
from core.events.evaluations import ByInstance, ByPoint
from core.events.memory import Addressed, Recalled, Tape, TapeAnswer, Written
from core.methods.mann.config import MannConfig
from core.methods.ntm.config import NtmConfig
from core.storage.checkpoints import Checkpoint, shipped
from lessons.demos.drawings import pictured
from lessons.demos.shipped import arrays, evaluation_of, measurements

MACHINES = {"copy": "ntm-copy", "repeat": "ntm-repeat-copy", "recall": "ntm-recall"}
NETWORKS = {
    "mann": "mann-omniglot",
    "small": "mann-omniglot-8-rows",
    "in turn": "mann-omniglot-8-rows-in-turn",
    "one vector": "mann-omniglot-one-vector",
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
FIRST = {"copy": 10, "repeat": 4, "recall": 4}  # the length that each task opens with
LONGEST = {"copy": 120, "repeat": 20, "recall": 20}
USED = 0.05  # a row with more than this weight of a head at any step is worth drawing
HAND = np.array(
    [[1, 0, 0], [0.9, 0.4, 0], [0, 1, 0], [-0.8, 0.5, 0.3], [0, 0, 1], [0.3, -0.9, 0.2], [-0.6, -0.7, 0.1],
     [0.2, 0.3, -0.9]]
)  # fmt: skip
HAND_START = tuple(float(row == 1) for row in range(len(HAND)))  # where the head moved by hand is at first
TARGET = 5  # the row of the small memory that the learner is asked to reach
STRONGEST, SHARPEST, FARTHEST = 50.0, 20.0, 0.9  # the most that the page offers of strength, sharpness and shift


@cache
def machine(name: str) -> Checkpoint[NtmConfig]:
    """Return a shipped Neural Turing Machine by its name in MACHINES. Raises CheckpointError."""
    return shipped(MACHINES[name], NtmConfig)


@cache
def network(name: str) -> Checkpoint[MannConfig]:
    """Return a shipped memory-augmented network, or its control, by its name in NETWORKS. Raises CheckpointError."""
    return shipped(NETWORKS[name], MannConfig)


def follow(config: NtmConfig, theta: np.ndarray, length: int, number: int, parts: str) -> FollowNtm:
    """Return the question how a machine processes a sequence with the given `parts` of its addressing, but none that
    it was trained without.
    """
    left = parts_left(config, parts)
    return FollowNtm(
        config.updated(content=left in ("both", "content"), shifts=left in ("both", "shift")),
        theta,
        length=length,
        number=number,
    )


def parts_left(config: NtmConfig, parts: str) -> str:
    """Return which of "both", "content" and "shift" a machine has of `parts`; "none" if it was trained without them."""
    content, shifts = config.content and parts != "shift", config.shifts and parts != "content"
    return {(True, True): "both", (True, False): "content", (False, True): "shift"}.get((content, shifts), "none")


def watch(config: MannConfig, theta: np.ndarray, data: str, number: int, wipe: int, shuffle: bool) -> FollowMann:
    """Return the question how a network classifies a sequence of pictures."""
    return FollowMann(config.updated(data=data, shuffle=shuffle), theta, number=number, wipe=wipe)


def by_hand(
    key: Sequence[float], strength: float, gate: float, rows: float, gamma: float, before: Sequence[float]
) -> Address:
    """Return the question where a head moves in the small memory HAND from the weighting `before`, one share a row.

    rows: the shift, from -1 to 1.
    """
    return Address(
        tuple(map(tuple, HAND.tolist())),
        tuple(map(float, key)),
        tuple(map(float, before)),
        (max(0.0, -rows), 1 - abs(rows), max(0.0, rows)),
        strength=strength,
        gate=gate,
        gamma=gamma,
    )


def used_rows(weightings: np.ndarray) -> np.ndarray:
    """Return the rows [n] that any head visits, in their order around the memory, from weightings [..., rows].

    The rows form a ring, so the longest unused stretch is left out, wherever it is.
    """
    peak = weightings.reshape(-1, weightings.shape[-1]).max(0)
    rows = len(peak)
    used = np.flatnonzero(peak > USED)
    if not len(used):
        return np.arange(min(rows, 8))
    gaps = np.diff(np.append(used, used[0] + rows))
    first = used[(gaps.argmax() + 1) % len(used)]
    count = rows - int(gaps.max()) + 1
    margin = max(1, (8 - count) // 2)  # neighbouring rows on each side, to about eight rows in all
    return (first - margin + np.arange(min(count + 2 * margin, rows))) % rows


def read_from(recalled: Recalled, step: int) -> np.ndarray:
    """Return how much of the read at `step` was written when each earlier step's label came, [step].

    The label of each step comes at the next step.
    """
    return recalled.sources[step, 1 : step + 1]


def read_shares(recalled: Recalled, step: int) -> np.ndarray:
    """Return the share of the read at `step` that was written when a label of each class came, [way + 1]; last, what
    was written at the first step, when none had come. They sum to 1, or are all 0 where nothing was read.
    """
    way = recalled.p.shape[1]
    shares = np.bincount(recalled.y[:step], read_from(recalled, step), way + 1)
    shares[way] += recalled.sources[step, 0]
    return shares / max(float(shares.sum()), 1e-9)


def labels_in_rows(recalled: Recalled, wipe: int = 0) -> np.ndarray:
    """Return the label that came when each row was last emptied and written, after each step: [t, rows], -1 for none.

    wipe: the memory was emptied before this step, if not 0.
    """
    held = np.full((len(recalled.y), recalled.usage.shape[1]), -1)
    for step, emptied in enumerate(recalled.emptied):
        if step:
            held[step] = -1 if step == wipe else held[step - 1]
            held[step, emptied.astype(int)] = recalled.y[step - 1]  # a plain LSTM empties none
    return held


def last_copies(recalled: Recalled) -> list[int]:
    """Return the steps at which the only row with some label was emptied and got another label."""
    held = labels_in_rows(recalled)
    lost = [
        any(label >= 0 and label not in held[step] for label in held[step - 1, recalled.emptied[step]])
        for step in range(1, len(held))
    ]
    return [step for step, gone in enumerate(lost, 1) if gone]


@cache
def _first_paint() -> dict[str, np.ndarray]:
    return arrays(FIRST_PAINT)


def stored(name: str, kind: type) -> Any:
    """Return the recorded event of type `kind` under `name`; None if it is not recorded."""
    arrays = _first_paint()
    fields = {key.split("|")[2]: array for key, array in arrays.items() if key.startswith(f"{name}|{kind.__name__}|")}
    if not fields:
        return None
    return kind(**{key: array.item() if array.ndim == 0 else array for key, array in fields.items()})


def to_store(name: str, event: Any) -> dict[str, np.ndarray]:
    """Return an event as arrays for `stored`; no figure shows what half floats lose."""
    arrays = {key: np.asarray(value) for key, value in vars(event).items()}
    return {
        f"{name}|{type(event).__name__}|{key}": array.astype(np.float16) if array.dtype == np.float32 else array
        for key, array in arrays.items()
    }


def first_tape(task: str) -> TapeAnswer | None:
    """Return the shipped machine's recorded pass over the sequence that the page opens with."""
    tape, addressed, written = (stored(task, kind) for kind in (Tape, Addressed, Written))
    return TapeAnswer(tape, addressed, written) if tape and addressed and written else None


def first_sequence(name: str, data: str) -> Recalled | None:
    """Return the recorded answers of "mann" or "lstm" to the sequence that the page opens with."""
    recalled: Recalled | None = stored(f"{name} {data}", Recalled)
    return recalled and pictured(recalled, data)


@cache
def measured() -> dict[str, Any]:
    """Return what `python -m lessons.record memory` measured of the shipped runs; empty if not recorded."""
    return measurements(RECORDED)


def by_instance() -> dict[str, list[float]]:
    """Return the measured accuracy of the networks at each picture of a class, on unseen characters."""
    return {n: scored(n).accuracy_by_instance.tolist() for n in ("mann", "one vector", "small", "in turn", "lstm")}


def scored(name: str) -> ByInstance:
    """Return the evaluation of a shipped network for pictures by its name in NETWORKS."""
    return evaluation_of(network(name), ByInstance)


def by_point() -> dict[str, list[float]]:
    """Return the measured squared error of "points" and "points lstm" at each point of a sinusoid."""
    return {n: evaluation_of(network(n), ByPoint).mse_by_point.tolist() for n in ("points", "points lstm")}
