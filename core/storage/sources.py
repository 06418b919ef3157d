"""The files that learners write as methods, kept here by the hash of their text: a run names the hash alone.

So a run that comes from elsewhere brings no code with it: only what was trained on this machine is found again.
"""

import contextlib
import os
import re
import tempfile
from hashlib import sha256
from pathlib import Path

from core.folders import runs_folder
from core.words import Words

HASH = re.compile("[0-9a-f]{64}")


class LostError(ValueError):
    """The file of a run is not on this machine; the text is a line of plain words."""


def name_of(source: str) -> str:
    """Return the hash by which a run names a file."""
    return sha256(source.encode()).hexdigest()


def keep(source: str) -> str:
    """Keep a file, readable by this user alone, and return its hash. Raises OSError, ConfigError."""
    name = name_of(source)
    path = _path(name)
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(source.encode())
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    return name


def source_of(name: str) -> str:
    """Return the file with this hash. Raises LostError where it is not here, or is not what it was."""
    if HASH.fullmatch(name):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            source = _path(name).read_bytes().decode()
            if name_of(source) == name:
                return source
    text = (
        "the file that this method was written in is not on this machine; bring it with --from FILE, or write it again"
    )
    raise LostError(Words(text))


def _path(name: str) -> Path:
    return runs_folder() / "methods" / f"{name}.py"
