"""`python -m core train | evaluate | data | list | bench | report`: everything the pages can do, without a page."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core import checkpoint
from core.allocator import keep_freed_memory
from core.checkpoint import AnyEvaluation
from core.configs import Adapting, Episodes, Mann, Sequences, Task, Training
from core.events import (
    DivergedError,
    Event,
    OuterStep,
    Progress,
    Snapshot,
)
from core.options import ConfigError
from core.printed import as_bar, as_json, as_nothing, print_evaluation, print_list
from core.runs import ALGORITHMS, TASKS, config_for, entry, find, method_of, run, task_name
from core.tasks.download import DataError

EVALUATED = {**ALGORITHMS, "fomaml": ALGORITHMS["maml"]}  # first-order MAML is MAML with order=1
ONE_SHOT = "omniglot-oneshot"  # Lake's 20 runs: something to be judged by, not to train on
LONGEST = 10_000_000  # outer updates that --seconds cuts short


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 done, 1 failed, 2 not understood."""
    parsed = _parser().parse_args(arguments)
    try:
        return int(parsed.command(parsed) or 0)
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core", description="Meta-learning without a page.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    train = commands.add_parser("train", help="train an algorithm and evaluate it on unseen tasks")
    train.add_argument("algorithm", metavar="ALGO", help=", ".join(ALGORITHMS))
    train.add_argument("--task", default="sinusoid", help=", ".join(TASKS))
    budget = train.add_mutually_exclusive_group()
    budget.add_argument("--seconds", type=float, help="train for this long")
    budget.add_argument("--iterations", type=int, help="make this many outer updates")
    train.add_argument("--seed", type=int, help="seed of the run (0)")
    train.add_argument("--set", action="append", default=[], metavar="field=value", help="see `list`")
    train.add_argument("--json", action="store_true", help="one JSON object a line instead of a bar")
    train.add_argument("--save", type=Path, metavar="FILE", help="write a checkpoint (.npz)")
    train.add_argument("--resume", type=Path, metavar="FILE", help="go on from a checkpoint, with its config")
    train.set_defaults(command=_train)

    evaluate = commands.add_parser("evaluate", help="score a checkpoint on unseen episodes or sequences")
    evaluate.add_argument("algorithm", metavar="ALGO", help=", ".join(EVALUATED))
    evaluate.add_argument(
        "--task", default="omniglot", help=f"omniglot, glyphs, {ONE_SHOT}, or the sequences of the checkpoint"
    )
    evaluate.add_argument("--way", type=int, help="classes of an episode (the checkpoint's)")
    evaluate.add_argument("--shot", type=int, help="support drawings of a class (the checkpoint's)")
    evaluate.add_argument("--lengths", help="lengths of sequences, with commas between (10,20,40,80,120)")
    evaluate.add_argument("--episodes", type=int, default=1000, help="unseen episodes (1000)")
    evaluate.add_argument("--set", action="append", default=[], metavar="field=value", help="see `list`")
    evaluate.add_argument("--checkpoint", type=Path, metavar="FILE", help="instead of the shipped one")
    evaluate.add_argument("--json", action="store_true", help="one JSON object a line")
    evaluate.set_defaults(command=_evaluate)

    data = commands.add_parser("data", help="find or download data, and say what was found")
    data.add_argument("name", metavar="NAME", help="omniglot")
    data.add_argument("--json", action="store_true", help="one JSON object a line instead of a bar")
    data.set_defaults(command=_data)

    listing = commands.add_parser("list", help="name algorithms, tasks and their fields")
    listing.set_defaults(command=lambda _: print_list())

    bench = commands.add_parser("bench", help="time the core against plain versions, as ratios")
    bench.add_argument("name", nargs="?", metavar="NAME", help="which bench (all)")
    bench.add_argument("--json", action="store_true", help="one JSON object a line")
    bench.add_argument("--save", action="store_true", help="write what was found to the file that the page shows")
    bench.set_defaults(command=_bench)

    report = commands.add_parser("report", help="measure all shipped runs again, beside published figures")
    report.add_argument("--episodes", type=int, default=1000, help="unseen episodes of each setting (1000)")
    report.set_defaults(command=_report)
    return parser


def _config(parsed: argparse.Namespace, base: Training) -> Training:
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


