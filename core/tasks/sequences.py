"""Sequences to be remembered: copy, repeat copy, associative recall (Graves et al. 2014, sections 4.1 to 4.3).

Every batch has one length, so nothing is padded. Delimiters have channels of their own; nothing is
put in while the answer is asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from core.options import ConfigError
from core.seeding import generator
from core.tasks.config import Sequences

ITEM = 3  # vectors of an item in associative recall
REPEATS_MEAN, REPEATS_STD = 5.5, 2.87  # of 1 to 10 repeats: the number is put in normalized


@dataclass(frozen=True)
class SequenceBatch:
    """x [batch, steps, inputs]; y [batch, steps, outputs] of zeros and ones, to be answered where `answer_mask` [steps] is true."""

    x: Tensor
    y: Tensor
    answer_mask: Tensor


def channels(task: Sequences) -> tuple[int, int]:
    """Inputs and outputs of a network for `task`."""
    return {
        "copy": (task.bits + 1, task.bits),
        "repeat": (task.bits + 2, task.bits + 1),
        "recall": (task.bits + 2, task.bits),
    }[task.kind]


def draw(task: Sequences, batch: int, source: torch.Generator, length: int | None = None) -> SequenceBatch:
    """`batch` random sequences, all of one random length, or of `length` (items in recall). Raises ConfigError."""
    low = max(task.shortest, 2) if task.kind == "recall" else task.shortest
    if length is None:
        length = int(torch.randint(low, max(low, task.longest) + 1, (), generator=source))
    if length < low:
        raise ConfigError(f"length={length}: {task.kind} needs at least {low}")
    if task.kind == "recall":
        return _recall(task, batch, length, source)
    bits = torch.randint(2, (batch, length, task.bits), generator=source).float()
    if task.kind == "copy":
        return _copy(task, bits)
    repeats = int(torch.randint(1, task.repeats + 1, (), generator=source))
    return _repeat(task, bits, repeats)


def _copy(task: Sequences, bits: Tensor) -> SequenceBatch:
    """The vectors, a delimiter, then silence in which they are to be told."""
    batch, length, width = bits.shape
    x = torch.zeros(batch, 2 * length + 1, width + 1)
    x[:, :length, :width] = bits
    x[:, length, width] = 1
    y = torch.zeros(batch, 2 * length + 1, width)
    y[:, length + 1 :] = bits
    return SequenceBatch(x, y, torch.arange(2 * length + 1) > length)


def _repeat(task: Sequences, bits: Tensor, repeats: int) -> SequenceBatch:
    """The vectors between two delimiters, the second with how often to tell them; then an end marker."""
    batch, length, width = bits.shape
    steps = 2 + length + repeats * length + 1
    x = torch.zeros(batch, steps, width + 2)
    x[:, 0, width] = 1
    x[:, 1 : length + 1, :width] = bits
    x[:, length + 1, width + 1] = (repeats - REPEATS_MEAN) / REPEATS_STD
    y = torch.zeros(batch, steps, width + 1)
    y[:, length + 2 : -1, :width] = bits.repeat(1, repeats, 1)
    y[:, -1, width] = 1
    return SequenceBatch(x, y, torch.arange(steps) > length + 1)


def _recall(task: Sequences, batch: int, items: int, source: torch.Generator) -> SequenceBatch:
    """Items after delimiters, then one of them between two query marks: which item came next?"""
    width = task.bits
    bits = torch.randint(2, (batch, items, ITEM, width), generator=source).float()
    asked = torch.randint(items - 1, (batch,), generator=source)
    steps = items * (ITEM + 1) + 2 * (ITEM + 1)
    x = torch.zeros(batch, steps, width + 2)
    for i in range(items):
        at = i * (ITEM + 1)
        x[:, at, width] = 1
        x[:, at + 1 : at + 1 + ITEM, :width] = bits[:, i]
    at = items * (ITEM + 1)
    rows = torch.arange(batch)
    x[:, [at, at + ITEM + 1], width + 1] = 1
    x[:, at + 1 : at + 1 + ITEM, :width] = bits[rows, asked]
    y = torch.zeros(batch, steps, width)
    y[:, -ITEM:] = bits[rows, asked + 1]
    return SequenceBatch(x, y, torch.arange(steps) >= steps - ITEM)


def stream(task: Sequences, batch: int, seed: int, start: int = 0) -> Iterator[SequenceBatch]:
    """Batches without end for iterations `start`, `start + 1`, ...; the same for the same seed."""
    iteration = start
    while True:
        yield draw(task, batch, generator(seed, "train", iteration))
        iteration += 1
