"""`python -m core train`: train a method and evaluate it on unseen tasks."""

import argparse
import json
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from core.commands import written
from core.commands.failing import Terminated, failed, silence, use_cores
from core.commands.printing import as_bar, as_json
from core.events import DivergedError, Event, OuterStep, Snapshot
from core.labs.methods import MethodError
from core.methods.method import Method
from core.options import ConfigError
from core.registry import METHODS, TASKS, WRITTEN, config_for, find, find_method, task_name
from core.registry import train as events_of
from core.storage import checkpoints, sources
from core.tasks.download import DataError
from core.training.config import TrainingConfig

LONGEST = 10_000_000  # outer updates that --seconds cuts short


def train(parsed: argparse.Namespace) -> int:
    """Train as the command says; returns the exit status. Raises ConfigError.

    With --save, a run that ends early leaves its last state: at Ctrl-C or SIGTERM that of the update it makes, where
    the loss is no longer finite that of the last report. With --from, the method is a file's.
    """
    if not written.is_asked_for(parsed):
        if parsed.algorithm is None:
            raise ConfigError(f"name a method, or a file with --from: there are {', '.join(METHODS)}")
        method = find_method(parsed.algorithm)
        resumed = _resumed(parsed, method.name)
        config = _config(parsed, resumed.config if resumed else config_for(method.name, parsed.task or "sinusoid"))
        return _train(parsed, method, config, resumed, events_of)
    resumed = _resumed(parsed, WRITTEN.name)
    with written.rule_of(parsed, resumed) as rule:
        try:
            config = rule.config(parsed, _changes(parsed), resumed)
        except DataError as error:
            return failed(str(error))
        status = _train(parsed, WRITTEN, config, resumed, rule.events)
        if parsed.save and parsed.save.exists():
            sources.keep(rule.source)
        return status


def _train(
    parsed: argparse.Namespace, method: Method, config: TrainingConfig, resumed: checkpoints.Checkpoint | None,
    source: Callable[[Any, Snapshot | None], Iterator[Event]],
) -> int:  # fmt: skip
    if resumed:
        _check_resumed(parsed, resumed, config)
    if parsed.save and parsed.save.suffix != ".npz":
        raise ConfigError(f"--save {parsed.save}: the name must end in .npz")
    use_cores()
    from core.parallel import processes  # with torch

    if processes.count() > 1 and not method.splits_tasks:
        able = ", ".join(name for name, other in METHODS.items() if other.splits_tasks)
        raise ConfigError(f"{method.name} does not train on several processes: allowed are {able}")
    processes.join()
    if not processes.leads():
        parsed.save = None
    run = _Run(parsed, config, resumed, source)
    printed = (as_json if parsed.json else as_bar) if processes.leads() else (lambda events, _: events)
    try:
        with _signals(parsed.save is not None and processes.count() == 1):
            return run.finish(printed)
    except DivergedError as error:
        run.take(error.last)
        if parsed.json:
            print(json.dumps({"event": "failed", "reason": str(error), "iteration": error.iteration}))
        failed(str(error))
        run.save_what_there_is()
        return 1
    except (KeyboardInterrupt, Terminated, BrokenPipeError):
        run.save_what_there_is()
        raise
    except MethodError as error:
        if parsed.json:
            print(json.dumps({"event": "failed", "reason": str(error)}, ensure_ascii=False))
        failed(str(error))
        run.save_what_there_is()
        return 1
    except (DataError, processes.LostError) as error:
        return failed(str(error))


