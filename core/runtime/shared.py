"""The pool of this process: one for all sessions of a server."""

import threading
from typing import cast

from core.runtime import status
from core.runtime.job import Job
from core.runtime.pool import Pool
from core.storage import checkpoints, run_store
from core.training.config import TrainingConfig

_shared: list[Pool] = []
_making = threading.Lock()


def pool() -> Pool:
    """Return the pool of this process, made on first use; the app makes it when the server starts."""
    with _making:
        if not _shared:
            _shared.append(Pool(keep=store, ended=status.log_end))
        return _shared[0]


def close() -> None:
    """End the workers of the shared pool, if there is one."""
    with _making:
        while _shared:
            _shared.pop().close()


def store(job: Job) -> str:
    """Store a training run that has ended; returns its id, the job's. Raises RunStoreError and logs it."""
    run = checkpoints.from_events(cast(TrainingConfig, job.config), job.events)  # a pool keeps training runs alone
    seconds = job.ended - job.started if job.started else 0.0
    frames = run_store.frames_of(job.events)
    try:
        return run_store.store(run, job.owner, job.id, job.state, job.reason, seconds, frames)
    except run_store.RunStoreError as error:
        status.log_unkept(str(error))
        raise