def _train(parsed: argparse.Namespace) -> int:
    resumed = _resumed(parsed)
    config = _config(parsed, resumed.config if resumed else config_for(parsed.algorithm, parsed.task))
    if parsed.save and parsed.save.suffix != ".npz":
        raise ConfigError(f"--save {parsed.save}: the name must end in .npz")
    _use_cores()
    from core import processes  # with torch

    processes.join(parsed.algorithm)
    if not processes.leads():
        parsed.save = None
    events: list[Event] = []
    if resumed:
        events = [Snapshot(0, resumed.start, {}), *resumed.steps]
    shown = (as_json if parsed.json else as_bar) if processes.leads() else as_nothing
    try:
        for event in shown(run(config, resumed.snapshot if resumed else None), config):
            if not (resumed and isinstance(event, OuterStep) and event.iteration == resumed.snapshot.iteration):
                events.append(event)
            if parsed.save and isinstance(event, Snapshot) and event.iteration:
                _save(parsed, config, events)  # what a broken-off run had reached is kept
    except DivergedError as error:
        if parsed.json:
            print(json.dumps({"event": "failed", "reason": str(error), "iteration": error.iteration}))
        return _failed(str(error))
    except (DataError, processes.LostError) as error:
        return _failed(str(error))
    if parsed.save:
        if not _save(parsed, config, events):
            return 1
        print(f"saved {parsed.save}", file=sys.stderr)
    return 0


def _failed(reason: str) -> int:
    print(f"error: {reason}", file=sys.stderr)
    return 1


def _resumed(parsed: argparse.Namespace) -> checkpoint.Recorded | None:
    if not parsed.resume:
        return None
    try:
        found = checkpoint.load(parsed.resume)
    except checkpoint.CheckpointError as error:
        raise ConfigError(f"--resume {parsed.resume}: {error}") from None
    if found.algorithm != parsed.algorithm:
        raise ConfigError(f"--resume {parsed.resume}: it is a run of {found.algorithm}, not of {parsed.algorithm}")
    return found


def _save(parsed: argparse.Namespace, config: Training, events: list[Event]) -> bool:
    count = os.environ.get("WORLD_SIZE", "1")
    start = "python -m core" if count == "1" else f"torchrun --nproc-per-node {count} -m core"
    command = " ".join([start, *map(str, sys.argv[1:])])
    try:
        checkpoint.save(parsed.save, checkpoint.recorded(config, events, command))
    except OSError as error:
        _failed(f"could not write {parsed.save}: {error.strerror}")
        return False
    return True


def _use_cores() -> None:
    """One thread for each operation, and as many shards at once as there are cores."""
    import torch  # only now: errors in the command answer at once

    from core.models.shards import use_threads

    keep_freed_memory()
    torch.set_num_threads(1)
    own = (os.cpu_count() or 1) // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))  # where torchrun started several
    use_threads(int(os.environ.get("META_THREADS", "0")) or max(1, own), alone=True)


def _evaluate(parsed: argparse.Namespace) -> int:
    find("algorithm", parsed.algorithm, EVALUATED)
    task = TASKS.get(parsed.task, (None, ""))[0]
    if parsed.task != ONE_SHOT and not isinstance(task, Episodes | Sequences):
        able = [name for name, (one, _) in TASKS.items() if isinstance(one, Episodes | Sequences)]
        raise ConfigError(f"evaluate does not know {parsed.task}: allowed are {', '.join([*able, ONE_SHOT])}")
    try:
        path = parsed.checkpoint or _shipped(parsed, task)
        found = checkpoint.load(path)
        control = checkpoint.control_of(path)
        other = checkpoint.load(control) if control else None
    except checkpoint.CheckpointError as error:
        raise ConfigError(str(error)) from None
    try:
        scores = [_score(parsed, found, path.name)]
        if other and control:
            scores.append(_score(parsed, other, control.name))
    except DataError as error:
        return _failed(str(error))
    if parsed.json:
        beside = {"lstm": scores[1].to_json()} if control else {}
        print(json.dumps(scores[0].to_json() | {"checkpoint": path.name} | beside))
    else:
        print(f"{path.name}: {found.about['command']}")
        for one in scores:
            print_evaluation(one)
    return 0


