"""Sequences to remember: copy, repeat copy, associative recall (Graves et al. 2014, sections 4.1 to 4.3).

All sequences of a batch have the same length. In repeat copy each has its own number of repeats, so its answer ends
where its mask does, and zeros follow. Delimiters have channels of their own; the inputs are zero while the network
answers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import torch
from torch import Tensor

from core.options import ConfigError
from core.seeding import generator
from core.tasks.config import Sequences
from core.words import Words

ITEM = 3  # vectors of an item in associative recall
REPEATS_MEAN, REPEATS_STD = 5.5, 2.87  # of 1 to 10 repeats: the number is put in normalized


@dataclass(frozen=True)
class SequenceBatch:
    """x [batch, steps, inputs]; y [batch, steps, outputs]: bits; answer_mask [batch, steps]: where they are answers."""

    x: Tensor
    y: Tensor
    answer_mask: Tensor


def draw(
    task: Sequences, batch: int, source: torch.Generator, length: int | None = None, repeats: int | None = None
) -> SequenceBatch:
    """Draw `batch` sequences, all of the same random length or of `length` (items in recall). repeats: of all of them
    in repeat copy; None draws the number for each sequence. Raises ConfigError.
    """
    if length is None:
        low = max(task.shortest, task.least)
        length = int(torch.randint(low, max(low, task.longest) + 1, (), generator=source))
    if length < task.least:
        raise ConfigError(
            Words("length={length}: {kind} needs at least {least}", length=length, kind=task.kind, least=task.least)
        )
    if task.kind == "recall":
        return _recall(task, batch, length, source)
    bits = torch.randint(2, (batch, length, task.bits), generator=source).float()
    if task.kind == "copy":
        return _copy(task, bits)
    drawn = torch.randint(1, task.repeats + 1, (batch,), generator=source)
    return _repeat(bits, drawn if repeats is None else torch.full((batch,), repeats))


def _copy(task: Sequences, bits: Tensor) -> SequenceBatch:
    """Return the vectors and a delimiter, then silence; the answer is the vectors again."""
    batch, length, width = bits.shape
    x = torch.zeros(batch, 2 * length + 1, width + 1)
    x[:, :length, :width] = bits
    x[:, length, width] = 1
    y = torch.zeros(batch, 2 * length + 1, width)
    y[:, length + 1 :] = bits
    return SequenceBatch(x, y, (torch.arange(2 * length + 1) > length).expand(batch, -1))


def _repeat(bits: Tensor, repeats: Tensor) -> SequenceBatch:
    """Return the vectors between delimiters, the second with the number of repeats; the answer ends with a marker.

    repeats [batch].
    """
    batch, length, width = bits.shape
    most, first = int(repeats.max()), length + 2
    end = first + repeats[:, None] * length
    steps = first + most * length + 1
    x = torch.zeros(batch, steps, width + 2)
    x[:, 0, width] = 1
    x[:, 1 : length + 1, :width] = bits
    x[:, length + 1, width + 1] = (repeats - REPEATS_MEAN) / REPEATS_STD
    y = torch.zeros(batch, steps, width + 1)
    y[:, first:-1, :width] = bits.repeat(1, most, 1)
    step = torch.arange(steps)
    y *= (step < end)[..., None]
    y[..., width] = step == end
    return SequenceBatch(x, y, (step >= first) & (step <= end))


def _recall(task: Sequences, batch: int, items: int, source: torch.Generator) -> SequenceBatch:
    """Return items after delimiters, then one of them between two query marks; the answer is the item that followed."""
    width = task.bits
    bits = torch.randint(2, (batch, items, ITEM, width), generator=source).float()
    query = torch.randint(items - 1, (batch,), generator=source)
    steps = items * (ITEM + 1) + 2 * (ITEM + 1)
    x = torch.zeros(batch, steps, width + 2)
    for i in range(items):
        first = i * (ITEM + 1)
        x[:, first, width] = 1
        x[:, first + 1 : first + 1 + ITEM, :width] = bits[:, i]
    first = items * (ITEM + 1)
    rows = torch.arange(batch)
    x[:, [first, first + ITEM + 1], width + 1] = 1
    x[:, first + 1 : first + 1 + ITEM, :width] = bits[rows, query]
    y = torch.zeros(batch, steps, width)
    y[:, -ITEM:] = bits[rows, query + 1]
    return SequenceBatch(x, y, (torch.arange(steps) >= steps - ITEM).expand(batch, -1))


def stream(task: Sequences, batch: int, seed: int, start: int = 0) -> Iterator[SequenceBatch]:
    """Yield batches without end for iterations `start`, `start + 1`, ...; the same for the same seed."""
    for iteration in count(start):
        yield draw(task, batch, generator(seed, "train", iteration))
