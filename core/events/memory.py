"""Events of the memory methods: sequences, where the heads were, and what they wrote and read."""

from dataclasses import dataclass
from typing import Any

from core.events import Array, Event


@dataclass(frozen=True, eq=False)
class Tape(Event):
    """A Neural Turing Machine went through a sequence of t steps.

    x [t, inputs]; y [t, outputs]: the right bits, and p [t, outputs]: their probabilities, both valid where
    answer_mask [t] is true; weightings [t, heads, rows]: where the heads were, the `readers` read heads first;
    wrong: how many bits of the answer are on the wrong side of 1/2.
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
        """Return the event without its pictures."""
        return {"event": "tape", "iteration": self.iteration, "steps": len(self.x), "wrong": self.wrong}


@dataclass(frozen=True, eq=False)
class Addressed(Event):
    """How the heads moved in t steps: the parameters from the controller, and the weighting after each stage.

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
    step, and after each step.
    """

    erase: Array
    add: Array
    memory: Array


@dataclass(frozen=True, eq=False)
class TapeAnswer(Event):
    """How a machine went through a sequence: the tape, how its heads moved, and what they wrote."""

    tape: Tape
    addressed: Addressed
    written: Written


@dataclass(frozen=True, eq=False)
class Recalled(Event):
    """A memory-augmented network named the pictures of a sequence of t steps.

    x [t, 28, 28]: pictures, bytes with ink 255; y [t]: labels, which the network gets one step later; p [t, way];
    instance [t]: how many pictures of the class came before; usage [t, rows]; writing, reading [t, heads,
    rows], with no heads if there is no memory; emptied [t, heads]: the row that each head emptied before it wrote;
    sources [t, t]: how much of each step's read was written at which step, as weights of the written vectors (they
    need not sum to 1).

    votes [t, way + 2, way]: what makes up the logits of a step, which are the sum over the second axis: what was
    written when a label of each class came, what was written at the first step, when no label had come, and last the
    controller with the bias of the output layer. Each is measured from its mean over the classes, which no softmax
    sees.
    """

    iteration: int
    x: Array
    y: Array
    p: Array
    instance: Array
    usage: Array
    writing: Array
    reading: Array
    emptied: Array
    sources: Array
    votes: Array

    def to_json(self) -> dict[str, Any]:
        """Return the event without its pictures."""
        accuracy = float((self.p.argmax(-1) == self.y).mean())
        return {"event": "recalled", "iteration": self.iteration, "accuracy": accuracy}


@dataclass(frozen=True, eq=False)
class ByPosition(Event):
    """A report by place in the sequence: the accuracy at the 1st, 2nd, ... picture of a class, or the squared error
    at the 1st, 2nd, ... point, always on the same unseen sequences: values [n].
    """

    iteration: int
    values: Array
