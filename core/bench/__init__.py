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
    """Return the measurements of the bench that BENCHES calls `name`, row by row."""
    rows: Iterator[Any] = import_module(BENCHES[name]).rows()
    return rows


def save(rows: dict[str, list[dict[str, Any]]]) -> None:
    """Put the rows of benches into the file, in place of earlier ones of the same bench. Raises OSError."""
    earlier: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    FILE.write_text(json.dumps(earlier | rows, indent=1) + "\n", encoding="utf-8")


__all__ = ["BENCHES", "FILE", "Growth", "Row", "rows_of", "save"]
