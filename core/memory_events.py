"""Events of the memory methods: what went through a sequence, where the heads were, what was written and read."""

from dataclasses import dataclass
from typing import Any

from core.events import Array, Evaluation, Event, FewShotEvaluation


@dataclass(frozen=True, eq=False)
class Tape(Event):
    """A Neural Turing Machine went through one sequence of t steps.

    x [t, inputs]; y [t, outputs]: the bits it is to tell, and p [t, outputs]: their probabilities, both of
    meaning where answer_mask [t] is true; weightings [t, heads, rows]: where the heads were, the `readers` read heads first;
    wrong: how many of the bits asked for are on the wrong side of one half.
    """

    iteration: int
    x: Array
    y: Array
    p: Array
    answer_mask: Array
    weightings: Array
    readers: int
    wrong: int

    def to_json(self) -> dict[str, Any]:
        """Without the pictures."""
        return {"event": "tape", "iteration": self.iteration, "steps": len(self.x), "wrong": self.wrong}


@dataclass(frozen=True, eq=False)
class Addressed(Event):
    """How the heads found their places in t steps: what the controller asked for, and the weighting after each stage.

    key [t, heads, width]; strength, gate, gamma [t, heads]; shift [t, heads, 3]: how much to move by -1, 0, 1;
    before, content, gated, shifted, sharpened [t, heads, rows].
    """

    key: Array
    strength: Array
    gate: Array
    shift: Array
    gamma: Array
    before: Array
    content: Array
    gated: Array
    shifted: Array
    sharpened: Array


@dataclass(frozen=True, eq=False)
class Written(Event):
    """What the write heads did. erase, add [t, writers, width]; memory [t + 1, rows, width]: before the first
    step, and after each.
    """

    erase: Array
    add: Array
    memory: Array


@dataclass(frozen=True, eq=False)
class TapeAnswer(Event):
    """How a machine went through one sequence: the tape, how its heads found their places, and what they wrote."""

    tape: Tape
    addressed: Addressed
    written: Written


@dataclass(frozen=True, eq=False)
class Recalled(Event):
    """A memory-augmented network named the pictures of one sequence of t steps.

    x [t, 28, 28]: pictures, bytes with ink 255; y [t]: labels, each told one step later; p [t, way];
    instance [t]: how many pictures of the class came before; usage [t, rows]; writing, reading [t, heads,
    rows], of a network without a memory no heads; sources [t, t]: how much of what was read at a step had
    been written at which step, as weights of what was written (they need not sum to one).
    """

    iteration: int
    x: Array
    y: Array
    p: Array
    instance: Array
    usage: Array
    writing: Array
    reading: Array
    sources: Array

    def to_json(self) -> dict[str, Any]:
        """Without the pictures."""
        right = float((self.p.argmax(-1) == self.y).mean())
        return {"event": "recalled", "iteration": self.iteration, "accuracy": right}


@dataclass(frozen=True, eq=False)
class BitErrors(Event):
    """Wrong bits a sequence, mean over `sequences` new ones, by length. lengths, errors: [n] each."""

    iteration: int
    lengths: list[int]
    bit_errors_per_sequence: Array
    sequences: int

    def to_json(self) -> dict[str, Any]:
        """As any evaluation."""
        return super().to_json() | {"event": "evaluation"}


@dataclass(frozen=True, eq=False)
class ByInstance(Event):
    """Share of right answers at the 1st, 2nd, ... picture of a class, over `sequences` unseen sequences.

    accuracy_by_instance, ci95: [instances].
    """

    iteration: int
    accuracy_by_instance: Array
    ci95: Array
    way: int
    sequences: int
    data: str
    memory: bool

    def to_json(self) -> dict[str, Any]:
        """As any evaluation."""
        return super().to_json() | {"event": "evaluation"}


@dataclass(frozen=True, eq=False)
class ByPoint(Event):
    """Squared error at the 1st, 2nd, ... point of a sinusoid, mean over `sequences` unseen ones: [points] each."""

    iteration: int
    mse_by_point: Array
    ci95: Array
    sequences: int
    memory: bool

    def to_json(self) -> dict[str, Any]:
        """As any evaluation."""
        return super().to_json() | {"event": "evaluation"}


@dataclass(frozen=True, eq=False)
class ByPosition(Event):
    """A report by place in the sequence: the share of right answers at the 1st, 2nd, ... picture of a class, or
    the squared error at the 1st, 2nd, ... point, on the same unseen sequences every time: values [n].
    """

    iteration: int
    values: Array


AnyEvaluation = Evaluation | FewShotEvaluation | BitErrors | ByInstance | ByPoint  # what a training run ends with
