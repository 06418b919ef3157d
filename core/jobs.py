"""Background runs: a small pool of warm worker processes, a queue, cancel, and failures in words.

Nothing here imports torch; the workers do, when the pool is made and not when a learner clicks.
"""

import contextlib
import os
import pickle
import subprocess
import sys
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue

from core.configs import Training
from core.events import Event, OuterStep, Progress, Snapshot
from core.options import Config

ABANDONED = 20.0  # seconds without anybody asking after a run: its page was closed
START_ATTEMPTS = 3
FIRST_GUESS = 0.5  # seconds before a guess at the remaining time is worth showing
KILLED = "the training process was stopped from outside; the next run gets a fresh one"
SETTLING = 3.0  # seconds that a page waits to hear whether a run has been kept
KEEPING = 10.0  # seconds that a server which ends waits for the last run to be written
ENDED = ("done", "failed", "cancelled")


def _forget_optimizers(events: list[Event]) -> None:
    """Of all snapshots only the last is gone on from; what the others hold of an optimizer is dropped."""
    places = [i for i, event in enumerate(events) if isinstance(event, Snapshot) and event.optimizer]
    for i in places[:-1]:
        events[i] = replace(events[i], optimizer={})  # type: ignore[type-var,call-arg]


class UnavailableError(RuntimeError):
    """No worker can answer now; the text says why and whether waiting helps."""


@dataclass(eq=False)
class Job:
    """One run: what was asked, how far it is, what it yielded. Read it through `Pool.poll`."""

    config: Config
    owner: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: str = "queued"
    reason: str = ""
    events: list[Event] = field(default_factory=list)
    asked: float = field(default_factory=time.monotonic)
    started: float = 0.0
    first_event: float = 0.0
    ended: float = 0.0
    seen: float = field(default_factory=time.monotonic)
    kept: str = ""  # "kept" when it is, or why it could not be

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ENDED

    @property
    def settled(self) -> bool:
        """Whether it is over, and kept or known not to be; not waited for longer than SETTLING seconds."""
        return self.over and (bool(self.kept) or time.monotonic() - self.ended > SETTLING)

    @property
    def steps(self) -> list[OuterStep]:
        """The learning curve so far."""
        return [event for event in list(self.events) if isinstance(event, OuterStep)]

    def progress(self) -> tuple[float, float | None]:
        """Share done, 0 to 1, and the seconds that remain (None while not known)."""
        if self.over:
            return (1.0 if self.state == "done" else self._share()), 0.0
        share = self._share()
        taken = time.monotonic() - self.first_event if self.first_event else 0.0
        return share, taken * (1 - share) / share if share and taken > FIRST_GUESS else None

    def _share(self) -> float:
        config = self.config
        told = next((e for e in reversed(self.events) if isinstance(e, Progress)), None)
        if told:
            return min(told.done / told.total, 1.0) if told.total else 0.0
        if not isinstance(config, Training) or not self.events:
            return 0.0
        last = next((e.iteration for e in reversed(self.events) if isinstance(e, OuterStep)), 0)
        share = last / config.iterations if config.iterations else 1.0
        if config.seconds and self.first_event:
            end = self.ended or time.monotonic()
            share = max(share, (end - self.first_event) / config.seconds)
        return min(share, 1.0)


