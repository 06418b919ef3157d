"""Sequences in which the answer to each question comes one step late, beside the next question.

Santoro et al. 2016, section 2: (x_1, nothing), (x_2, y_1), (x_3, y_2), ... The label of the first picture of a
class can only be guessed; that of every later picture must be looked up in what came before.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from core.tasks import episodes, sinusoid
from core.tasks.characters import SIDE
from core.tasks.config import Episodes, Sinusoid

# a network sees SCALE x (pixel - PAPER) and SCALE x label: around zero, and large enough to stand out of the random
# rest at the start. With pixels and labels as they are, it took twice as many updates until anything was bound
SCALE, PAPER = 3.0, 0.1


@dataclass(frozen=True)
class LabelledSequence:
    """b sequences: x [b, t, inputs], each input beside the answer to the last; y, the answers: [b, t] labels or
    [b, t, 1] values; instance [b, t]: how many pictures of its class (or points) came before.
    """

    x: Tensor
    y: Tensor
    instance: Tensor


def pictures(
    task: Episodes, amount: int, instances: int, side: int, shuffle: bool, source: torch.Generator, unseen: bool
) -> LabelledSequence:
    """Draw `amount` sequences of `task.way` classes, `instances` pictures of each in random order.

    x is [b, t, side^2 + way]. shuffle: each sequence has its own random labels; else a character keeps its label.
    Raises DataError, ConfigError.
    """
    half = instances // 2
    batch = episodes.draw(replace(task, shots=instances - half, queries=half), amount, source, half, unseen)
    x, y = torch.cat([batch.support_x, batch.query_x], 1), torch.cat([batch.support_y, batch.query_y], 1)
    order = torch.rand(y.shape, generator=source).argsort(1)
    x = x.gather(1, order[..., None, None].expand_as(x))
    y = y.gather(1, order)
    instance = (functional.one_hot(y, task.way).cumsum(1).gather(2, y[..., None]))[..., 0] - 1
    if not shuffle:
        y = (batch.characters % task.way).gather(1, y)
    return LabelledSequence(picture_inputs(x, y, side, task.way), y, instance)


def picture_inputs(x: Tensor, y: Tensor, side: int, way: int) -> Tensor:
    """Return inputs [b, t, side^2 + way] of pictures x [b, t, 28, 28], with labels y [b, t or t - 1] one step late."""
    if side != SIDE:
        x = functional.interpolate(x, (side, side), mode="area")
    labels = functional.one_hot(y[:, : x.shape[1] - 1], way).float()
    return SCALE * torch.cat([x.flatten(2) - PAPER, _late(labels)], 2)


def point_inputs(x: Tensor, y: Tensor, largest: float = 5.0) -> Tensor:
    """Return inputs [b, t, 2] of points x [b, t, 1] up to `largest`, with values y [b, t or t - 1, 1] one step late."""
    return torch.cat([x / largest, _late(y[:, : x.shape[1] - 1])], 2)


def drawn(x: Tensor, side: int) -> Tensor:
    """Return the pictures [..., side, side] of sequences x [..., side^2 + way] as they were drawn, with ink 1."""
    return (x[..., : side**2] / SCALE + PAPER).unflatten(-1, (side, side))


def points(task: Sinusoid, amount: int, steps: int, source: torch.Generator) -> LabelledSequence:
    """Draw `amount` sinusoids with `steps` points each: x [b, t, 2], each x between -1 and 1."""
    batch = sinusoid.draw(task, amount, source, steps)
    largest = max(abs(task.x_low), abs(task.x_high))
    x, y = batch.query_x, batch.query_y
    return LabelledSequence(point_inputs(x, y, largest), y, torch.arange(steps).expand(amount, -1))


def _late(answers: Tensor) -> Tensor:
    """Return the answers [b, t - 1, n] one step later, [b, t, n]; with the first question come zeros."""
    return functional.pad(answers, (0, 0, 1, 0))
