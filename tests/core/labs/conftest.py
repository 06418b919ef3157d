"""One warm judge for all tests of labs."""

from collections.abc import Iterator

import pytest

from core.labs.workbench import Workbench


@pytest.fixture(scope="session")
def bench() -> Iterator[Workbench]:
    with Workbench() as made:
        made.warm()
        yield made