class _Worker:
    """One process and the thread that listens to it."""

    def __init__(self, pool: "Pool", lane: "_Lane") -> None:
        self.pool, self.lane = pool, lane
        self.job: Job | None = None
        self.ready = False
        environment = os.environ | {"OMP_NUM_THREADS": "1", "META_WORKER_NICE": str(lane.nice)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parent.parent,
            env=environment,
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def send(self, *message: object) -> None:
        """Tell the process; if it is gone the listening thread finds out and clears up."""
        with contextlib.suppress(OSError):
            assert self.process.stdin
            pickle.dump(message, self.process.stdin)
            self.process.stdin.flush()

    def _listen(self) -> None:
        assert self.process.stdout
        while True:
            try:
                message = pickle.load(self.process.stdout)
            except (EOFError, OSError, pickle.UnpicklingError):
                self.process.kill()
                self.process.wait()
                self.pool._died(self)
                return
            self.pool._heard(self, message)


class _Lane:
    """Workers for one purpose and the jobs that wait for them."""

    def __init__(self, size: int, nice: int) -> None:
        self.size, self.nice = size, nice
        self.workers: list[_Worker] = []
        self.waiting: deque[Job] = deque()
        self.failed_starts = 0


class Pool:
    """Trainers for long runs and one helper for the small questions of sliders.

    Each owner (a browser session) has at most one training run; a new one replaces it.
    """

    def __init__(self, trainers: int | None = None, keep: Callable[[Job], object] | None = None) -> None:
        self._changed = threading.Condition()
        self._closed = False
        self._to_keep: SimpleQueue[Job | None] = SimpleQueue()
        self._keeper = threading.Thread(target=self._keep_all, args=(keep,), daemon=True) if keep else None
        if self._keeper:
            self._keeper.start()
        count = trainers or int(os.environ.get("META_WORKERS", "0")) or min(os.cpu_count() or 1, 8)
        self._training, self._helping = _Lane(count, nice=10), _Lane(1, nice=0)
        with self._changed:
            for lane in (self._helping, self._training):
                lane.workers = [_Worker(self, lane) for _ in range(lane.size)]

    def start(self, config: Config, owner: str) -> Job:
        """Queue a training run or another long job; the owner's earlier one, if still running, is cancelled."""
        job = Job(config, owner)
        with self._changed:
            lane = self._training
            running = [worker.job for worker in lane.workers if worker.job]
            for earlier in [*running, *lane.waiting]:
                if earlier.owner == owner:
                    self._cancel(earlier)
            lane.waiting.append(job)
            self._dispatch(lane)
        return job

    def ask(self, config: Config, timeout: float = 10.0) -> list[Event]:
        """Run a small config to its end and return its events.

        Raises UnavailableError when the helper is still starting, fails, or takes too long.
        """
        job = Job(config, owner="")
        with self._changed:
            lane = self._helping
            if not any(worker.ready for worker in lane.workers):
                raise UnavailableError(self._why_not(lane))
            lane.waiting.append(job)
            self._dispatch(lane)
            if not self._changed.wait_for(lambda: job.over, timeout):
                self._cancel(job)
                raise UnavailableError("the answer took too long; try again")
        if job.state != "done":
            raise UnavailableError(job.reason)
        return job.events

    def poll(self, job: Job) -> Job:
        """Say that somebody still looks at `job`; without this it counts as abandoned."""
        job.seen = time.monotonic()
        return job

    def wait(self, job: Job, timeout: float = 60.0) -> Job:
        """Block until `job` is over, or until `timeout` seconds have passed (for tests and scripts)."""
        end = time.monotonic() + timeout
        with self._changed:
            while not self.poll(job).over and time.monotonic() < end:
                self._changed.wait(0.1)
        return job

    def cancel(self, job: Job) -> None:
        """Stop `job` between two events, or take it out of the queue; what it yielded stays."""
        with self._changed:
            self._cancel(job)

    def place(self, job: Job) -> int:
        """How many runs are before `job` in the queue."""
        with self._changed:
            waiting = self._training.waiting
            return list(waiting).index(job) if job in waiting else 0

    def ready(self) -> bool:
        """Whether the helper and at least one trainer have started."""
        return all(any(w.ready for w in lane.workers) for lane in (self._helping, self._training))

    def close(self) -> None:
        """End all workers."""
        with self._changed:
            self._closed = True
            workers = [*self._helping.workers, *self._training.workers]
        for worker in workers:
            worker.process.kill()
            worker.process.wait()
        if self._keeper:
            self._to_keep.put(None)
            self._keeper.join(KEEPING)

    def _keep_all(self, keep: Callable[[Job], object]) -> None:
        """Keep runs as they end, one after the other, in a thread of its own: a slow disk holds up nobody."""
        while (job := self._to_keep.get()) is not None:
            try:
                keep(job)
                job.kept = "kept"
            except Exception as error:  # whatever it is, the run on the page goes on
                job.kept = f"{error}" or type(error).__name__

    # All below is called with or takes the lock; threads of the workers call _heard and _died.

    def _why_not(self, lane: _Lane) -> str:
        if lane.failed_starts >= START_ATTEMPTS:
            return "the worker processes do not start; see the server's log"
        return "the worker is warming up; this takes a few seconds after the server starts"

    def _dispatch(self, lane: _Lane) -> None:
        for worker in lane.workers:
            if worker.ready and worker.job is None:
                job = self._next(lane)
                if job is None:
                    return
                worker.job, job.state, job.started = job, "running", time.monotonic()
                worker.send("run", job.id, job.config, self._threads(lane))
        if lane.failed_starts >= START_ATTEMPTS:
            while lane.waiting:
                self._end(lane.waiting.popleft(), "failed", self._why_not(lane))

    def _threads(self, lane: _Lane) -> int:
        """Cores for a job that begins now: all of them for a run that is alone, else its part of them."""
        busy = sum(worker.job is not None for worker in lane.workers)
        return max(1, (os.cpu_count() or 1) // busy) if lane is self._training else 1

    def _next(self, lane: _Lane) -> Job | None:
        while lane.waiting:
            job = lane.waiting.popleft()
            if time.monotonic() - job.seen < ABANDONED:
                return job
            self._end(job, "cancelled", "the page was closed while the run waited")
        return None

    def _cancel(self, job: Job) -> None:
        for lane in (self._training, self._helping):
            if job in lane.waiting:
                lane.waiting.remove(job)
                self._end(job, "cancelled", "cancelled")
            for worker in lane.workers:
                if worker.job is job:
                    worker.send("cancel", job.id)

    def _end(self, job: Job, state: str, reason: str) -> None:
        job.state, job.reason, job.ended = state, reason, time.monotonic()
        if self._keeper and isinstance(job.config, Training) and any(isinstance(one, OuterStep) for one in job.events):
            self._to_keep.put(job)
        self._changed.notify_all()

    def _heard(self, worker: _Worker, message: tuple) -> None:
        with self._changed:
            job = worker.job
            match message:
                case ("ready",):
                    worker.ready, worker.lane.failed_starts = True, 0
                case ("events", _, events) if job:
                    job.events.extend(events)
                    _forget_optimizers(job.events)
                    job.first_event = job.first_event or time.monotonic()
                    if worker.lane is self._training and time.monotonic() - job.seen > ABANDONED:
                        worker.send("cancel", job.id)
                case ("end", _, state, reason) if job:
                    worker.job = None
                    self._end(job, state, reason)
            self._dispatch(worker.lane)
            self._changed.notify_all()

    def _died(self, worker: _Worker) -> None:
        with self._changed:
            if worker.job:
                self._end(worker.job, "failed", KILLED)
            lane = worker.lane
            lane.workers.remove(worker)
            lane.failed_starts += not worker.ready
            if not self._closed and lane.failed_starts < START_ATTEMPTS:
                lane.workers.append(_Worker(self, lane))
            self._dispatch(lane)
            self._changed.notify_all()


_shared: list[Pool] = []
_making = threading.Lock()


def shared() -> Pool:
    """The pool of this process, made on first use; the app makes it when the server starts."""
    with _making:
        if not _shared:
            from core import kept  # which knows jobs

            _shared.append(Pool(keep=kept.keep))
        return _shared[0]


def close_shared() -> None:
    """End the workers of the shared pool, if there is one."""
    with _making:
        while _shared:
            _shared.pop().close()
