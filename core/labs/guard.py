"""Refuse in words what no lab needs: sockets, other programs, files outside the working folder.

Python tells every such step to an audit hook. This keeps a learner's accident small; it is no wall: machine code, by
`ctypes` for instance, does not pass here (SECURITY.md).
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PROGRAMS = {
    "subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile",
    "pty.spawn", "os.kill", "os.killpg", "signal.pthread_kill",
}  # fmt: skip
CHANGES = {
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.chmod", "os.chown", "os.truncate",
    "os.utime", "os.setxattr", "os.removexattr", "shutil.rmtree", "shutil.move", "shutil.copyfile", "shutil.copytree",
    "shutil.chown",
}  # fmt: skip
LOOKS = {"os.listdir", "os.scandir", "os.chdir", "os.walk", "glob.glob"}
DEVICES = ("/dev/null", "/dev/urandom", "/dev/random", "/proc/meminfo", "/proc/cpuinfo", "/sys/devices/")


class ForbiddenError(PermissionError):
    """A step that no lab needs; the text is one of WHAT's keys."""


class OverdueError(BaseException):
    """The time of a work is up; raised where the work is."""


WHAT = ("the network", "another program", "a file outside its own folder")


def install(folder: str) -> None:
    """Refuse from now on, in this process and for good, what no lab needs; `folder` may be used as it likes."""
    own = os.path.realpath(folder)
    readable = tuple({os.path.realpath(path) for path in (sys.prefix, sys.base_prefix, ROOT / "core", own)})

    def inside(path: Any, folders: tuple[str, ...]) -> bool:
        if isinstance(path, int) or path is None:
            return True  # a file that is open already, or the present folder
        real = os.path.realpath(os.fsdecode(path))
        return real.startswith(DEVICES) or any(real == place or real.startswith(place + os.sep) for place in folders)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        refusal = _refusal(event, arguments, lambda path: inside(path, (own,)), lambda path: inside(path, readable))
        if refusal:
            raise ForbiddenError(refusal)

    sys.addaudithook(hook)


def _refusal(
    event: str, arguments: tuple[Any, ...], writable: Callable[[Any], bool], readable: Callable[[Any], bool]
) -> str:
    """Return what a step wants that it may not have; "" if nothing."""
    if event.startswith("socket.") and event not in ("socket.gethostname",):
        return WHAT[0]
    if event in PROGRAMS:
        return WHAT[1]
    allowed = True
    if event == "open":
        path, mode, flags = arguments
        by_flags = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
        writes = bool(by_flags) or (isinstance(mode, str) and bool(set(mode) & set("wax+")))
        allowed = writable(path) if writes else readable(path)
    elif event in CHANGES:
        allowed = all(writable(path) for path in arguments if isinstance(path, str | bytes | os.PathLike))
    elif event in LOOKS and arguments:
        allowed = readable(arguments[0])
    return "" if allowed else WHAT[2]
