"""What lessons share about recorded runs: why one cannot be read, and what was measured of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.storage.checkpoints import Checkpoint, CheckpointError


def why_not(recorded: Callable[[str], Checkpoint], *names: str) -> str:
    """Why a page that needs these runs cannot be shown, in words, or nothing."""
    try:
        for name in names:
            recorded(name)
    except CheckpointError as error:
        return str(error)
    return ""


def measurements(path: Path) -> dict[str, Any]:
    """What `python -m lessons.record` wrote to `path`; empty if it is missing or damaged."""
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told
