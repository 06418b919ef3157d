"""A worker process: imports torch once, then runs one config after another for `core.runtime.pool`.

It reads and writes pickles on standard input and output. In: ("run", id, config, threads), ("cancel", id),
("pause", id), ("go on", id). Out:
("ready",), ("events", id, [events]), ("end", id, state, reason). It ends when its input does, so
no worker outlives the server.
"""

import contextlib
import os
import pickle
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import BinaryIO

from core.demos.questions import Plane
from core.events import DivergedError, Event
from core.methods.maml.config import MamlConfig
from core.methods.reptile.config import ReptileConfig
from core.options import Config, ConfigError
from core.runtime.allocator import keep_freed_memory
from core.runtime.limits import TOO_LARGE
from core.tasks import omniglot
from core.tasks.download import DataError
from core.words import Words

BEAT_EVERY = 2.0  # seconds between two signs of life
NO_MEMORY = "not enough memory|can't allocate|alloc|could not create a"  # in errors of PyTorch and of oneDNN
PAUSE = 0.05  # seconds between two looks at whether a run that pauses goes on
SEND_EVERY = 0.04  # seconds between two messages of events: eyes need no more than 25 a second


class Outbox:
    """Collects events and sends them in batches, so that a fast run does not drown the page."""

    def __init__(self, write: Callable[[tuple], object]) -> None:
        self._write, self._lock = write, threading.Lock()
        self._job, self._events = "", list[Event]()
        threading.Thread(target=self._keep_sending, daemon=True).start()

    def begin(self, job: str) -> None:
        """Send the events that follow as those of `job`."""
        self._job = job

    def add(self, event: Event) -> None:
        """Send `event` within SEND_EVERY seconds."""
        with self._lock:
            self._events.append(event)

    def send(self, *message: object) -> None:
        """Send all waiting events, then `message`."""
        with self._lock:
            self._flush()
            self._write(message)

    def _keep_sending(self) -> None:
        beat = time.monotonic()
        while True:
            threading.Event().wait(SEND_EVERY)
            with self._lock:
                self._flush()
                if time.monotonic() - beat > BEAT_EVERY:
                    beat = time.monotonic()
                    self._write(("alive",))

    def _flush(self) -> None:
        if self._events:
            self._write(("events", self._job, self._events))
            self._events = []


def main() -> None:
    """Serve until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to handle
    limit_memory(int(os.environ.get("META_MEMORY", "0")))
    source, sink = own_pipes()
    if hasattr(os, "nice"):
        os.nice(int(os.environ.get("META_WORKER_NICE", "0")))  # pages go first
    orders = Orders()
    threading.Thread(target=_listen, args=(source, orders), daemon=True).start()

    def write(message: tuple) -> None:
        pickle.dump(message, sink, pickle.HIGHEST_PROTOCOL)
        sink.flush()

    serve(orders, write)


def own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Return standard input and output for messages alone: all other output goes to standard error."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return source, sink


class Orders:
    """The orders of a worker: jobs that wait, and jobs that must end."""

    def __init__(self) -> None:
        self.waiting: SimpleQueue[tuple[str, Config, int]] = SimpleQueue()
        self.cancelled: set[str] = set()
        self.paused: set[str] = set()

    def take(self, message: tuple) -> None:
        """Take a message of the server."""
        verb, job, *rest = message
        match verb:
            case "cancel":
                self.cancelled.add(job)
            case "pause":
                self.paused.add(job)
            case "go on":
                self.paused.discard(job)
            case _:
                self.waiting.put((job, *rest))

    def forget(self, job: str) -> None:
        """Forget what was ordered about a job that has ended."""
        self.cancelled.discard(job)
        self.paused.discard(job)

    def must_end(self, job: str) -> bool:
        """Return whether `job` must end now; wait here while it is paused."""
        while job in self.paused and job not in self.cancelled:
            time.sleep(PAUSE)
        return job in self.cancelled


def serve(orders: Orders, write: Callable[[tuple], object]) -> None:
    """Run one job after the other, for ever; `write` sends a message to the server."""
    keep_freed_memory()

    import torch  # the slow part of a start

    from core.parallel.threads import use_threads

    torch.set_num_threads(1)
    least = {"iterations": 1, "test_tasks": 2, "test_steps": 1}
    _warm_up([MamlConfig().updated(**least), ReptileConfig().updated(**least), Plane()])
    outbox = Outbox(write)
    outbox.send("ready")
    if omniglot.cache_file().exists() and orders.waiting.empty():  # its zips take seconds: those are for who needs them
        with contextlib.suppress(DataError):  # a run will report it
            omniglot.load()
    while True:
        job, config, threads = orders.waiting.get()
        outbox.begin(job)
        use_threads(threads)
        state, reason = _perform(job, config, outbox, orders)
        orders.forget(job)
        outbox.send("end", job, state, reason)


def limit_memory(megabytes: int) -> None:
    """Limit the process's own data to `megabytes`, where the system can do so; 0 is no limit."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        if megabytes:
            resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 2**20, resource.RLIM_INFINITY))


def _warm_up(configs: list[Config]) -> None:
    """Load all that a run needs: torch imports parts of itself when they are first used."""
    from core.dispatch import run

    for config in configs:
        for _ in run(config):
            pass


def _listen(source: BinaryIO, orders: Orders) -> None:
    while True:
        try:
            orders.take(pickle.load(source))
        except (EOFError, OSError):
            os._exit(0)  # the server is gone


def _perform(job: str, config: Config, outbox: Outbox, orders: Orders) -> tuple[str, str]:
    from core.dispatch import run

    events: Iterator[Event] = iter(())
    try:
        events = run(config)
        for event in events:
            outbox.add(event)
            if orders.must_end(job):
                return "cancelled", "cancelled"
        return "done", ""
    except (DivergedError, DataError, ConfigError) as error:
        return "failed", str(error)
    except MemoryError:
        return "failed", TOO_LARGE
    except Exception as error:
        if isinstance(error, RuntimeError) and re.search(NO_MEMORY, str(error)):
            return "failed", TOO_LARGE
        traceback.print_exc(file=sys.stderr)  # for the operator of the server; the learner reads words
        return "failed", Words(
            "the run stopped because of an error in the program ({error})", error=type(error).__name__
        )


if __name__ == "__main__":
    main()
