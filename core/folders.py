"""Where this program keeps its files: data sets, and the runs of learners."""

import os
from pathlib import Path


def data_folder() -> Path:
    """Return the folder of data: `META_DATA_DIR`, or a folder in the user's cache."""
    chosen = os.environ.get("META_DATA_DIR")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(chosen) if chosen else cache / "learn-meta-learning"


def runs_folder() -> Path:
    """Return the folder of stored runs: `META_RUNS_DIR`, or the data folder."""
    chosen = os.environ.get("META_RUNS_DIR")
    return Path(chosen) if chosen else data_folder()
