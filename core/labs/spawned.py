"""Do a job in a new Python process, where nothing can be forked: slower, and with fewer limits than `confined`.

The time is limited, and the memory where the system can limit it; what the job starts by itself is not ended with it.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from queue import Empty, Queue
from threading import Thread

from core.labs import attempt, guard
from core.labs.attempt import Job
from core.labs.budget import Budget, Ending

START = "import sys; sys.path.insert(0, sys.argv[1]); from core.labs.spawned import main; main()"


def lines(job: Job, budget: Budget) -> Generator[bytes | Ending, None, None]:
    """Yield each line that the job sends, and last how it ended."""
    with tempfile.TemporaryDirectory(prefix="lab-", ignore_cleanup_errors=True) as folder:
        yield from _lines(job, budget, folder)


def _lines(job: Job, budget: Budget, folder: str) -> Generator[bytes | Ending, None, None]:
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", START, str(guard.ROOT)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, bufsize=0,
    )  # fmt: skip
    assert process.stdin and process.stdout and process.stderr
    said: Queue[tuple[str, bytes]] = Queue()

    def read(name: str, file: int) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(file, 65536):
                said.put((name, data))
        said.put((name, b""))

    for name, pipe in (("results", process.stdout), ("prints", process.stderr)):
        Thread(target=read, args=(name, pipe.fileno()), daemon=True).start()
    with contextlib.suppress(OSError):
        process.stdin.write(json.dumps({**job.to_json(), "megabytes": budget.megabytes}).encode() + b"\n")
    deadline, reason, pending = time.monotonic() + budget.seconds, "", b""
    taken, printed, is_open = 0, b"", 2
    while is_open and not reason:
        try:
            name, data = said.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            reason = "seconds"
            break
        is_open -= not data
        if name == "prints":
            printed += data
            reason = "prints" if len(printed) > budget.prints else ""
            continue
        taken += len(data)
        reason = "results" if taken > budget.results else ""
        *whole, pending = (pending + data).split(b"\n")
        yield from whole
    process.kill()
    status = process.wait()
    yield Ending(reason, max(0, -status) if not reason else 0, printed[: budget.prints].decode(errors="replace"))


def main() -> None:
    """Do the job that comes on the standard input: the process that `lines` starts."""
    request = json.loads(sys.stdin.buffer.readline())
    megabytes = request.pop("megabytes")
    results = os.dup(1)
    os.dup2(2, 1)  # what a learner prints is no result

    def end_with_the_judge() -> None:
        sys.stdin.buffer.read()
        os._exit(0)

    Thread(target=end_with_the_judge, daemon=True).start()
    import torch

    torch.set_num_threads(1)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20,) * 2)
    os.environ.clear()
    guard.install(os.getcwd())
    with contextlib.suppress(BaseException):
        attempt.run(Job(**request), lambda line: _write(results, line + b"\n"))
    with contextlib.suppress(BaseException):
        sys.stdout.flush()
    os._exit(0)


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
