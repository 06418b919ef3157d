"""Do a job in a forked process with limits, and end it with all that it started. Linux alone.

The process that calls this must have no threads, and no children of its own: it adopts what a child leaves behind,
also what has made itself a session of its own, and ends it.
"""

import contextlib
import ctypes
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from types import FrameType

from core.labs import attempt, guard
from core.labs.attempt import Job
from core.labs.budget import Budget, Ending
from core.labs.guard import OverdueError

PDEATHSIG, DUMPABLE, CHILD_SUBREAPER = 1, 4, 36  # of prctl
FILE_BYTES, OPEN_FILES = 2**20, 64
DATA = ("OMNIGLOT_DIR", "META_DATA_DIR", "XDG_CACHE_HOME")  # by which the judge has read the data of a run
GRACE = 0.3  # seconds that a job has to say where it was when its time was up


def adopt() -> None:
    """Let this process adopt what its children leave behind, and keep others from looking into it."""
    libc = ctypes.CDLL(None)
    libc.prctl(CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(DUMPABLE, 0, 0, 0, 0)


def lines(job: Job, budget: Budget, stop: int) -> Generator[bytes | Ending, None, None]:
    """Yield each line that the job sends, and last how it ended. stop: a file whose being readable ends the job."""
    folder = tempfile.mkdtemp(prefix="lab-")
    try:
        yield from _lines(job, budget, stop, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lines(job: Job, budget: Budget, stop: int, folder: str) -> Generator[bytes | Ending, None, None]:
    results, send = os.pipe()
    prints, say = os.pipe()
    child = os.fork()
    if child == 0:
        _be_the_child(job, budget, folder, send, say)
    os.close(send)
    os.close(say)
    deadline, reason, status = time.monotonic() + budget.seconds + GRACE, "", None
    taken, printed, pending = 0, b"", b""
    is_open = {results, prints}
    try:
        while is_open and not reason:
            left = deadline - time.monotonic()
            # the pipes may outlive the child in the hands of what it started, so it is asked for as well
            ready, _, _ = select.select([*is_open, stop], [], [], max(0, min(left, 0.02)))
            for file in ready:
                if file == stop:
                    reason = "stopped"
                elif not (data := os.read(file, 65536)):
                    is_open.discard(file)
                elif file == prints:
                    printed += data
                    reason = reason or ("prints" if len(printed) > budget.prints else "")
                else:
                    taken += len(data)
                    reason = reason or ("results" if taken > budget.results else "")
                    *whole, pending = (pending + data).split(b"\n")
                    yield from whole
            if status is None:
                pid, ended = os.waitpid(child, os.WNOHANG)
                status = ended if pid else None
            elif not set(ready) & {results, prints}:
                break
            if left <= 0:
                reason = reason or "seconds"
    finally:
        status = _end(child, status)
        os.close(results)
        os.close(prints)
    killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    yield Ending(reason, killed, printed[: budget.prints].decode(errors="replace"))


def _end(child: int, status: int | None) -> int:
    """End the child's group and whatever else it has left to this process; return the child's exit status."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    if status is None:
        _, status = os.waitpid(child, 0)
    while True:  # who is ended leaves its own children to this process
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status
        if not pid:
            for orphan in _children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(orphan, signal.SIGKILL)
            time.sleep(0.001)


def _children() -> list[int]:
    """Return the children of this process."""
    own, pids = os.getpid(), []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                parent = int((folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
                pids += [int(folder.name)] if parent == own else []
    return pids


def _be_the_child(job: Job, budget: Budget, folder: str, send: int, say: int) -> None:
    """Do the job within its limits and exit."""
    try:
        _confine(budget, folder, say, send, DATA if job.wish.get("task") else ())
        attempt.run(job, lambda line: _write(send, line + b"\n"))
    except BaseException:
        pass  # it has nobody to speak to: what was sent says how far it came
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
        os._exit(0)


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _confine(budget: Budget, folder: str, say: int, send: int, kept: tuple[str, ...]) -> None:
    os.setsid()
    ctypes.CDLL(None).prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for file, target in ((nothing, 0), (say, 1), (say, 2)):
        os.dup2(file, target)
    os.closerange(3, send)
    os.closerange(send + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    variables = {name: os.environ[name] for name in kept if name in os.environ}
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(folder)
    tempfile.tempdir = folder

    def overdue(_number: int, _frame: FrameType | None) -> None:
        raise OverdueError

    signal.signal(signal.SIGXCPU, overdue)
    signal.signal(signal.SIGALRM, overdue)
    signal.setitimer(signal.ITIMER_REAL, budget.seconds)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    limits = {
        resource.RLIMIT_CPU: (budget.cpu, budget.cpu + 1),
        resource.RLIMIT_AS: (used + budget.megabytes * 2**20,) * 2,
        resource.RLIMIT_FSIZE: (FILE_BYTES,) * 2,
        resource.RLIMIT_NOFILE: (OPEN_FILES,) * 2,
        resource.RLIMIT_CORE: (0, 0),
    }
    if os.getuid():  # for root it is no limit; then what was started is ended at the end
        limits[resource.RLIMIT_NPROC] = (0, 0)
    for limit, value in limits.items():
        resource.setrlimit(limit, value)
    guard.install(folder)
