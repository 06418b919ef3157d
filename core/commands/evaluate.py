"""`python -m core evaluate`: score a checkpoint on unseen episodes or sequences."""

import argparse
import json
from pathlib import Path
from typing import Any

from core.commands.failing import failed, use_cores
from core.commands.printing import print_evaluation
from core.memory_events import AnyEvaluation
from core.options import ConfigError
from core.registry import FORMER_METHODS, METHODS, TASKS, comparison_of, find, method_of, task_name
from core.storage import checkpoints
from core.storage.checkpoints import Checkpoint
from core.tasks.config import Episodes, Sequences, Task
from core.tasks.download import DataError
from core.training.config import TrainingConfig

ONE_SHOT = "omniglot-oneshot"  # Lake's 20 runs: something to be judged by, not to train on


def names() -> list[str]:
    """Return what can be evaluated: every method, and first-order MAML, which is MAML with order=1."""
    return [*METHODS, "fomaml"]


def evaluate(parsed: argparse.Namespace) -> int:
    """Print the score that the command asks for; returns the exit status. Raises ConfigError."""
    find("algorithm", parsed.algorithm, dict.fromkeys([*names(), *FORMER_METHODS]))
    task = TASKS.get(parsed.task, (None, ""))[0]
    if parsed.task != ONE_SHOT and not isinstance(task, Episodes | Sequences):
        able = [name for name, (known, _) in TASKS.items() if isinstance(known, Episodes | Sequences)]
        raise ConfigError(f"evaluate does not know {parsed.task}: allowed are {', '.join([*able, ONE_SHOT])}")
    try:
        path = parsed.checkpoint or _shipped(parsed, task)
        judged = {path.name: checkpoints.load(path)}
        if control := checkpoints.control_of(path):
            judged[control.name] = checkpoints.load(control)
    except checkpoints.CheckpointError as error:
        raise ConfigError(str(error)) from None
    try:
        scores = [_score(parsed, checkpoint, name) for name, checkpoint in judged.items()]
    except DataError as error:
        return failed(str(error))
    if parsed.json:
        beside = {"lstm": scores[1].to_json()} if control else {}
        print(json.dumps(scores[0].to_json() | {"checkpoint": path.name} | beside))
    else:
        print(f"{path.name}: {judged[path.name].about['command']}")
        for score in scores:
            print_evaluation(score)
    return 0


def _shipped(parsed: argparse.Namespace, task: Task | None) -> Path:
    """The shipped checkpoint that the command means. Raises CheckpointError where there is none."""
    if parsed.task == ONE_SHOT:
        return checkpoints.for_one_shot_runs(parsed.algorithm)
    if isinstance(task, Sequences):
        return checkpoints.for_sequences(parsed.algorithm, parsed.task)
    return checkpoints.for_episodes(parsed.algorithm, parsed.way, parsed.shot)


def _score(parsed: argparse.Namespace, checkpoint: Checkpoint, name: str) -> AnyEvaluation:
    """What the checkpoint `name` scores. Raises ConfigError, DataError."""
    config = _judged(parsed, checkpoint.config, name)
    comparison = comparison_of(config) if parsed.task == ONE_SHOT else None  # says so where a method cannot play
    use_cores()
    import torch

    theta, iteration = torch.from_numpy(checkpoint.snapshot.theta), checkpoint.snapshot.iteration
    if comparison:
        from core.training.metric import one_shot_trials

        return one_shot_trials(comparison, theta, config.episodes.split, iteration)
    return method_of(config).algorithm().evaluate(theta, config, iteration)


def _judged(parsed: argparse.Namespace, config: TrainingConfig, name: str) -> TrainingConfig:
    """The config of a checkpoint with what the command asks for. Raises ConfigError where they do not fit."""
    changes: dict[str, Any]
    if isinstance(config.task, Sequences):
        if parsed.task != task_name(config):
            raise ConfigError(f"{name} was trained on {task_name(config)}, not on {parsed.task}")
        changes = {"test_lengths": parsed.lengths}
    else:
        if parsed.task == ONE_SHOT and config.episodes.split != "alphabets":
            raise ConfigError(
                f"{name} has seen characters of the alphabets in Lake's runs: train with --set split=alphabets"
            )
        bound = config.bound_to_way
        if bound and parsed.way and parsed.way != config.episodes.way:
            raise ConfigError(f"--way {parsed.way}: {name} has {config.episodes.way} outputs")
        changes = {
            "way" if bound else "test_way": parsed.way,
            "shots" if bound else "test_shots": parsed.shot,
            "test_tasks": parsed.episodes,
            "data": None if parsed.task == ONE_SHOT else parsed.task,
        }
    return config.updated(**{key: value for key, value in changes.items() if value is not None}).with_text(parsed.set)