class _Run:
    """A run and its events so far."""

    def __init__(
        self, parsed: argparse.Namespace, config: TrainingConfig, resumed: checkpoints.Checkpoint | None,
        source: Callable[[Any, Snapshot | None], Iterator[Event]],
    ) -> None:  # fmt: skip
        self.parsed, self.config = parsed, config
        self.events: list[Event] = [Snapshot(0, resumed.start, {}), *resumed.steps] if resumed else []
        self.start = resumed.snapshot.iteration if resumed else 0
        self.source = source(config, resumed.snapshot if resumed else None)

    def finish(self, printed: Callable[[Iterator[Event], TrainingConfig], Iterator[Event]]) -> int:
        """Train to the end, or to a request to stop; returns the exit status."""
        from core.training import stopping

        try:
            self._consume(printed(self.source, self.config))
        except BrokenPipeError:  # nobody reads the lines; the run ends, and its state is not lost
            silence()
            stopping.ask()
            self._consume(self.source)
            raise
        if stopping.asked():
            raise _SIGNALS[_received[-1]] if _received else KeyboardInterrupt
        if self.parsed.save:
            if not self._save():
                return 1
            print(f"saved {self.parsed.save}", file=sys.stderr)
        return 0

    def _consume(self, events: Iterator[Event]) -> None:
        from core.training import stopping

        for event in events:
            self.take(event)
            if isinstance(event, Snapshot):
                if self.parsed.save and event.iteration > self.start:
                    self._save()  # so that a run that breaks off can go on
                if stopping.asked():
                    return

    def take(self, event: Event | None) -> None:
        """Note an event; the first report of a resumed run is the last one of its past."""
        known = isinstance(event, OuterStep) and self.start and event.iteration == self.start
        if event is not None and not known:
            self.events.append(event)

    def save_what_there_is(self) -> None:
        """Save the last state of a run that ended early, and say so."""
        if not self.parsed.save:
            return
        iteration = max((event.iteration for event in self.events if isinstance(event, Snapshot)), default=0)
        if iteration <= self.start:
            print(f"no update was made: {self.parsed.save} was not written", file=sys.stderr)
        elif self._save():
            file = shlex.quote(str(self.parsed.save))
            print(f"saved the state after {iteration} updates; --resume {file} goes on from there", file=sys.stderr)

    def _save(self) -> bool:
        from core.parallel import processes

        count = processes.count()
        start = ["python"] if count == 1 else ["torchrun", "--nproc-per-node", str(count)]
        command = shlex.join([*start, "-m", "core", *sys.argv[1:]])
        try:
            checkpoints.save(self.parsed.save, checkpoints.from_events(self.config, self.events, command))
        except OSError as error:
            failed(f"could not write {self.parsed.save}: {error.strerror}")
            return False
        return True


_SIGNALS: dict[int, type[BaseException]] = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Terminated}
_received: list[int] = []


@contextmanager
def _signals(wanted: bool) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the run after its update; a second one, or one in the evaluation, ends it at once."""
    from core.training import stopping

    def handle(number: int, _: object) -> None:
        _received.append(number)
        again = stopping.asked()
        if again or not stopping.ask():
            raise _SIGNALS[number]
        print("\nstopping after this update; once more to stop at once", file=sys.stderr)

    _received.clear()
    before = {number: signal.signal(number, handle) for number in _SIGNALS} if wanted else {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        stopping.reset()


def _config(parsed: argparse.Namespace, base: TrainingConfig) -> TrainingConfig:
    config, changes = base.with_text(parsed.set), _changes(parsed)
    if "seconds" in changes and config.flat()["anneal"]:
        raise ConfigError("--seconds does not go with anneal=true, which needs the number of --iterations")
    return config.updated(**changes)


def _changes(parsed: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that have options of their own. Raises ConfigError."""
    changes = {name: getattr(parsed, name) for name in ("seconds", "iterations", "seed")}
    changes = {name: value for name, value in changes.items() if value is not None}
    if "seconds" in changes:
        if changes["seconds"] <= 0:
            raise ConfigError(f"--seconds {changes['seconds']:g}: must be above 0")
        changes["iterations"] = LONGEST
    return changes


def _resumed(parsed: argparse.Namespace, method: str) -> checkpoints.Checkpoint | None:
    if not parsed.resume:
        return None
    try:
        checkpoint = checkpoints.load(parsed.resume)
    except checkpoints.CheckpointError as error:
        raise ConfigError(f"--resume {parsed.resume}: {error}") from None
    if method != WRITTEN.name:  # whose settings are known to its file alone
        checkpoint.config.with_text(parsed.set).check_fits(checkpoint.snapshot.theta)
    if checkpoint.method != method:
        raise ConfigError(f"--resume {parsed.resume}: it is a run of {checkpoint.method}, not of {method}")
    return checkpoint


def _check_resumed(parsed: argparse.Namespace, run: checkpoints.Checkpoint, config: TrainingConfig) -> None:
    """Raise ConfigError where a checkpoint is of another task, or is past the updates that are asked for."""
    if parsed.task is not None:
        find("task", parsed.task, TASKS)
    trained = task_name(run.config)
    if {parsed.task or trained, task_name(config)} != {trained}:
        other = task_name(config) if parsed.task in (None, trained) else parsed.task
        raise ConfigError(f"--resume {parsed.resume}: it was trained on {trained}, not on {other}")
    done = run.snapshot.iteration
    if config.iterations < done:
        more = f"{done} updates are made already, more than iterations={config.iterations}"
        raise ConfigError(f"--resume {parsed.resume}: {more}")
