"""Random machines on random sequences, and where a head would be without one stage of its addressing."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from core.dispatch import answer
from core.events.memory import TapeAnswer
from core.models import addressing
from lessons.demos import memory

HEADS = ("read head", "write head")
PARTS = ("both", "shift", "content")
HALF = 0.5


@dataclass(frozen=True)
class Screen:
    """A machine on a sequence, opened at a step, with one of its heads."""

    task: str
    length: int
    number: int
    parts: str
    trained: int | None
    answer: TapeAnswer
    step: int
    head: int

    def __repr__(self) -> str:
        who = "untrained" if self.trained is None else "shipped"
        return (
            f"{who}, {self.task}, {self.parts}: length {self.length}, sequence {self.number}, step {self.step + 1}, "
            f"{HEADS[self.head]}"
        )

    @property
    def asked(self) -> np.ndarray:
        return self.answer.tape.answer_mask.astype(bool)

    def stage(self, name: str) -> torch.Tensor:
        return torch.tensor(getattr(self.answer.addressed, name)[self.step, self.head]).double()

    def without(self, content: bool = True, last: bool = True, shift: bool = True) -> int | None:
        """The row of the head if it had not looked, if it had only looked, or if it had not shifted."""
        weighting = self.stage("gated")
        if not content:
            weighting = self.stage("before")
        if not last:
            weighting = self.stage("content")
        if shift and self.parts != "content":
            weighting = addressing.shift(weighting, self.stage("shift"))
        return place(addressing.sharpen(weighting, self.stage("gamma")[None]))

    @property
    def row(self) -> int | None:
        return place(self.stage("sharpened"))


def place(weighting: Any) -> int | None:
    rows = [row for row, share in enumerate(weighting.tolist()) if share > HALF]
    return rows[0] if rows else None


def near(a: float, b: float) -> bool:
    return abs(float(a) - float(b)) < 1e-4


def draw(generator: np.random.Generator) -> Screen:
    task = str(generator.choice(list(memory.TASKS)))
    parts, shipped = str(generator.choice(PARTS)), bool(generator.random() < 0.7)
    machine = memory.machine(task)
    trained = machine.config.sequences.longest
    lengths = (machine.config.sequences.least, memory.FIRST[task], trained, min(trained * 2, memory.LONGEST[task]))
    length = int(generator.choice([*lengths, generator.integers(lengths[0], lengths[-1] + 1)]))
    number = int(generator.integers(1, 1_000_000))
    theta = machine.snapshot.theta if shipped else machine.start
    (seen,) = answer(memory.follow(machine.config, theta, length, number, parts))
    steps = len(seen.tape.x)
    step = int(generator.choice([0, steps - 1, generator.integers(steps)]))
    return Screen(
        task, length, number, parts, trained if shipped else None, seen, step, int(generator.integers(len(HEADS)))
    )


def screens(count: int, seed: int) -> list[Screen]:
    """Random screens, those that the page opens with, and a few in which something rare happens."""
    generator = np.random.default_rng(seed)
    drawn = [draw(generator) for _ in range(count)]
    for task, length, number, parts, step, head in (
        ("repeat", 4, 1, "both", 11, 0), ("copy", 1, 3, "both", 1, 0), ("repeat", 15, 5, "both", 44, 1),
        ("repeat", 4, 1, "both", 14, 1), ("recall", 8, 5, "both", 38, 1),
    ):  # fmt: skip
        machine = memory.machine(task)
        (seen,) = answer(memory.follow(machine.config, machine.snapshot.theta, length, number, parts))
        drawn.append(Screen(task, length, number, parts, machine.config.sequences.longest, seen, step, head))
    for task in memory.TASKS:
        first, trained = memory.first_tape(task), memory.machine(task).config.sequences.longest
        assert first
        drawn.append(Screen(task, memory.FIRST[task], 1, "both", trained, first, 2, 1))
    return drawn
