"""Where this program keeps its files: data sets, and the runs of learners."""

import os
from pathlib import Path

from core.options import ConfigError
from core.words import Words


def data_folder() -> Path:
    """Return the folder of data: `META_DATA_DIR`, or one in the user's cache. Raises ConfigError without a home."""
    if chosen := os.environ.get("META_DATA_DIR"):
        return Path(chosen)
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "learn-meta-learning"
    except RuntimeError:  # there is neither HOME nor an entry of the user
        raise ConfigError(Words("there is no home folder for data: name a folder in META_DATA_DIR")) from None


def runs_folder() -> Path:
    """Return the folder of stored runs: `META_RUNS_DIR`, or the data folder."""
    chosen = os.environ.get("META_RUNS_DIR")
    return Path(chosen) if chosen else data_folder()
