"""A lane of a pool: worker processes for one purpose, and the jobs that wait for them."""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

from core.runtime.executors import Executor
from core.runtime.job import Job
from core.runtime.limits import TOO_LARGE
from core.words import Words

START_ATTEMPTS = 3  # in a row,
START_AGAIN = 15.0  # and seconds until the next ones: the fault may pass, such as a cluster that is away
# oneDNN and others use a block even if its allocation failed, so a run at its limit of memory may end like this
CRASHES = {-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS} if os.name == "posix" else set[int]()
CRASHED = f"the training process broke down; most likely {TOO_LARGE}"
AWAY = 8.0  # seconds after which a job that waits, and that nobody looks at, lets others go first
MOST_OWNERS = 1000  # whose last turn is remembered


class Listener(Protocol):
    """Who hears of workers: the pool."""

    def heard(self, worker: "Worker", message: tuple) -> None:
        """Take a message of a worker."""

    def died(self, worker: "Worker") -> None:
        """Note that a worker's process has ended."""


class Worker:
    """One process and the thread that listens to it."""

    def __init__(self, listener: Listener, lane: "Lane", memory: int) -> None:
        self.listener, self.lane = listener, lane
        self.job: Job | None = None
        self.ready = False
        self.retired = False  # it has met its limit of memory, and its free memory is in pieces
        self.heard = time.monotonic()
        self.ordered_to_end = 0.0  # when it got the order to end its job
        self.why_killed = ""
        environment = os.environ | {
            "OMP_NUM_THREADS": "1", "META_WORKER_NICE": str(lane.nice), "META_MEMORY": str(memory)
        }  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-m", lane.executor.module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            env=environment,
        )
        self._outbox = SimpleQueue[tuple | None]()
        for work in (self._listen, self._write):
            threading.Thread(target=work, daemon=True).start()

    def send(self, *message: object) -> None:
        """Send the process a message, in a thread of its own: a process that does not read holds up nobody."""
        self._outbox.put(message)

    def _write(self) -> None:
        assert self.process.stdin
        with contextlib.suppress(OSError, ValueError):  # if it is gone, the listening thread notices and clears up
            while (message := self._outbox.get()) is not None:
                pickle.dump(message, self.process.stdin)
                self.process.stdin.flush()
                del message  # or it would be held until the next one comes

    def stop(self, why: str) -> None:
        """Order the process to end its job."""
        if self.job:
            self.job.stopping = self.job.stopping or why
            self.ordered_to_end = self.ordered_to_end or time.monotonic()
            self.send("cancel", self.job.id)

    def kill(self, why: str) -> None:
        """End the process at once; its listening thread clears up."""
        self.why_killed = why
        self.process.kill()

    def why_gone(self) -> str:
        """Return why the process has ended: the pool's own reason, or that of its exit status."""
        crashed = self.process.returncode in CRASHES
        return self.why_killed or (CRASHED if crashed else self.lane.executor.lost)

    def _listen(self) -> None:
        assert self.process.stdout
        try:
            while True:
                message = pickle.load(self.process.stdout)
                self.listener.heard(self, message)
                del message  # or it would be held until the next one comes
        except (EOFError, OSError, pickle.UnpicklingError):
            pass  # it has ended
        except Exception:
            traceback.print_exc(file=sys.stderr)
        finally:
            self.process.kill()
            self.process.wait()
            self._outbox.put(None)
            self.listener.died(self)


class Lane:
    """Workers for one purpose and the jobs that wait for them. Its methods are called with the pool's lock.

    cores: for a job that is alone. each: how many jobs of one owner run at once at most.
    """

    def __init__(self, size: int, nice: int, executor: Executor, cores: int, each: int) -> None:
        self.size, self.nice, self.executor, self.cores, self.each = size, nice, executor, cores, each
        self.workers: list[Worker] = []
        self.waiting: list[Job] = []
        self.failed_starts, self.failed_at = 0, 0.0
        self._last_turn: dict[str, float] = {}

    def fill(self, listener: Listener, memory: int) -> None:
        """Start workers until there are as many as there should be."""
        while len(self.workers) < self.size:
            try:
                self.workers.append(Worker(listener, self, memory))
            except OSError:  # no room for a process now
                self.failed_starts, self.failed_at = self.failed_starts + 1, time.monotonic()
                return

    @property
    def running(self) -> list[Job]:
        """The jobs that run."""
        return [worker.job for worker in self.workers if worker.job]

    def in_turn(self) -> list[Job]:
        """Return the jobs that wait, in the order in which they come: owners take turns."""
        seen = Counter[str]()
        turns = []
        for number, job in enumerate(self.waiting):
            turns.append((seen[job.owner], self._last_turn.get(job.owner, 0.0), number, job))
            seen[job.owner] += 1
        return [job for *_, job in sorted(turns, key=lambda turn: turn[:3])]

    def place(self, job: Job) -> int:
        """Return how many jobs come before `job`."""
        turns = self.in_turn()
        return turns.index(job) if job in turns else 0

    def dispatch(self) -> list[Job]:
        """Give the next jobs to the workers that are free; returns them. A job that nobody looks at keeps its place."""
        begun = []
        free = [worker for worker in self.workers if worker.ready and worker.job is None and not worker.retired]
        for worker in free:
            busy = Counter(job.owner for job in self.running)
            present = (job for job in self.in_turn() if time.monotonic() - job.seen < AWAY)
            job = next((job for job in present if busy[job.owner] < self.each), None)
            if job is None:
                break
            self.waiting.remove(job)
            begun.append(job)
            worker.job = job
            job.state, job.started, worker.ordered_to_end = "running", time.monotonic(), 0.0
            if len(self._last_turn) > MOST_OWNERS:
                self._last_turn.clear()
            self._last_turn[job.owner] = job.started
            worker.send("run", job.id, job.config, self._threads())
        return begun

    def _threads(self) -> int:
        """Return the cores for a job that begins now: all of them for one that is alone, else its part of them."""
        return max(1, self.cores // len(self.running))

    def why_not(self) -> str:
        """Return why no worker is ready."""
        if self.failed_starts >= START_ATTEMPTS:
            text = (
                "the worker processes do not start; the server's log says why, and it tries again every {seconds:g} s"
            )
            return Words(text, seconds=START_AGAIN)
        return "the worker is warming up; this takes a few seconds after the server starts"
