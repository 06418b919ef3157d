"""Double precision batches of sinusoid tasks, and a warm pool."""

from dataclasses import fields, replace

import pytest
import torch

from core.runtime.pool import Pool
from core.seeding import generator
from core.tasks.batch import Batch
from core.tasks.config import Sinusoid
from core.tasks.sinusoid import draw
from core.training.problem import Problem, mean_squared_error, sinusoid_problem
from tests.core.waiting import until


def doubled(batch: Batch) -> Batch:
    """The batch in double precision."""
    values = {one.name: getattr(batch, one.name) for one in fields(batch)}
    return replace(batch, **{name: v.double() for name, v in values.items() if v.is_floating_point()})


@pytest.fixture
def batch() -> Batch:
    return doubled(draw(Sinusoid(shots=5, queries=7), 4, generator(3, "test")))


@pytest.fixture
def problem() -> Problem:
    return sinusoid_problem()


@pytest.fixture
def by_autograd() -> Problem:
    """The same network and loss without the closed form."""
    return Problem(sinusoid_problem().model, mean_squared_error)


@pytest.fixture
def theta(problem: Problem) -> torch.Tensor:
    return problem.model.init(generator(5, "test")).double()


@pytest.fixture(scope="module")
def pool():
    """A pool with two trainers, all of them warm."""
    made = Pool(trainers=2)
    until(made.ready, 60)
    until(lambda: all(w.ready for w in (*made._training.workers, *made._helping.workers)), 60)
    yield made
    made.close()
