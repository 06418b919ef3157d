"""Background runs: a small pool of warm worker processes, a queue, cancel, and failures in words.

Nothing here imports torch; the workers do, when the pool is made and not when a learner clicks.
"""

import statistics
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import cast

from core.demos.questions import Answer, Question
from core.options import Config
from core.runtime.answers import (
    CLOSED,
    CLOSED_WAITING,
    Answers,
    BusyError,
    UnavailableError,
    WarmingUpError,
    digest,
)
from core.runtime.executors import HERE, executor
from core.runtime.job import Job
from core.runtime.lane import START_AGAIN, START_ATTEMPTS, Lane, Worker
from core.runtime.limits import TOO_LARGE, Limits, from_environment
from core.training.config import TrainingConfig
from core.words import Words

WATCH_EVERY = 0.5  # seconds between two looks of the watchdog
OBEY = 5.0  # seconds in which a worker must end a run once it has the order
HUNG = "the training process did not answer any more; the next run gets a fresh one"
REPLACED = "you started another run, and a learner has one at a time"
ENDED_HERE = "the instructor ended it"
KEEPING = 10.0  # seconds that a server which ends waits for the last run to be written
PATIENCE = 1.0  # seconds that a page waits for the turn of its question before it says how many are before it
UNASKED = 15.0  # seconds after which a question is dropped that no page waits for any more
LONGEST_ANSWER = 60.0  # seconds that an answer may take
MOST_QUESTIONS = 12  # of one learner that wait at once
REMEMBERED = 120.0  # seconds in which a page that is opened again finds a run that has ended


