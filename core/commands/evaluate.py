"""`python -m core evaluate`: score a checkpoint on unseen tasks."""

import argparse
import json
from pathlib import Path
from typing import Any

from core.commands import written
from core.commands.failing import failed, use_cores
from core.commands.printing import print_evaluation
from core.events.evaluations import Scored
from core.options import ConfigError
from core.registry import FORMER_METHODS, METHODS, TASKS, comparison_of, find, find_method, method_of, task_name
from core.storage import checkpoints
from core.storage.checkpoints import Checkpoint
from core.tasks.config import Episodes, Sequences, Task
from core.tasks.download import DataError
from core.training.config import TEST_QUERIES, TrainingConfig

EPISODES = 1000
FIRST_ORDER = "fomaml"
ONE_SHOT = "omniglot-oneshot"  # Lake's 20 runs: for evaluation, not for training


def names() -> list[str]:
    """Return the names that `evaluate` takes: every method, and first-order MAML, which is MAML with order=1."""
    return [*METHODS, FIRST_ORDER]


def evaluate(parsed: argparse.Namespace) -> int:
    """Print the score of the command's checkpoint; returns the exit status. Raises ConfigError."""
    if written.is_asked_for(parsed):
        return written.evaluate(parsed)
    if parsed.algorithm is None:
        raise ConfigError(f"name a method, or a file with --from: there are {', '.join(names())}")
    parsed.task, parsed.episodes = parsed.task or "omniglot", parsed.episodes or EPISODES
    find("method", parsed.algorithm, dict.fromkeys([*names(), *FORMER_METHODS]))
    task = TASKS.get(parsed.task, (None, ""))[0]
    if parsed.task != ONE_SHOT and task is None:
        raise ConfigError(f"evaluate does not know {parsed.task}: allowed are {', '.join([*TASKS, ONE_SHOT])}")
    if parsed.checkpoint:
        _check_method(parsed)
    try:
        path = parsed.checkpoint or _shipped(parsed, task)
        runs = {path.name: checkpoints.load(path)}
        if control := checkpoints.control_of(path):
            runs[control.name] = checkpoints.load(control)
    except checkpoints.CheckpointError as error:
        raise ConfigError(str(error)) from None
    try:
        scores = [_score(parsed, run, name) for name, run in runs.items()]
    except DataError as error:
        return failed(str(error))
    if parsed.json:
        control_score = {"lstm": scores[1].to_json()} if control else {}
        print(json.dumps(scores[0].to_json() | {"checkpoint": path.name} | control_score))
    else:
        print(f"{path.name}: {runs[path.name].about.command}")
        for score in scores:
            print_evaluation(score)
    return 0


def _check_method(parsed: argparse.Namespace) -> None:
    """Raise ConfigError where the command's checkpoint is of another method."""
    try:
        run = checkpoints.load(parsed.checkpoint)
    except checkpoints.CheckpointError as error:
        raise ConfigError(str(error)) from None
    name = parsed.checkpoint.name
    if parsed.algorithm == FIRST_ORDER:
        if run.config.flat().get("order") != 1:
            raise ConfigError(f"{name} is a run of {run.method}, not of first-order MAML (maml with order=1)")
    elif run.method != find_method(parsed.algorithm).name:
        raise ConfigError(f"{name} is a run of {run.method}, not of {parsed.algorithm}")


def _shipped(parsed: argparse.Namespace, task: Task | None) -> Path:
    """Return the shipped checkpoint for the command. Raises CheckpointError where there is none."""
    if parsed.task == ONE_SHOT:
        return checkpoints.for_one_shot_runs(parsed.algorithm)
    if isinstance(task, Episodes):
        return checkpoints.for_episodes(parsed.algorithm, parsed.way, parsed.shot)
    return checkpoints.for_task(parsed.algorithm, parsed.task)


def _score(parsed: argparse.Namespace, run: Checkpoint, name: str) -> Scored:
    """Return the score of the checkpoint `name`. Raises ConfigError, DataError."""
    config = _evaluated(parsed, run.config, name)
    config.check_fits(run.snapshot.theta)
    comparison = comparison_of(config) if parsed.task == ONE_SHOT else None  # raises if a method does not compare
    use_cores()
    import torch

    theta, iteration = torch.from_numpy(run.snapshot.theta), run.snapshot.iteration
    if comparison:
        from core.training.metric import one_shot_trials

        return one_shot_trials(comparison, theta, config.episodes.split, iteration)
    return method_of(config).algorithm().evaluate(theta, config, iteration)


def _evaluated(parsed: argparse.Namespace, config: TrainingConfig, name: str) -> TrainingConfig:
    """Return a checkpoint's config with the command's changes. Raises ConfigError where they do not fit."""
    if not isinstance(config.task, Episodes):
        if parsed.task != task_name(config):
            raise ConfigError(f"{name} was trained on {task_name(config)}, not on {parsed.task}")
        of_sequences = isinstance(config.task, Sequences)
        changes: dict[str, Any] = {"test_lengths": parsed.lengths} if of_sequences else {"test_tasks": parsed.episodes}
    else:
        if parsed.task == ONE_SHOT and config.episodes.split != "alphabets":
            seen = f"{name} has seen characters of the alphabets in Lake's runs"
            raise ConfigError(f"{seen}: train with --set split=alphabets")
        if config.bound_to_way and parsed.way and parsed.way != config.episodes.way:
            raise ConfigError(f"--way {parsed.way}: {name} has {config.episodes.way} outputs")
        way, shots = ("way", "shots") if config.bound_to_way else ("test_way", "test_shots")
        changes = {way: parsed.way, shots: parsed.shot, "test_tasks": parsed.episodes}
        if parsed.task != ONE_SHOT:
            changes["data"] = parsed.task
        changes["queries"] = TEST_QUERIES  # those of training would leave fewer drawings for the support
    return config.updated(**{key: value for key, value in changes.items() if value is not None}).with_text(parsed.set)
