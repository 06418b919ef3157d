"""The state of a server for an instructor: workers, queue, memory. Numbers only, nothing about a learner."""

import json
import logging
import os
import time
from pathlib import Path

from core.runtime.job import Job
from core.runtime.pool import Pool
from core.storage import run_store

STARTED = time.monotonic()
LOG = logging.getLogger("learn_meta_learning")
NAMES = {
    "sessions": "browser sessions that are connected",
    "workers": "worker processes",
    "ready": "worker processes that have started",
    "busy": "worker processes that run something",
    "waiting": "jobs that wait for a worker",
    "helpers": "worker processes that answer questions of pages",
    "questions_waiting": "questions of pages that wait for a helper",
    "waited_median_seconds": "how long the last jobs waited for a worker, the median",
    "waited_p95_seconds": "how long the last jobs waited for a worker, nineteen of twenty at most",
    "unkept": "runs that could not be stored",
    "server_bytes": "resident memory of the server",
    "workers_bytes": "resident memory of all workers",
    "kept_bytes": "size of the file of kept runs",
    "uptime_seconds": "seconds since the server started",
}


def resident(pid: int) -> int:
    """Return the resident memory of a process in bytes; 0 where the system does not say."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def numbers(pool: Pool, sessions: int) -> dict[str, float]:
    """Return all numbers by the names of NAMES."""
    file = run_store.file()
    median, most = pool.waited()
    return {
        "sessions": sessions,
        **pool.counts(),
        "waited_median_seconds": round(median, 3),
        "waited_p95_seconds": round(most, 3),
        "server_bytes": resident(os.getpid()),
        "workers_bytes": sum(map(resident, pool.pids())),
        "kept_bytes": file.stat().st_size if file.exists() else 0,
        "uptime_seconds": round(time.monotonic() - STARTED),
    }


def as_metrics(values: dict[str, float]) -> str:
    """Return the numbers as lines that Prometheus and others scrape."""
    return "".join(
        f"# HELP learn_meta_learning_{name} {NAMES[name]}\n# TYPE learn_meta_learning_{name} gauge\n"
        f"learn_meta_learning_{name} {value:g}\n"
        for name, value in values.items()
    )


def log_end(job: Job) -> None:
    """Log a line of JSON about a job that has ended, without its owner."""
    line = {
        "event": "job",
        "kind": type(job.config).__name__.removesuffix("Config"),  # the logs' readers know these names
        "state": job.state,
        "waited": round((job.started or job.ended) - job.submitted_at, 2),
        "seconds": round(job.ended - job.started, 2) if job.started else 0.0,
        "events": len(job.events),
        "reason": job.reason,
    }
    LOG.info(json.dumps(line))


def log_unkept(reason: str) -> None:
    """Log a line of JSON about a run that could not be stored."""
    LOG.warning(json.dumps({"event": "unkept", "reason": reason}))