class Pool:
    """Trainers for long runs, and helpers for the small questions of sliders.

    Each owner (a learner) has at most one run, of whatever kind; a new one replaces it. Owners take turns.
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
        self._answers = Answers()
        self._ended_runs = deque[Job](maxlen=100)
        self.waits = deque[float](maxlen=200)  # seconds that the last jobs waited for a worker
        self.unkept, self.why_unkept = 0, ""  # how many runs could not be stored, and why the last one could not
        trained_by, helpers = executor(), self.limits.answering
        self._training = Lane(trainers or self.limits.trainers, 10, trained_by, trained_by.cores, each=1)
        # sliders' questions are answered on this machine, wherever runs are trained; one learner leaves a helper free
        self._helping = Lane(helpers, 0, HERE, 1, each=max(1, helpers - 1))
        with self._changed:
            for lane in (self._helping, self._training):
                lane.fill(self, self.limits.memory)
        threading.Thread(target=self._watch, daemon=True).start()

    def start(
        self, config: Config, owner: str, watched: Callable[[], bool] | None = None, page: str = ""
    ) -> Job:  # fmt: skip
        """Queue a training run or another long job; the owner's earlier one, if still running, is cancelled.

        watched: whether the learner is still connected; without it, only `poll` shows that. page: where `find` looks
        for it. A job that is not allowed comes back failed, with the reason in words.
        """
        job = Job(config, owner, page, watched=watched)
        refused = self._refused(config)
        with self._changed:
            lane = self._training
            others = sum(waiting.owner != owner for waiting in lane.waiting)
            if not refused and others >= max(self.limits.queue, sum(w.job is None for w in lane.workers)):
                refused = Words("{count} runs wait already; try again in a few minutes", count=others)
            if refused:  # the run that the learner has goes on
                self._end(job, "failed", refused)
                return job
            for earlier in self._runs():
                if earlier.owner == owner:
                    self._cancel(earlier, REPLACED)
            lane.waiting.append(job)
            self._dispatch(lane)
        return job

    def find(self, owner: str, page: str) -> Job | None:
        """Return the run that `owner` started on `page`, if it is not over or has ended a moment ago."""
        with self._changed:
            ended = [job for job in self._ended_runs if time.monotonic() - job.ended < REMEMBERED]
            mine = [job for job in [*ended, *self._runs()] if job.owner == owner and job.page == page]
            return mine[-1] if mine else None

    def runs(self) -> list[Job]:
        """Return all runs that are not over, those that wait last; for an instructor."""
        with self._changed:
            return self._runs()

    def _runs(self) -> list[Job]:
        return [*self._training.running, *self._training.waiting]

    def pause(self, job: Job, on: bool) -> None:
        """Let a run pause between two events, or go on. Its worker waits for it."""
        with self._changed:
            for worker in self._training.workers:
                if worker.job is job:
                    job.paused = on
                    worker.send("pause" if on else "go on", job.id)

    def counts(self) -> dict[str, int]:
        """Count the workers, those that are ready or busy, and the jobs that wait; for a status page."""
        with self._changed:
            workers = [*self._training.workers, *self._helping.workers]
            return {
                "workers": len(workers),
                "ready": sum(worker.ready for worker in workers),
                "busy": sum(worker.job is not None for worker in workers),
                "waiting": len(self._training.waiting) + len(self._helping.waiting),
                "helpers": len(self._helping.workers),
                "questions_waiting": len(self._helping.waiting),
                "unkept": self.unkept,
            }

    def waited(self) -> tuple[float, float]:
        """Return for how many seconds the last jobs waited for a worker: the median, and nineteen of twenty."""
        waits = sorted(self.waits)
        return (statistics.median(waits), waits[int(0.95 * (len(waits) - 1))]) if waits else (0.0, 0.0)

    def pids(self) -> list[int]:
        """Return the process numbers of all workers."""
        with self._changed:
            return [worker.process.pid for worker in (*self._training.workers, *self._helping.workers)]

    def _refused(self, config: Config) -> str:
        """Return why this server does not run `config`, or nothing."""
        if not isinstance(config, TrainingConfig):
            return ""
        if config.iterations > self.limits.updates:
            most, asked = self.limits.updates, config.iterations
            return Words("iterations={asked}: this server runs at most {most} outer updates", asked=asked, most=most)
        if config.trace:
            return "trace=True: a run with every update in it is for the command line"
        return ""

    def ask(self, question: Question[Answer], owner: str = "", timeout: float = 10.0) -> list[Answer]:
        """Return the events that answer a small question, the same ones to all who ask the same.

        Raises BusyError when it waits for its turn, or takes longer than `timeout` seconds: asked again, it has kept
        its place. Raises WarmingUpError when the helpers are still starting, UnavailableError when it fails.
        """
        key = digest(question)
        with self._changed:
            lane, asked = self._helping, time.monotonic()
            job = self._answers.find(key) or self._put(question, key, owner)
            while not job.over:
                job.seen = now = time.monotonic()
                patience = min(PATIENCE, timeout) if job.state == "queued" else timeout
                if now - asked >= patience:
                    raise BusyError(lane.place(job))
                self._changed.wait(min(asked + patience - now, WATCH_EVERY))
        if job.state != "done":
            raise UnavailableError(job.reason, again=job.lost or job.state == "cancelled")
        return cast(list[Answer], job.events)

    def _put(self, question: Question, key: bytes, owner: str) -> Job:
        lane = self._helping
        if not any(worker.ready for worker in lane.workers):
            raise WarmingUpError(lane.why_not())
        if sum(waiting.owner == owner for waiting in lane.waiting) >= MOST_QUESTIONS:
            raise UnavailableError(Words("too many of your questions wait already"), again=True)
        job = Job(question, owner)
        self._answers.add(key, job)
        lane.waiting.append(job)
        self._dispatch(lane)
        return job

    def place_of(self, question: Question) -> int | None:
        """Return how many questions are before this one; None where it is answered, or nobody asks for it."""
        with self._changed:
            job = self._answers.find(digest(question))
            if job is None or job.over:
                return None
            job.seen = time.monotonic()
            return self._helping.place(job)

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

    def cancel(self, job: Job, why: str = "cancelled") -> None:
        """Stop `job` between two events, or take it out of the queue; its events so far stay."""
        with self._changed:
            self._cancel(job, why)

    def place(self, job: Job) -> int:
        """Return how many runs are before `job` in the queue."""
        with self._changed:
            return self._training.place(job)

    def answers(self) -> bool:
        """Return whether a helper has started, so that questions are answered."""
        return any(worker.ready for worker in self._helping.workers)

    def ready(self) -> bool:
        """Return whether the helper and at least one trainer have started."""
        return all(any(worker.ready for worker in lane.workers) for lane in (self._helping, self._training))

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
                self.unkept, self.why_unkept = self.unkept + 1, job.kept
            job.release()
            del job  # or it would be held until the next one ends

    # All methods below are called with the lock or take it; threads of the workers call heard and died.

    def _watch(self) -> None:
        """Look after all workers: end runs whose page is closed or whose time is up, replace workers that hang."""
        while not self._closed:
            time.sleep(WATCH_EVERY)
            try:
                self._look_round(time.monotonic())
            except Exception:  # without it nothing would be looked after any more
                traceback.print_exc(file=sys.stderr)

    def _look_round(self, now: float) -> None:
        with self._changed:
            for lane in (self._training, self._helping):
                for worker in list(lane.workers):
                    self._look_after(worker, now)
                if not self._closed and (lane.failed_starts < START_ATTEMPTS or now - lane.failed_at > START_AGAIN):
                    lane.fill(self, self.limits.memory)
                for job in [job for job in lane.waiting if self._abandoned(lane, job, now)]:
                    lane.waiting.remove(job)
                    self._end(job, "cancelled", CLOSED_WAITING)
                self._dispatch(lane)  # a learner may have come back

    def _look_after(self, worker: Worker, now: float) -> None:
        job, limits, lane = worker.job, self.limits, worker.lane
        if worker.ready and now - worker.heard > limits.hung:
            worker.kill(HUNG)
        if job is None:
            return
        longest = limits.seconds if lane is self._training else LONGEST_ANSWER
        if worker.ordered_to_end:
            if now - worker.ordered_to_end > OBEY:
                worker.kill(job.stopping or HUNG)
        elif self._abandoned(lane, job, now):
            worker.stop(CLOSED)
        elif longest and now - job.started > longest:
            worker.stop(Words("this server ends a run after {longest:g} s; the curve so far is kept", longest=longest))

    def _abandoned(self, lane: Lane, job: Job, now: float) -> bool:
        """Whether nobody looks at a job any more."""
        if job.watched is not None and job.watched():
            job.seen = now
        return now - job.seen > (self.limits.abandoned if lane is self._training else UNASKED)

    def _dispatch(self, lane: Lane) -> None:
        self.waits.extend(job.started - job.submitted_at for job in lane.dispatch())
        if lane.failed_starts >= START_ATTEMPTS and not any(worker.ready for worker in lane.workers):
            for job in list(lane.waiting):
                lane.waiting.remove(job)
                self._end(job, "failed", lane.why_not())

    def _cancel(self, job: Job, why: str) -> None:
        for lane in (self._training, self._helping):
            if job in lane.waiting:
                lane.waiting.remove(job)
                self._end(job, "cancelled", why)
            for worker in lane.workers:
                if worker.job is job:
                    worker.stop(why)

    def _end(self, job: Job, state: str, reason: str) -> None:
        job.state, job.reason, job.ended = state, reason, time.monotonic()
        self._ended(job)
        if isinstance(job.config, Question):
            job.events = job.events if state == "done" else []
        else:
            self._ended_runs.append(job)
        if self._keeper and isinstance(job.config, TrainingConfig) and job.steps:
            self._to_keep.put(job)
        self._changed.notify_all()

    def heard(self, worker: Worker, message: tuple) -> None:
        """Take a message of a worker."""
        with self._changed:
            job, worker.heard = worker.job, time.monotonic()
            match message:
                case ("ready",):
                    worker.ready, worker.lane.failed_starts = True, 0
                case ("events", _, events) if job:
                    job.take(events)
                    if job.stopping and not worker.ordered_to_end:
                        worker.stop(job.stopping)
                case ("end", _, state, reason) if job:
                    worker.job, worker.ordered_to_end, worker.retired = None, 0.0, reason == TOO_LARGE
                    if worker.retired:
                        worker.process.kill()  # a fresh one follows
                    self._end(job, state, job.stopping if state == "cancelled" and job.stopping else reason)
            self._dispatch(worker.lane)
            self._changed.notify_all()

    def died(self, worker: Worker) -> None:
        """Note that a worker's process has ended: its job too, and another worker takes its place."""
        with self._changed:
            if worker.job:
                stopping, worker.job.lost = worker.job.stopping, True
                self._end(worker.job, "cancelled" if stopping else "failed", stopping or worker.why_gone())
            lane = worker.lane
            lane.workers.remove(worker)
            if not worker.ready:
                lane.failed_starts, lane.failed_at = lane.failed_starts + 1, time.monotonic()
            if not self._closed and lane.failed_starts < START_ATTEMPTS:
                lane.fill(self, self.limits.memory)
            self._dispatch(lane)
            self._changed.notify_all()
