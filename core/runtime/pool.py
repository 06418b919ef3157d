"""Background runs: a small pool of warm worker processes, a queue, cancel, and failures in words.

Nothing here imports torch; the workers do, when the pool is made and not when a learner clicks.
"""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import cast

from core.demos.questions import Answer, Question
from core.events import Event, Snapshot
from core.options import Config
from core.runtime.executors import HERE, Executor, executor
from core.runtime.job import Job
from core.runtime.limits import TOO_LARGE, Limits, from_environment
from core.training.config import TrainingConfig

WATCH_EVERY = 0.5  # seconds between two looks of the watchdog
OBEY = 5.0  # seconds in which a worker must end a run once it has the order
START_ATTEMPTS = 3  # in a row,
START_AGAIN = 15.0  # and seconds until the next ones: the fault may pass, such as a cluster that is away
HUNG = "the training process did not answer any more; the next run gets a fresh one"
# oneDNN and others use a block even if its allocation failed, so a run at its limit of memory may end like this
CRASHES = {-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS} if os.name == "posix" else set[int]()
CRASHED = f"the training process broke down; most likely {TOO_LARGE}"
CLOSED = "the page was closed"
KEEPING = 10.0  # seconds that a server which ends waits for the last run to be written


def _forget_optimizers(events: list[Event]) -> None:
    """Drop the optimizer's state from all snapshots but the last: a run goes on only from that."""
    places = [i for i, event in enumerate(events) if isinstance(event, Snapshot) and event.optimizer]
    for i in places[:-1]:
        events[i] = replace(events[i], optimizer={})  # type: ignore[type-var,call-arg]


class UnavailableError(RuntimeError):
    """No worker can answer now; the text says why and whether waiting helps."""


class _Worker:
    """One process and the thread that listens to it."""

    def __init__(self, pool: "Pool", lane: "_Lane") -> None:
        self.pool, self.lane = pool, lane
        self.job: Job | None = None
        self.ready = False
        self.retired = False  # it has met its limit of memory, and its free memory is in pieces
        self.heard = time.monotonic()
        self.ordered_to_end = 0.0  # when it got the order to end its job
        self.why_killed = ""
        environment = os.environ | {
            "OMP_NUM_THREADS": "1", "META_WORKER_NICE": str(lane.nice), "META_MEMORY": str(pool.limits.memory)
        }  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-m", lane.executor.module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            env=environment,
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def send(self, *message: object) -> None:
        """Send the process a message; if it is gone, the listening thread notices and clears up."""
        with contextlib.suppress(OSError):
            assert self.process.stdin
            pickle.dump(message, self.process.stdin)
            self.process.stdin.flush()

    def why_gone(self) -> str:
        """Return why the process has ended: the pool's own reason, or that of its exit status."""
        crashed = self.process.returncode in CRASHES
        return self.why_killed or (CRASHED if crashed else self.lane.executor.lost)

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

    def __init__(self, size: int, nice: int, executor: Executor) -> None:
        self.size, self.nice, self.executor = size, nice, executor
        self.workers: list[_Worker] = []
        self.waiting: deque[Job] = deque()
        self.failed_starts, self.failed_at = 0, 0.0

    def fill(self, pool: "Pool") -> None:
        """Start workers until there are as many as there should be."""
        while len(self.workers) < self.size:
            self.workers.append(_Worker(pool, self))


