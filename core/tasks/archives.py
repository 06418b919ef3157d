"""Zips and folders of drawings, read in memory and never trusted: every file is checked before it is used."""

import hashlib
import io
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core.tasks.characters import SIDE
from core.tasks.download import DataError
from core.words import Words

ORIGINAL_SIDE = 105
LARGEST_FILE, MOST_MEMBERS = 64 * 2**10, 50_000  # bytes; both far above the official files'
UNREADABLE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError)  # what a damaged zip may raise
# what systems and programs leave in folders and zips
LITTER = re.compile(r"(?:.*/)?(?:__MACOSX/.*|\.DS_Store|\._[^/]*|Thumbs\.db|desktop\.ini)", re.IGNORECASE)
# share of a drawing that is ink: from 0.0023 to 0.2214 in the 33,260 pictures of the official zips, in which every
# pixel is black or white
LEAST_INK, MOST_INK = 0.001, 0.3
BLACK, WHITE = 64, 192  # a grey below is black, a grey from here on is white
LEAST_CLEAR = 0.9  # share of black and white pixels: a picture that was stored anew may have grey edges


@dataclass(frozen=True)
class Member:
    """A file of a zip or a folder: its name with forward slashes, its size in bytes, and how it is read."""

    name: str
    size: int
    read: Callable[[], bytes]


@contextmanager
def opened(path: Path) -> Iterator[list[Member]]:
    """Open the zip or the folder at `path` and give its files. Whatever goes wrong there is raised as a DataError."""
    try:
        if path.is_dir():
            yield _of_folder(path)
            return
        with zipfile.ZipFile(path) as archive:
            yield _of_zip(archive, path.name)
    except (*UNREADABLE, OSError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(Words("{path} is damaged or cannot be read: {error}", path=path, error=error)) from None


def _of_zip(archive: zipfile.ZipFile, name: str) -> list[Member]:
    entries = archive.infolist()
    if len(entries) > MOST_MEMBERS:
        raise DataError(Words("{name} holds {files} files; that is not Omniglot", name=name, files=len(entries)))
    members = []
    for entry in entries:
        parts = entry.filename.replace("\\", "/").split("/")
        if ".." in parts or entry.filename.startswith(("/", "\\")) or ":" in parts[0]:
            file = entry.filename[:60]
            text = "{name} holds a file that points outside of it ({file!r}); it is not used"
            raise DataError(Words(text, name=name, file=file))
        if not entry.is_dir():
            members.append(Member(entry.filename, entry.file_size, partial(_content, archive, entry)))
    return members


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return the bytes of a member, never more than LARGEST_FILE: a header may lie about the size."""
    with archive.open(entry) as file:
        return file.read(LARGEST_FILE + 1)


def _of_folder(folder: Path) -> list[Member]:
    members = []
    for name, path, stat in _files(folder):
        members.append(Member(name, stat.st_size, partial(_beginning, path)))
        if len(members) > MOST_MEMBERS:
            raise DataError(Words("{name} holds too many files; that is not Omniglot", name=folder.name))
    return members


def _files(folder: Path) -> Iterator[tuple[str, str, os.stat_result]]:
    """Yield name, path and stat of every plain file below `folder`, in order. Links are not followed."""
    for where, folders, files in os.walk(folder):
        folders.sort()
        for file in sorted(files):
            path = os.path.join(where, file)
            if os.path.isfile(path) and not os.path.islink(path):
                yield os.path.relpath(path, folder).replace(os.sep, "/"), path, os.stat(path)


def _beginning(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(LARGEST_FILE + 1)


def checked(members: list[Member], name: str, pattern: re.Pattern[str]) -> list[tuple[Member, re.Match[str]]]:
    """Return the members of `name` without litter. Raises DataError if there is any that `pattern` does not allow."""
    allowed = []
    for member in members:
        if LITTER.fullmatch(member.name):
            continue
        match = pattern.fullmatch(member.name)
        if match is None:
            text = "{name} holds {file!r}, which is no drawing of Omniglot"
            raise DataError(Words(text, name=name, file=member.name[:60]))
        if member.size > LARGEST_FILE:
            text = "{name} holds {file}, far too large for a drawing ({size} bytes)"
            raise DataError(Words(text, name=name, file=member.name, size=member.size))
        allowed.append((member, match))
    return allowed


def picture(member: Member, name: str) -> tuple[np.ndarray, bool]:
    """Return a drawing, 28x28 with ink 255, and whether it was white on black and has been turned round.

    Transparent pixels are paper. Raises DataError when it is not a 105x105 PNG, or holds no drawing: Omniglot's are
    black and white, with some ink and much paper.
    """
    from PIL import Image, UnidentifiedImageError

    data = member.read()
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as page:
            width, height = page.size
            if (width, height) != (ORIGINAL_SIDE, ORIGINAL_SIDE):
                text = "{name}: {file} is {width}x{height}, not 105x105"
                raise DataError(Words(text, name=name, file=member.name, width=width, height=height))
            if page.has_transparency_data:
                paper = Image.new("RGBA", page.size, "white")
                grey = Image.alpha_composite(paper, page.convert("RGBA")).convert("L")
            else:
                grey = page.convert("L")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(Words("{name}: {file} is damaged or no PNG picture", name=name, file=member.name)) from None
    shades = np.asarray(grey)
    black, white = (np.count_nonzero(part) / shades.size for part in (shades < BLACK, shades >= WHITE))
    if black + white < LEAST_CLEAR or not LEAST_INK <= min(black, white) <= MOST_INK:
        text = "{name}: {file} is no drawing of Omniglot: {black:.1%} of it is black and {white:.1%} is white"
        raise DataError(Words(text, name=name, file=member.name, black=black, white=white))
    inverted = bool(black > white)
    if inverted:
        grey = Image.fromarray(255 - shades)
    return 255 - np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.LANCZOS)), inverted


def all_turned(inverted: list[str], drawings: int, name: str) -> bool:
    """Return whether all drawings of `name` were white on black; `inverted`: the files that were.

    Raises DataError when some were and some were not, which is not a set that can be turned round as a whole.
    """
    if inverted and len(inverted) < drawings:
        text = "{name}: {file} is white on black, other drawings are black on white"
        raise DataError(Words(text, name=name, file=inverted[0]))
    return bool(inverted)


def origin(path: Path) -> dict[str, Any]:
    """Return what tells a zip or a folder from another one: its size in bytes, its time, and an MD5 sum.

    The sum is that of a zip's bytes, and of the names, sizes and times of a folder's files. Raises OSError.
    """
    if path.is_dir():
        listing = [(name, stat.st_size, stat.st_mtime_ns) for name, _, stat in _files(path)]
        return {"size": sum(size for _, size, _ in listing), "time": 0, "md5": _md5(repr(listing).encode())}
    stat = path.stat()
    return {"size": stat.st_size, "time": stat.st_mtime_ns, "md5": _md5(path.read_bytes())}


def comes_from(known: Mapping[str, Any], path: Path) -> bool:
    """Return whether `known` is the origin of the zip or folder at `path`. A zip is read only if its time is new."""
    try:
        if not path.is_dir():
            stat = path.stat()
            if (stat.st_size, stat.st_mtime_ns) == (known["size"], known["time"]):
                return True
        return origin(path)["md5"] == known["md5"]
    except (OSError, KeyError, TypeError):
        return False


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
