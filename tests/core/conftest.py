"""Double precision batches of sinusoid tasks, a warm pool, and a small Omniglot."""

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch

from core.runtime.pool import Pool
from core.seeding import generator
from core.tasks import omniglot
from core.tasks.batch import Batch
from core.tasks.config import Sinusoid
from core.tasks.sinusoid import draw
from core.training.problem import Problem, mean_squared_error, sinusoid_problem
from tests.core.small_omniglot import SMALL, small_zip
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


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder and a zip folder of a five-character Omniglot."""
    zips, data = tmp_path / "zips", tmp_path / "data"
    zips.mkdir()
    monkeypatch.setenv("OMNIGLOT_DIR", str(zips))
    monkeypatch.setenv("META_DATA_DIR", str(data))
    monkeypatch.setattr(omniglot, "EXPECTED", SMALL)
    omniglot._load.cache_clear()
    for name in SMALL:
        small_zip(zips, name)
    yield zips
    omniglot._load.cache_clear()
