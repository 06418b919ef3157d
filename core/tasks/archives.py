"""Zips of drawings, read in memory and never trusted: every member is checked before it is used."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from core.tasks.characters import SIDE
from core.tasks.download import DataError

ORIGINAL_SIDE = 105
LARGEST_FILE, MOST_MEMBERS = 64 * 2**10, 50_000  # bytes; both far above the official files'
UNREADABLE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError)  # what a damaged zip may raise


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open the zip at `path`. Whatever goes wrong while it is read is raised as a DataError."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (*UNREADABLE, OSError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path} is damaged or cannot be read: {error}") from None


def checked(
    archive: zipfile.ZipFile, name: str, pattern: re.Pattern[str]
) -> list[tuple[zipfile.ZipInfo, re.Match[str]]]:
    """Return the members of archive `name`. Raises DataError if there is any that `pattern` does not allow."""
    entries = archive.infolist()
    if len(entries) > MOST_MEMBERS:
        raise DataError(f"{name} holds {len(entries)} files; that is not Omniglot")
    members = []
    for entry in entries:
        parts = entry.filename.replace("\\", "/").split("/")
        if ".." in parts or entry.filename.startswith(("/", "\\")) or ":" in parts[0]:
            raise DataError(f"{name} holds a file that points outside of it ({entry.filename[:60]!r}); it is not used")
        if entry.is_dir():
            continue
        match = pattern.fullmatch(entry.filename)
        if match is None:
            raise DataError(f"{name} holds {entry.filename[:60]!r}, which is no drawing of Omniglot")
        if entry.file_size > LARGEST_FILE:
            raise DataError(f"{name} holds {entry.filename}, far too large for a drawing ({entry.file_size} bytes)")
        members.append((entry, match))
    return members


def content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return the bytes of a member, never more than LARGEST_FILE: a header may lie about the size."""
    with archive.open(entry) as file:
        return file.read(LARGEST_FILE + 1)


def picture(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> np.ndarray:
    """Return one drawing, 28x28 with ink 255. Raises DataError when it is not a 105x105 PNG."""
    from PIL import Image, UnidentifiedImageError

    data = content(archive, entry)
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as page:
            if page.size != (ORIGINAL_SIDE, ORIGINAL_SIDE):
                raise DataError(f"{name}: {entry.filename} is {page.size[0]}x{page.size[1]}, not 105x105")
            grey = page.convert("L")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{name}: {entry.filename} is damaged or no PNG picture") from None
    return 255 - np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.LANCZOS))
