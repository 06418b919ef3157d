"""Speed as ratios measured in one run: python -m core bench [NAME] [--json]."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from core.bench.timing import Growth, Row
from core.checkpoint import PRETRAINED

if TYPE_CHECKING:
    from core.bench.demos import Reached
    from core.bench.roofline import Share
    from core.bench.split import Scaling


def _maml() -> Iterator[Row | Growth]:
    from core.bench.maml import rows

    return rows()


def _roofline() -> Iterator["Share"]:
    from core.bench.roofline import rows

    return rows()


def _conv4() -> Iterator[Row | Growth]:
    from core.bench.conv4 import rows

    return rows()


def _matching() -> Iterator[Row]:
    from core.bench.matching import rows

    return rows()


def _siamese() -> Iterator[Row | Growth]:
    from core.bench.siamese import rows

    return rows()


def _ntm() -> Iterator[Row | Growth]:
    from core.bench.ntm import rows

    return rows()


def _mann() -> Iterator[Row | Growth]:
    from core.bench.mann import rows

    return rows()


def _drawing() -> Iterator[Row | Growth]:
    from core.bench.drawing import rows

    return rows()


def _split() -> "Iterator[Scaling]":
    from core.bench.split import rows

    return rows()


def _demos() -> "Iterator[Reached]":
    from core.bench.demos import rows

    return rows()


FILE = PRETRAINED / "bench.json"
BENCHES: dict[str, Callable[[], Iterator[Any]]] = {
    "maml": _maml,
    "conv4": _conv4,
    "matching": _matching,
    "siamese": _siamese,
    "ntm": _ntm,
    "mann": _mann,
    "drawing": _drawing,
    "demos": _demos,
    "split": _split,
    "roofline": _roofline,
}


def keep(found: dict[str, list[dict[str, Any]]]) -> None:
    """Put the rows of some benches into the file, in place of earlier ones of the same. Raises OSError."""
    told: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    FILE.write_text(json.dumps(told | found, indent=1) + "\n", encoding="utf-8")


__all__ = ["BENCHES", "FILE", "Growth", "Row", "keep"]
