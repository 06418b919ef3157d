"""One warm judge for all tests of labs."""

from collections.abc import Iterator

import pytest

from core.labs.bench import Bench


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    with Bench() as made:
        made.warm()
        yield made
