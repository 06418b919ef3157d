"""Sequences in which the answer to each question comes one step late, beside the next question.

Santoro et al. 2016, section 2: (x_1, nothing), (x_2, y_1), (x_3, y_2), ... The first picture of a
class can only be guessed, and every later one must be looked up in what was told before.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from core.configs import Episodes, Sinusoid
from core.tasks import episodes, sinusoid
from core.tasks.characters import SIDE

# what a network sees is SCALE x (pixel - PAPER) and SCALE x label: around zero, and large enough to stand out of
# the random rest at the start. As they are, it took twice as many updates until anything was bound
SCALE, PAPER = 3.0, 0.1


@dataclass(frozen=True)
class Told:
    """b sequences: x [b, t, inputs], each with the answer to the one before; y, the answers: [b, t] labels,
    or [b, t, 1] values; instance [b, t]: how many pictures of its class (or points) came before.
    """

    x: Tensor
    y: Tensor
    instance: Tensor


def pictures(
    task: Episodes, amount: int, instances: int, side: int, shuffle: bool, source: torch.Generator, unseen: bool
) -> Told:
    """`amount` sequences of `task.way` classes, `instances` pictures of each in random order, x [b, t, side^2 + way].

    shuffle: which class has which label is drawn for each sequence; else a character keeps its label.
    Raises DataError, ConfigError.
    """
    half = instances // 2
    batch = episodes.draw(replace(task, shots=instances - half), amount, source, half, unseen)
    x, y = torch.cat([batch.support_x, batch.query_x], 1), torch.cat([batch.support_y, batch.query_y], 1)
    order = torch.rand(y.shape, generator=source).argsort(1)
    x = x.gather(1, order[..., None, None].expand_as(x))
    y = y.gather(1, order)
    instance = (functional.one_hot(y, task.way).cumsum(1).gather(2, y[..., None]))[..., 0] - 1
    if not shuffle:
        y = (batch.characters % task.way).gather(1, y)
    if side != SIDE:
        x = functional.interpolate(x, (side, side), mode="area")
    seen = torch.cat([x.flatten(2) - PAPER, _late(functional.one_hot(y, task.way).float())], 2)
    return Told(SCALE * seen, y, instance)


def drawn(x: Tensor, side: int) -> Tensor:
    """The pictures of sequences x [..., side^2 + way] as they were drawn, ink is one: [..., side, side]."""
    return (x[..., : side**2] / SCALE + PAPER).unflatten(-1, (side, side))


def points(task: Sinusoid, amount: int, steps: int, source: torch.Generator) -> Told:
    """`amount` sinusoids, `steps` points of each one after the other: x [b, t, 2], x between -1 and 1."""
    batch = sinusoid.draw(task, amount, source, steps)
    largest = max(abs(task.x_low), abs(task.x_high))
    x, y = batch.query_x / largest, batch.query_y
    return Told(torch.cat([x, _late(y)], 2), y, torch.arange(steps).expand(amount, -1))


def _late(answers: Tensor) -> Tensor:
    """The answers [b, t, n] one step later; with the first question comes nothing."""
    return functional.pad(answers[:, :-1], (0, 0, 1, 0))
