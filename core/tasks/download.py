"""Downloads that survive a broken line: resumed where they broke off, checked, and moved into place whole."""

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.events import Progress
from core.words import Words

ATTEMPTS, TIMEOUT, CHUNK = 4, 20.0, 1 << 16  # seconds; bytes
LARGEST = 100 * 2**20  # bytes: ten times the largest file we ask for


class DataError(RuntimeError):
    """Data are missing, damaged or not to be trusted; the text is a line of plain words."""


@dataclass(frozen=True)
class Source:
    """A file on the net and the MD5 sum of its publisher's copy."""

    url: str
    md5: str


def fetch(source: Source, path: Path) -> Iterator[Progress]:
    """Download `source` to `path`, which appears only when it is complete and its checksum right.

    A download that breaks off leaves `path`.part and goes on from there at the next attempt.
    Yields its progress in bytes. Raises DataError.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(ATTEMPTS):
            try:
                yield from _receive(source.url, part)
                break
            except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
                if isinstance(error, urllib.error.HTTPError) and error.code == 416:  # nothing is left to send
                    break
                if attempt == ATTEMPTS - 1:
                    text = "{url} could not be downloaded: {reason}"
                    raise DataError(Words(text, url=source.url, reason=_why(error))) from None
        if hashlib.md5(part.read_bytes(), usedforsecurity=False).hexdigest() != source.md5:
            part.unlink()
            text = "{url} arrived damaged (its checksum is wrong); try again"
            raise DataError(Words(text, url=source.url))
        os.replace(part, path)
    except OSError as error:
        text = "{folder} cannot be written: {reason}"
        raise DataError(Words(text, folder=path.parent, reason=error.strerror or error)) from None


def _receive(url: str, part: Path) -> Iterator[Progress]:
    """Append what is missing of `url` to `part`."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        if answer.status != 206:
            have = 0  # the server sends all of it again
        total = have + int(answer.headers.get("Content-Length") or 0)
        if total > LARGEST:
            text = "{url} is too large to be what it should be ({size:.0f} MB)"
            raise DataError(Words(text, url=url, size=total / 2**20))
        with part.open("ab" if have else "wb") as file:
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                have += len(chunk)
                if have > LARGEST:
                    raise DataError(Words("{url} does not end", url=url))
                yield Progress(Words("downloading {file}", file=url.rsplit("/", 1)[-1]), have, total)
        if have < total:
            raise ConnectionError(Words("the connection broke off"))


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(getattr(reason, "strerror", None) or reason)
