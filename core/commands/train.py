"""`python -m core train`: train a method and evaluate it on unseen tasks."""

import argparse
import json
import sys

from core.commands.failing import failed, use_cores
from core.commands.printing import as_bar, as_json
from core.events import DivergedError, Event, OuterStep, Snapshot
from core.options import ConfigError
from core.registry import METHODS, config_for, find_method
from core.registry import train as events_of
from core.storage import checkpoints
from core.tasks.download import DataError
from core.training.config import TrainingConfig

LONGEST = 10_000_000  # outer updates that --seconds cuts short


def train(parsed: argparse.Namespace) -> int:
    """Train as the command says; returns the exit status. Raises ConfigError."""
    method = find_method(parsed.algorithm)
    resumed = _resumed(parsed, method.name)
    config = _config(parsed, resumed.config if resumed else config_for(method.name, parsed.task))
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
    events: list[Event] = []
    if resumed:
        events = [Snapshot(0, resumed.start, {}), *resumed.steps]
    printed = (as_json if parsed.json else as_bar) if processes.leads() else (lambda events, _: events)
    try:
        for event in printed(events_of(config, resumed.snapshot if resumed else None), config):
            if not (resumed and isinstance(event, OuterStep) and event.iteration == resumed.snapshot.iteration):
                events.append(event)
            if parsed.save and isinstance(event, Snapshot) and event.iteration:
                _save(parsed, config, events)  # so that a run that breaks off can go on
    except DivergedError as error:
        if parsed.json:
            print(json.dumps({"event": "failed", "reason": str(error), "iteration": error.iteration}))
        return failed(str(error))
    except (DataError, processes.LostError) as error:
        return failed(str(error))
    if parsed.save:
        if not _save(parsed, config, events):
            return 1
        print(f"saved {parsed.save}", file=sys.stderr)
    return 0


def _config(parsed: argparse.Namespace, base: TrainingConfig) -> TrainingConfig:
    config = base.with_text(parsed.set)
    changes = {name: getattr(parsed, name) for name in ("seconds", "iterations", "seed")}
    changes = {name: value for name, value in changes.items() if value is not None}
    if "seconds" in changes:
        if changes["seconds"] <= 0:
            raise ConfigError(f"--seconds {changes['seconds']:g}: must be above 0")
        if config.flat()["anneal"]:
            raise ConfigError("--seconds does not go with anneal=true, which needs the number of --iterations")
        changes["iterations"] = LONGEST
    return config.updated(**changes)


def _resumed(parsed: argparse.Namespace, method: str) -> checkpoints.Checkpoint | None:
    if not parsed.resume:
        return None
    try:
        checkpoint = checkpoints.load(parsed.resume)
    except checkpoints.CheckpointError as error:
        raise ConfigError(f"--resume {parsed.resume}: {error}") from None
    checkpoint.config.with_text(parsed.set).check_fits(checkpoint.snapshot.theta)
    if checkpoint.method != method:
        raise ConfigError(f"--resume {parsed.resume}: it is a run of {checkpoint.method}, not of {method}")
    return checkpoint


def _save(parsed: argparse.Namespace, config: TrainingConfig, events: list[Event]) -> bool:
    from core.parallel import processes

    count = processes.count()
    start = "python -m core" if count == 1 else f"torchrun --nproc-per-node {count} -m core"
    command = " ".join([start, *map(str, sys.argv[1:])])
    try:
        checkpoints.save(parsed.save, checkpoints.from_events(config, events, command))
    except OSError as error:
        failed(f"could not write {parsed.save}: {error.strerror}")
        return False
    return True
