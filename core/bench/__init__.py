"""Speed as ratios measured in one run: python -m core bench [NAME] [--json]."""

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from core.bench.timing import Growth, Row
from core.storage.checkpoints import PRETRAINED

FILE = PRETRAINED / "bench.json"
NAMES = ("maml", "conv4", "matching", "siamese", "ntm", "mann", "drawing", "demos", "split", "roofline")
BENCHES = {name: f"core.bench.{name}" for name in NAMES}  # each a module that imports torch


def rows_of(name: str) -> Iterator[Any]:
    """What the bench of that name in BENCHES measures, row by row."""
    found: Iterator[Any] = import_module(BENCHES[name]).rows()
    return found


def keep(found: dict[str, list[dict[str, Any]]]) -> None:
    """Put the rows of some benches into the file, in place of earlier ones of the same. Raises OSError."""
    told: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    FILE.write_text(json.dumps(told | found, indent=1) + "\n", encoding="utf-8")


__all__ = ["BENCHES", "FILE", "Growth", "Row", "keep", "rows_of"]
