"""Answers to questions, shared by all learners who ask the same, and why there is none now."""

import hashlib
import pickle
import time
from collections import OrderedDict

from core.demos.questions import Question
from core.runtime import bounded
from core.runtime.job import Job

MOST_BYTES = 64 * 2**20  # of all answers that are held for those who ask the same
MOST_ANSWERS = 2000
FORGIVEN = 30.0  # seconds after which a question that failed may be tried again,
SOON = 2.0  # and where its worker was lost: a page says so, and does not ask again by itself
CLOSED = "the page was closed"
CLOSED_WAITING = "the page was closed while the run waited"
LEFT = (CLOSED, CLOSED_WAITING)  # why a question ends that nobody waits for


class UnavailableError(RuntimeError):
    """There is no answer; the text says why. again: whether the same question may be answered a little later."""

    def __init__(self, reason: str, again: bool = False) -> None:
        super().__init__(reason)
        self.again = again


class WarmingUpError(UnavailableError):
    """No worker has started yet; waiting helps."""


class BusyError(UnavailableError):
    """The question waits or is being answered; `place` others are before it."""

    def __init__(self, place: int) -> None:
        super().__init__("the answer is being computed" if not place else f"{place} questions are before this one")
        self.place = place


def digest(question: Question) -> bytes:
    """Return what two questions have in common where they are the same."""
    return hashlib.sha256(pickle.dumps(question)).digest()


class Answers:
    """Questions that have been asked, by their digest; each is a job that runs, or has run. Bounded in bytes."""

    def __init__(self) -> None:
        self._jobs = OrderedDict[bytes, Job]()

    def find(self, key: bytes) -> Job | None:
        """Return the job that answers a question, if it may still be of use."""
        job = self._jobs.get(key)
        if job is None:
            return None
        failed = job.over and job.state != "done"
        if failed and (job.reason in LEFT or time.monotonic() - job.ended > (SOON if job.lost else FORGIVEN)):
            del self._jobs[key]
            return None
        self._jobs.move_to_end(key)
        return job

    def add(self, key: bytes, job: Job) -> None:
        """Remember a question, and forget the answers that were asked for longest ago where there are too many."""
        job.size += bounded.size(job.config)
        self._jobs[key] = job
        total = sum(other.size for other in self._jobs.values())
        for old, other in list(self._jobs.items()):
            if total <= MOST_BYTES and len(self._jobs) <= MOST_ANSWERS:
                return
            if other.over:
                total -= other.size
                del self._jobs[old]