class Pool:
    """Trainers for long runs and one helper for the small questions of sliders.

    Each owner (a browser session) has at most one training run; a new one replaces it.
    """

    def __init__(
        self,
        trainers: int | None = None,
        keep: Callable[[Job], object] | None = None,
        limits: Limits | None = None,
        ended: Callable[[Job], object] = lambda _: None,
    ) -> None:
        self._ended = ended
        self.limits = limits or from_environment()
        self._changed = threading.Condition()
        self._closed = False
        self._to_keep: SimpleQueue[Job | None] = SimpleQueue()
        self._keeper = threading.Thread(target=self._keep_all, args=(keep,), daemon=True) if keep else None
        if self._keeper:
            self._keeper.start()
        count = trainers or self.limits.trainers
        # sliders' questions are answered on this machine, wherever runs are trained
        self._training, self._helping = _Lane(count, 10, executor()), _Lane(1, 0, HERE)
        with self._changed:
            for lane in (self._helping, self._training):
                lane.fill(self)
        threading.Thread(target=self._watch, daemon=True).start()

    def start(self, config: Config, owner: str, watched: Callable[[], bool] | None = None) -> Job:
        """Queue a training run or another long job; the owner's earlier one, if still running, is cancelled.

        watched: whether the learner is still connected; without it, only `poll` shows that. A job that is not
        allowed comes back failed, with the reason in words.
        """
        job = Job(config, owner, watched=watched)
        refused = self._refused(config)
        with self._changed:
            lane = self._training
            running = [worker.job for worker in lane.workers if worker.job]
            for earlier in [*running, *lane.waiting]:
                if earlier.owner == owner:
                    self._cancel(earlier)
            if not refused and len(lane.waiting) >= max(self.limits.queue, sum(w.job is None for w in lane.workers)):
                refused = f"{len(lane.waiting)} runs wait already; try again in a few minutes"
            if refused:
                self._end(job, "failed", refused)
                return job
            lane.waiting.append(job)
            self._dispatch(lane)
        return job

    def counts(self) -> dict[str, int]:
        """Count the workers, those that are ready or busy, and the jobs that wait; for a status page."""
        with self._changed:
            workers = [*self._training.workers, *self._helping.workers]
            return {
                "workers": len(workers),
                "ready": sum(worker.ready for worker in workers),
                "busy": sum(worker.job is not None for worker in workers),
                "waiting": len(self._training.waiting) + len(self._helping.waiting),
            }

    def pids(self) -> list[int]:
        """Return the process numbers of all workers."""
        with self._changed:
            return [worker.process.pid for worker in (*self._training.workers, *self._helping.workers)]

    def _refused(self, config: Config) -> str:
        """Return why this server does not run `config`, or nothing."""
        if isinstance(config, TrainingConfig) and config.iterations > self.limits.updates:
            return f"iterations={config.iterations}: this server runs at most {self.limits.updates} outer updates"
        return ""

    def ask(self, question: Question[Answer], timeout: float = 10.0) -> list[Answer]:
        """Answer a small question and return the events of the answer.

        Raises UnavailableError when the helper is still starting, fails, or takes too long.
        """
        job = Job(question, owner="")
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
        return cast(list[Answer], job.events)

    def poll(self, job: Job) -> Job:
        """Note that somebody still looks at `job`; without this it counts as abandoned."""
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
        """Stop `job` between two events, or take it out of the queue; its events so far stay."""
        with self._changed:
            self._cancel(job)

    def place(self, job: Job) -> int:
        """Return how many runs are before `job` in the queue."""
        with self._changed:
            waiting = self._training.waiting
            return list(waiting).index(job) if job in waiting else 0

    def ready(self) -> bool:
        """Return whether the helper and at least one trainer have started."""
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
        """Store runs as they end, one after the other, in a thread of its own: a slow disk holds up nobody."""
        while (job := self._to_keep.get()) is not None:
            try:
                keep(job)
                job.kept = "kept"
            except Exception as error:  # whatever it is, the run on the page goes on
                job.kept = f"{error}" or type(error).__name__

    # All methods below are called with the lock or take it; threads of the workers call _heard and _died.

    def _why_not(self, lane: _Lane) -> str:
        if lane.failed_starts >= START_ATTEMPTS:
            again = f"it tries again every {START_AGAIN:g} s"
            return f"the worker processes do not start; the server's log says why, and {again}"
        return "the worker is warming up; this takes a few seconds after the server starts"

    def _watch(self) -> None:
        """Look after all workers: end runs whose page is closed or whose time is up, replace workers that hang."""
        while not self._closed:
            time.sleep(WATCH_EVERY)
            now = time.monotonic()
            with self._changed:
                for lane in (self._training, self._helping):
                    for worker in list(lane.workers):
                        self._look_after(worker, now)
                    if lane.failed_starts >= START_ATTEMPTS and now - lane.failed_at > START_AGAIN:
                        lane.fill(self)
                    for job in [job for job in lane.waiting if self._abandoned(job, now)]:
                        lane.waiting.remove(job)
                        self._end(job, "cancelled", f"{CLOSED} while the run waited")

    def _look_after(self, worker: _Worker, now: float) -> None:
        job, limits = worker.job, self.limits
        if worker.ready and now - worker.heard > limits.hung:
            worker.why_killed = HUNG
            worker.process.kill()  # its listening thread clears up
        if job is None:
            return
        if worker.ordered_to_end:
            if now - worker.ordered_to_end > OBEY:
                worker.why_killed = job.stopping or HUNG
                worker.process.kill()
        elif worker.lane is self._training and self._abandoned(job, now):
            self._stop(worker, CLOSED)
        elif limits.seconds and now - job.started > limits.seconds:
            self._stop(worker, f"this server ends a run after {limits.seconds:g} s; the curve so far is kept")

    def _stop(self, worker: _Worker, why: str) -> None:
        """Order a worker to end its job."""
        if worker.job:
            worker.job.stopping = worker.job.stopping or why
            worker.ordered_to_end = worker.ordered_to_end or time.monotonic()
            worker.send("cancel", worker.job.id)

    def _abandoned(self, job: Job, now: float) -> bool:
        """Whether nobody looks at a job any more."""
        if job.watched is not None and job.watched():
            job.seen = now
        return now - job.seen > self.limits.abandoned

    def _dispatch(self, lane: _Lane) -> None:
        for worker in lane.workers:
            if worker.ready and worker.job is None and not worker.retired:
                if not lane.waiting:
                    return
                job = worker.job = lane.waiting.popleft()
                job.state, job.started, worker.ordered_to_end = "running", time.monotonic(), 0.0
                worker.send("run", job.id, job.config, self._threads(lane))
        if lane.failed_starts >= START_ATTEMPTS:
            while lane.waiting:
                self._end(lane.waiting.popleft(), "failed", self._why_not(lane))

    def _threads(self, lane: _Lane) -> int:
        """Return the cores for a job that begins now: all of them for a run that is alone, else its part of them."""
        busy = sum(worker.job is not None for worker in lane.workers)
        return max(1, lane.executor.cores // busy) if lane is self._training else 1

    def _cancel(self, job: Job) -> None:
        for lane in (self._training, self._helping):
            if job in lane.waiting:
                lane.waiting.remove(job)
                self._end(job, "cancelled", "cancelled")
            for worker in lane.workers:
                if worker.job is job:
                    self._stop(worker, "cancelled")

    def _end(self, job: Job, state: str, reason: str) -> None:
        job.state, job.reason, job.ended = state, reason, time.monotonic()
        self._ended(job)
        if self._keeper and isinstance(job.config, TrainingConfig) and job.steps:
            self._to_keep.put(job)
        self._changed.notify_all()

    def _heard(self, worker: _Worker, message: tuple) -> None:
        with self._changed:
            job, worker.heard = worker.job, time.monotonic()
            match message:
                case ("ready",):
                    worker.ready, worker.lane.failed_starts = True, 0
                case ("events", _, events) if job:
                    job.events.extend(events)
                    if any(isinstance(event, Snapshot) for event in events):
                        _forget_optimizers(job.events)
                    job.first_event = job.first_event or time.monotonic()
                case ("end", _, state, reason) if job:
                    worker.job, worker.ordered_to_end, worker.retired = None, 0.0, reason == TOO_LARGE
                    if worker.retired:
                        worker.process.kill()  # a fresh one follows
                    self._end(job, state, job.stopping if state == "cancelled" and job.stopping else reason)
            self._dispatch(worker.lane)
            self._changed.notify_all()

    def _died(self, worker: _Worker) -> None:
        with self._changed:
            if worker.job:
                stopping = worker.job.stopping
                self._end(worker.job, "cancelled" if stopping else "failed", stopping or worker.why_gone())
            lane = worker.lane
            lane.workers.remove(worker)
            if not worker.ready:
                lane.failed_starts, lane.failed_at = lane.failed_starts + 1, time.monotonic()
            if not self._closed and lane.failed_starts < START_ATTEMPTS:
                lane.fill(self)
            self._dispatch(lane)
            self._changed.notify_all()
