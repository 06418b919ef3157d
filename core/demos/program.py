"""A pass of a program of the lesson on reading published code, beside the repaired program."""

from collections.abc import Iterator

import torch

from core.demos.questions import RunProgram
from core.events import ProgramPass, arrays
from core.methods.reading.algorithm import PROGRAMS
from core.tasks import sinusoid
from core.tasks.config import Sinusoid
from core.training.problem import sinusoid_problem


def run(question: RunProgram) -> Iterator[ProgramPass]:
    """Yield a `ProgramPass` of the program with its switches, and that of the repaired program, on the same tasks."""
    training, theta = question.training, torch.from_numpy(question.theta)
    batch = next(sinusoid.stream(Sinusoid(), training.meta_batch, question.number))
    for config in (training, training.repaired):
        moved, losses = PROGRAMS[config.family](sinusoid_problem(), theta, batch, config)
        yield ProgramPass(*arrays(losses, moved - theta))
