"""`--from FILE`: train and evaluate with a method that a learner has written, in the process of labs."""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from core.commands.failing import failed
from core.commands.labs import read
from core.commands.printing import print_evaluation
from core.events import Event, Snapshot
from core.labs import methods
from core.labs.methods import MethodError
from core.labs.workbench import Workbench
from core.methods.written import BETWEEN, WrittenConfig
from core.options import ConfigError
from core.registry import WRITTEN, task_name
from core.storage import checkpoints, sources
from core.storage.checkpoints import Checkpoint
from core.tasks.download import DataError

SNAPSHOTS, OFTEN = 20, 100  # snapshots of a run that is saved, and the most updates between two


def is_asked_for(parsed: argparse.Namespace) -> bool:
    """Return whether a command is about a file's method. Raises ConfigError where it names another one as well."""
    if parsed.source and parsed.algorithm not in (None, WRITTEN.name):
        raise ConfigError(f"--from {parsed.source} is a method by itself: leave {parsed.algorithm} out")
    return parsed.source is not None or parsed.algorithm == WRITTEN.name


class Rule:
    """A file's method at work, for as long as the context lasts."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._bench = Workbench()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bench.close()

    def config(
        self, parsed: argparse.Namespace, changes: Mapping[str, Any], resumed: Checkpoint | None
    ) -> WrittenConfig:
        """Return the settings that a command asks for. Raises ConfigError, DataError."""
        values, assignments, task = dict(changes), list(parsed.set), parsed.task or "sinusoid"
        if resumed:
            assert isinstance(resumed.config, WrittenConfig)
            flat, own = resumed.config.flat(), resumed.config.own
            values = {name: value for name, value in flat.items() if name not in ("code", "own")} | values
            assignments = [*(own.split(BETWEEN) if own else []), *assignments]
            task = task_name(resumed.config)
        try:
            config: WrittenConfig = methods.described(self._bench, self.source, task, values, assignments)
        except MethodError as error:
            if error.ended and error.ended.mistake == "no-data":
                raise DataError(error.args[0]) from None
            raise ConfigError(error.args[0]) from None
        if parsed.save and not config.snapshot_every:  # so that a run that breaks off can go on
            config = config.updated(snapshot_every=max(1, min(config.iterations // SNAPSHOTS, OFTEN)))
        return config

    def events(self, config: WrittenConfig, resume: Snapshot | None) -> Iterator[Event]:
        """Train; yield the events of the run. Raises MethodError, DivergedError."""
        return methods.events(self._bench, self.source, config, resume)

    def score(self, run: Checkpoint) -> Any:
        """Return the score of a run. Raises MethodError."""
        return methods.score(self._bench, self.source, run)


def rule_of(parsed: argparse.Namespace, run: Checkpoint | None) -> Rule:
    """Return the method of a command: its file, or else that of its run. Raises ConfigError."""
    code = run.config.code if run and isinstance(run.config, WrittenConfig) else ""
    if parsed.source is None:
        try:
            return Rule(sources.source_of(code))
        except sources.LostError as error:
            raise ConfigError(error.args[0]) from None
    source = read(parsed.source)
    if code and code != sources.name_of(source):
        raise ConfigError(f"--from {parsed.source}: the run was made by another text of the file; give the text it had")
    return Rule(source)


def evaluate(parsed: argparse.Namespace) -> int:
    """Print the score of a file's run on unseen tasks; returns the exit status. Raises ConfigError."""
    if not parsed.checkpoint:
        raise ConfigError("no run of a method of your own is shipped: name one with --checkpoint")
    run = load(parsed.checkpoint)
    if parsed.task not in (None, task_name(run.config)):
        raise ConfigError(f"{parsed.checkpoint.name} was trained on {task_name(run.config)}, not on {parsed.task}")
    with rule_of(parsed, run) as rule:
        parsed.save = None
        changes = {"test_tasks": parsed.episodes, "way": parsed.way, "shots": parsed.shot}
        try:
            config = rule.config(parsed, {name: value for name, value in changes.items() if value is not None}, run)
            config.check_fits(run.snapshot.theta)
            score = rule.score(Checkpoint(config, run.steps, run.start, run.snapshot, None, run.about))
        except (MethodError, DataError) as error:
            return failed(str(error))
    if parsed.json:
        print(json.dumps(score.to_json() | {"checkpoint": parsed.checkpoint.name}))
    else:
        print(f"{parsed.checkpoint.name}: {run.about.command}")
        print_evaluation(score)
    return 0


def load(path: Path) -> Checkpoint:
    """Return a run of a file's method. Raises ConfigError."""
    try:
        run = checkpoints.load(path)
    except checkpoints.CheckpointError as error:
        raise ConfigError(str(error)) from None
    if run.method != WRITTEN.name:
        raise ConfigError(f"{path.name} is a run of {run.method}, not of a method of your own")
    return run
