"""The file of all stored runs: private to the server's user, brought up to date once, and usable on a full disk.

The file has a folder of its own. Beside it lies a reserve of a megabyte: where the disk is full, it is given up so
that a run can be deleted, since SQLite needs room for that too, and it is made again afterwards.
"""

import contextlib
import errno
import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from core.folders import runs_folder
from core.words import Words

FOLDER, FILE, RESERVE = "runs", "runs-v1.sqlite", "reserve"
WAIT = 5.0  # seconds that a call waits for another
PAUSE = 0.05  # seconds between two tries where SQLite itself does not wait
RESERVED = 2**20  # bytes; deleting a run of 8 MB needs some 50 kB
LARGEST_VALUE = 128 * 2**20  # bytes of the largest value that SQLite may read
VERSION = 1
DOMAIN = b"learn-meta-learning, owner of runs:"  # so that the hash is of use nowhere else
FULL_CODES = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
FULL = "the disk is full; delete runs that you no longer need"
SCHEMA = """
create table if not exists runs (
    id text primary key, owner text not null, name text not null, made real not null, algorithm text not null,
    task text not null, state text not null, reason text not null, iteration integer not null, seconds real not null,
    score text not null, config text not null, versions text not null
);
create table if not exists parts (run text not null, kind text not null, data blob not null, primary key (run, kind));
create index if not exists runs_by_owner on runs (owner, made desc);
"""
FROM_VERSION_0 = "update runs set owner = hash_of(owner);"
T = TypeVar("T")


class RunStoreError(RuntimeError):
    """Stored runs cannot be read or written now; the text says why."""


def owner_hash(owner: str) -> str:
    """Return what the file holds in place of an owner's number, which is the whole right to the owner's runs."""
    return hashlib.sha256(DOMAIN + owner.encode("utf-8", "replace")).hexdigest()


def file() -> Path:
    """Return the file that holds all runs."""
    return runs_folder() / FOLDER / FILE


@contextlib.contextmanager
def reading() -> Iterator[sqlite3.Connection]:
    """Open the file to look something up. Raises RunStoreError."""
    with _in_words(), _opened() as database:
        yield database


@contextlib.contextmanager
def writing() -> Iterator[sqlite3.Connection]:
    """Open the file to change it: all changes of the block are kept, or none. Raises RunStoreError."""
    with _in_words(), _opened() as database, _transaction(database):
        yield database


def making_room(change: Callable[[], T]) -> T:
    """Make a change that frees room, where the disk is full in the room of the reserve. Raises RunStoreError."""
    try:
        result = change()
    except RunStoreError as error:
        if str(error) != FULL or not _give_up_reserve():
            raise
        result = change()
    _make_reserve()
    return result


@contextlib.contextmanager
def _opened() -> Iterator[sqlite3.Connection]:
    path = file()
    _make_private(path)
    # no automatic transactions: `_transaction` begins each one as a writer, so that two writers wait in turn
    connection = sqlite3.connect(path, timeout=WAIT, isolation_level=None)
    with contextlib.closing(connection):
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE)
        connection.execute("pragma cell_size_check = on")
        # without this a delete writes zeros over all it frees, for which a full disk has no room
        connection.execute("pragma secure_delete = fast")
        if _in_turn(lambda: connection.execute("pragma user_version").fetchone()[0]) < VERSION:
            _in_turn(lambda: _bring_up_to_date(connection))
            _make_reserve()
        yield connection


def _in_turn(step: Callable[[], T]) -> T:
    """Take a step again until no other server is in its way: SQLite does not wait to change a file's journal."""
    for _ in range(int(WAIT / PAUSE)):
        try:
            return step()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in HELD:
                raise
        time.sleep(PAUSE)
    return step()


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("begin immediate")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # SQLite has rolled back by itself on some errors
            connection.execute("rollback")
        raise


def _make_private(path: Path) -> None:
    """Make the folder and the file, readable by the server's user alone. SQLite's own files take the file's mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists():
        return
    path.parent.chmod(0o700)
    former = runs_folder() / FILE  # where runs were before they had a folder of their own
    if former.exists() and _in_turn(lambda: _take_in_log(former)):
        with contextlib.suppress(FileNotFoundError):  # another server has just moved it
            former.chmod(0o600)
            former.replace(path)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _take_in_log(path: Path) -> bool:
    """Bring what lies in the write-ahead log beside a file into the file; return whether the file is still there.

    The file is never made: where another server has moved it in between, an empty one would be moved over it.
    A damaged file is left as it is.
    """
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=WAIT)
        ) as connection:
            connection.execute("pragma journal_mode = delete")
    except sqlite3.DatabaseError as error:
        if not path.exists():
            return False
        if error.sqlite_errorcode & 0xFF not in DAMAGED:
            raise
    return path.exists()


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Make the tables, or bring those of an older file to VERSION: owners become hashes."""
    # a rollback journal, unlike a write-ahead log, leaves reading possible where the disk is full
    connection.execute("pragma journal_mode = delete")
    connection.create_function("hash_of", 1, lambda owner: owner_hash(str(owner)), deterministic=True)
    connection.execute("pragma secure_delete = on")
    with _transaction(connection):
        if connection.execute("pragma user_version").fetchone()[0] >= VERSION:
            return  # another server has done it while this one waited
        old = connection.execute("select 1 from sqlite_master where name = 'runs'").fetchone()
        for statement in ((FROM_VERSION_0 if old else "") + SCHEMA).split(";"):
            connection.execute(statement)
        connection.execute(f"pragma user_version = {VERSION}")
    if old:
        with contextlib.suppress(sqlite3.Error):  # pages that were freed earlier may still hold owners
            connection.execute("vacuum")
    connection.execute("pragma secure_delete = fast")


def _give_up_reserve() -> bool:
    try:
        file().with_name(RESERVE).unlink()
    except OSError:
        return False
    return True


def _make_reserve() -> None:
    """Take room on the disk for later, if there is any; random bytes, which no file system can compress."""
    path = file().with_name(RESERVE)
    if path.exists():
        return
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as reserve:
            reserve.write(os.urandom(RESERVED))
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink()


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError, MemoryError, OverflowError, UnicodeError) as error:
        raise RunStoreError(_words_for(error, file())) from None


def _words_for(error: Exception, path: Path) -> str:
    text = str(error)
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in HELD:
        return Words("another program holds {file}; try again", file=path.name)
    if code in DAMAGED:
        return Words("{file} is damaged; move it away, and a new one is made", file=path.name)
    if code == sqlite3.SQLITE_FULL or getattr(error, "errno", 0) in FULL_CODES or _is_full(path, code):
        return FULL
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM) or isinstance(error, OSError):
        return Words("the folder {folder} cannot be written to", folder=str(path.parent))
    return Words("{file} cannot be used ({reason})", file=path.name, reason=text[:80])


def _is_full(path: Path, code: int) -> bool:
    """Return whether the disk has no room; SQLite calls a full disk an input or output error too."""
    try:
        return code == sqlite3.SQLITE_IOERR and shutil.disk_usage(path.parent).free < 2**16
    except OSError:
        return False
