"""What lessons share about recorded runs: why one cannot be read, and what was measured of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from core.memory_events import AnyEvaluation
from core.storage.checkpoints import Checkpoint, CheckpointError

Kind = TypeVar("Kind", bound=AnyEvaluation)


def why_not(recorded: Callable[[str], Checkpoint], *names: str) -> str:
    """Why a page that needs these runs cannot be shown, in words, or nothing."""
    try:
        for name in names:
            recorded(name)
    except CheckpointError as error:
        return str(error)
    return ""


def evaluation_of(checkpoint: Checkpoint[Any], kind: type[Kind]) -> Kind:
    """Return what a shipped run ended with. Raises CheckpointError where that is of another kind."""
    if not isinstance(checkpoint.evaluation, kind):
        raise CheckpointError(f"a shipped run of {checkpoint.method} holds another kind of score")
    return checkpoint.evaluation


def measurements(path: Path) -> dict[str, Any]:
    """What `python -m lessons.record` wrote to `path`; empty if it is missing or damaged."""
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told
