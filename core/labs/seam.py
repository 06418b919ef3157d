"""Put a learner's function into the real trainer in place of ours, in the process of a try alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch
from torch import Tensor

from core.events import OuterStep, Snapshot
from core.labs.lab import Lab
from core.registry import train
from core.training.config import TrainingConfig


class NotForTheTrainerError(ValueError):
    """A learner's function returned something that the trainer cannot use. output: its name; wanted, own: shapes."""

    def __init__(self, output: str, wanted: str, own: str) -> None:
        super().__init__(output)
        self.values = {"output": output, "wanted": wanted, "own": own}


@dataclass(frozen=True)
class Seam:
    """Where a lab's function enters the trainer. owner: a module or a class; name: of its attribute; replacement: what
    stands there instead, made of the learner's function; config: the settings of the small training of this lab.
    """

    config: TrainingConfig
    owner: Any
    name: str
    replacement: Callable[[Callable[..., Any]], Any]


def seam_of(lab: Lab) -> Seam:
    """Return where the lab's function enters the trainer."""
    seam: Seam = import_module(f"{lab.module}.training").SEAM
    return seam


@contextmanager
def put_in(seam: Seam, function: Callable[..., Any]) -> Iterator[None]:
    """Let the trainer use `function` meanwhile."""
    before = getattr(seam.owner, seam.name)
    setattr(seam.owner, seam.name, seam.replacement(function))
    try:
        yield
    finally:
        setattr(seam.owner, seam.name, before)


def course(config: TrainingConfig) -> Iterator[OuterStep | Snapshot]:
    """Yield the reports of a training and the parameters at its start and its end, without the evaluation that follows.

    Raises DivergedError.
    """
    torch.manual_seed(config.seed)
    for event in train(config):
        if isinstance(event, OuterStep | Snapshot):
            yield event
        if isinstance(event, Snapshot) and event.iteration >= config.iterations:
            return


def shaped(value: Any, like: Tensor | tuple[int, ...], output: str) -> Tensor:
    """Return a learner's tensor. Raises NotForTheTrainerError where it has not the shape that the trainer needs."""
    shape = tuple(like.shape) if isinstance(like, Tensor) else like
    if not isinstance(value, Tensor) or tuple(value.shape) != shape:
        own = str(list(value.shape)) if isinstance(value, Tensor) else type(value).__name__
        raise NotForTheTrainerError(output=output, wanted=str(list(shape)), own=own)
    return value


def parts_of(value: Any, *outputs: str) -> tuple[Any, ...]:
    """Return the results of a learner's function. Raises NotForTheTrainerError where there are more or fewer."""
    if not isinstance(value, tuple | list) or len(value) != len(outputs):
        own = f"{len(value)} x" if isinstance(value, tuple | list) else type(value).__name__
        raise NotForTheTrainerError(output=", ".join(outputs), wanted=f"{len(outputs)} x", own=own)
    return tuple(value)
