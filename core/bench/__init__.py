"""Speed as ratios measured in one run: python -m core bench [NAME] [--json]."""

from collections.abc import Callable, Iterator

from core.bench.timing import Growth, Row


def _maml() -> Iterator[Row | Growth]:
    from core.bench.maml import rows

    return rows()


def _conv4() -> Iterator[Row]:
    from core.bench.conv4 import rows

    return rows()


def _matching() -> Iterator[Row]:
    from core.bench.matching import rows

    return rows()


def _ntm() -> Iterator[Row]:
    from core.bench.ntm import rows

    return iter(rows())


BENCHES: dict[str, Callable[[], Iterator[Row | Growth]]] = {
    "maml": _maml,
    "conv4": _conv4,
    "matching": _matching,
    "ntm": _ntm,
}

__all__ = ["BENCHES", "Growth", "Row"]