def _shipped(parsed: argparse.Namespace, task: Task | None) -> Path:
    """The shipped checkpoint that the command means. Raises CheckpointError where there is none."""
    if parsed.task == ONE_SHOT:
        return checkpoint.for_one_shot_runs(parsed.algorithm)
    if isinstance(task, Sequences):
        return checkpoint.for_sequences(parsed.algorithm, parsed.task)
    return checkpoint.for_episodes(parsed.algorithm, parsed.way, parsed.shot)


def _score(parsed: argparse.Namespace, found: checkpoint.Recorded, name: str) -> AnyEvaluation:
    """What the checkpoint `name` scores. Raises ConfigError, DataError."""
    config = _judged(parsed, found.config, name)
    one_shot = parsed.task == ONE_SHOT
    method = method_of(config) if one_shot else None  # says so where the algorithm cannot play
    _use_cores()
    import torch

    theta, iteration = torch.from_numpy(found.snapshot.theta), found.snapshot.iteration
    if one_shot:
        return entry("core.algorithms.metric:one_shot_trials")(method, theta, config, iteration)  # type: ignore[no-any-return]
    return entry(EVALUATED[parsed.algorithm].score)(theta, config, iteration)  # type: ignore[no-any-return]


def _judged(parsed: argparse.Namespace, config: Training, name: str) -> Training:
    """The config of a checkpoint with what the command asks for. Raises ConfigError where they do not fit."""
    asked: dict[str, Any]
    if isinstance(config.task, Sequences):
        if parsed.task != task_name(config):
            raise ConfigError(f"{name} was trained on {task_name(config)}, not on {parsed.task}")
        asked = {"test_lengths": parsed.lengths}
    else:
        if parsed.task == ONE_SHOT and config.episodes.split != "alphabets":
            raise ConfigError(
                f"{name} has seen characters of the alphabets in Lake's runs: train with --set split=alphabets"
            )
        bound = isinstance(config, Adapting | Mann)  # to the number of classes that its last layer has
        if bound and parsed.way and parsed.way != config.episodes.way:
            raise ConfigError(f"--way {parsed.way}: {name} has {config.episodes.way} outputs")
        asked = {"way" if bound else "test_way": parsed.way, "shots" if bound else "test_shots": parsed.shot,
                 "test_tasks": parsed.episodes, "data": None if parsed.task == ONE_SHOT else parsed.task}  # fmt: skip
    return config.updated(**{key: value for key, value in asked.items() if value is not None}).with_text(parsed.set)


def _data(parsed: argparse.Namespace) -> int:
    find("data set", parsed.name, {"omniglot": None})
    from tqdm import tqdm

    from core.tasks import omniglot

    try:
        with tqdm(disable=parsed.json, leave=False, bar_format="{desc}: {percentage:3.0f}%|{bar}|") as bar:
            for event in omniglot.prepare():
                if parsed.json:
                    print(json.dumps(event.to_json()), flush=True)
                if isinstance(event, Progress):
                    bar.set_description(event.what, refresh=False)
                    bar.total, bar.n = event.total or None, event.done
                    bar.refresh()
    except DataError as error:
        return _failed(str(error))
    assert isinstance(event, omniglot.Found)
    if not parsed.json:
        where = f"kept in {event.path}" if event.kept else "not kept: the data folder cannot be written"
        print(f"Omniglot: {event.characters} characters of {event.alphabets} alphabets, {event.drawings} drawings")
        print(where)
    return 0


def _report(parsed: argparse.Namespace) -> int:
    from core import report

    if not 2 <= parsed.episodes <= 2000:
        raise ConfigError(f"--episodes {parsed.episodes}: from 2 to 2000")
    report.write(report.report(parsed.episodes, print))
    print(f"wrote {report.FILE}", file=sys.stderr)
    return 0


def _bench(parsed: argparse.Namespace) -> int:
    from core.bench import BENCHES, keep, rows_of
    from core.bench.timing import machine

    names = [parsed.name] if parsed.name else BENCHES
    for name in names:
        find("bench", name, BENCHES)
    keep_freed_memory()  # as in a worker
    import torch

    torch.set_num_threads(1)
    if not parsed.json:
        print("machine:", ", ".join(f"{what} {value}" for what, value in machine().items()))
    found: dict[str, list[dict[str, Any]]] = {}
    for name in names:
        for row in rows_of(name):
            print(json.dumps(row.to_json()) if parsed.json else row.to_text(), flush=True)
            found.setdefault(name, []).append(row.to_json())
    if parsed.save:
        keep(found)
    return 0
