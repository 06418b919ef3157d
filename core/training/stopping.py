"""A request to end a run early, with the state of its last whole update: what Ctrl-C asks of a command."""

from collections.abc import Iterator
from contextlib import contextmanager


class _Request:
    """Of this process, as the signals are that make it: whether a run makes updates now, and whether it is to end."""

    updating = False
    made = False


def ask() -> bool:
    """Ask the run of this process to end after the update that it makes now; return whether it makes any."""
    _Request.made = True
    return _Request.updating


def asked() -> bool:
    """Return whether the run is to end."""
    return _Request.made


def reset() -> None:
    """Forget a request."""
    _Request.made = False


@contextmanager
def updates() -> Iterator[None]:
    """Mark the time in which a run makes updates."""
    _Request.updating = True
    try:
        yield
    finally:
        _Request.updating = False
