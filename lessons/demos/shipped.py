"""Helpers of all lessons for recorded runs: why a run cannot be read, how it ended, what was measured of it."""

import json
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from core.events.evaluations import Scored
from core.storage.checkpoints import Checkpoint, CheckpointError
from core.words import Words

Kind = TypeVar("Kind", bound=Scored)


def why_not(recorded: Callable[[str], Checkpoint], *names: str) -> str:
    """Return the reason why a page that needs these runs cannot be shown, or an empty string."""
    try:
        for name in names:
            recorded(name)
    except CheckpointError as error:
        return str(error)
    return ""


def evaluation_of(checkpoint: Checkpoint[Any], kind: type[Kind]) -> Kind:
    """Return the final evaluation of a shipped run. Raises CheckpointError if it is of another kind."""
    if not isinstance(checkpoint.evaluation, kind):
        raise CheckpointError(Words("a shipped run of {method} holds another kind of score", method=checkpoint.method))
    return checkpoint.evaluation


def measurements(path: Path) -> dict[str, Any]:
    """Return what `python -m lessons.record` wrote to `path`; empty if it is missing or damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays that `python -m lessons.record` wrote to `path`; empty if it is missing or damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error):
        return {}
