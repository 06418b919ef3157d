"""`python -m core train | evaluate | data | list | bench | report | runs | lab`: what pages can do, without a page."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.commands import labs
from core.commands.evaluate import ONE_SHOT, evaluate, names
from core.commands.failing import Terminated, failed, silence
from core.commands.printing import print_list
from core.commands.runs import add_arguments, runs
from core.commands.train import train
from core.events import Progress
from core.options import ConfigError
from core.registry import METHODS, TASKS, find
from core.runtime.allocator import keep_freed_memory
from core.tasks.download import DataError

FROM = "a method that you have written, instead of ALGO; see `lab start own-method`"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status: 0 done, 1 failed, 2 not understood."""
    try:
        parsed = _parser().parse_args(arguments)
        status = int(parsed.command(parsed) or 0)
        sys.stdout.flush()  # here, where it is known what a closed pipe is
        return status
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except Terminated:
        print("terminated", file=sys.stderr)
        return 143
    except BrokenPipeError:
        silence()
        return 1
    except OSError as error:  # a full disk, a folder that cannot be written: named by the system
        return failed(f"{error.filename or 'the output'}: {error.strerror or error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core", description="Meta-learning without a page.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace], int | None], help: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help)
        command.set_defaults(command=run)
        return command

    train_parser = add("train", train, "train an algorithm and evaluate it on unseen tasks")
    train_parser.add_argument("algorithm", nargs="?", metavar="ALGO", help=", ".join(METHODS))
    train_parser.add_argument("--from", dest="source", type=Path, metavar="FILE", help=FROM)
    train_parser.add_argument("--task", help=f"{', '.join(TASKS)} (sinusoid; the checkpoint's where one is resumed)")
    budget = train_parser.add_mutually_exclusive_group()
    budget.add_argument("--seconds", type=float, help="train for this long")
    budget.add_argument("--iterations", type=int, help="make this many outer updates")
    train_parser.add_argument("--seed", type=int, help="seed of the run (0)")
    train_parser.add_argument("--set", action="append", default=[], metavar="field=value", help="see `list`")
    train_parser.add_argument("--json", action="store_true", help="one JSON object a line instead of a bar")
    train_parser.add_argument("--save", type=Path, metavar="FILE", help="write a checkpoint (.npz)")
    train_parser.add_argument("--resume", type=Path, metavar="FILE", help="go on from a checkpoint, with its config")

    evaluate_parser = add("evaluate", evaluate, "score a checkpoint on unseen tasks")
    evaluate_parser.add_argument("algorithm", nargs="?", metavar="ALGO", help=", ".join(names()))
    evaluate_parser.add_argument("--from", dest="source", type=Path, metavar="FILE", help=FROM)
    evaluate_parser.add_argument("--task", help=f"{', '.join(TASKS)} or {ONE_SHOT} (omniglot)")
    evaluate_parser.add_argument("--way", type=int, help="classes of an episode (the checkpoint's)")
    evaluate_parser.add_argument("--shot", type=int, help="support drawings of a class (the checkpoint's)")
    evaluate_parser.add_argument("--lengths", help="lengths of sequences, with commas between (10,20,40,80,120)")
    evaluate_parser.add_argument("--episodes", type=int, help="unseen episodes or functions (1000)")
    evaluate_parser.add_argument("--set", action="append", default=[], metavar="field=value", help="see `list`")
    evaluate_parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="instead of the shipped one")
    evaluate_parser.add_argument("--json", action="store_true", help="one JSON object a line")

    data = add("data", _data, "find or download data, and say what was found")
    data.add_argument("name", metavar="NAME", help="omniglot")
    data.add_argument("--json", action="store_true", help="one JSON object a line instead of a bar")

    add("list", lambda _: print_list(), "name algorithms, tasks and their fields")

    bench = add("bench", _bench, "time the core against plain versions, as ratios")
    bench.add_argument("name", nargs="?", metavar="NAME", help="which bench (all)")
    bench.add_argument("--json", action="store_true", help="one JSON object a line")
    bench.add_argument("--save", action="store_true", help="write what was found to the file that the page shows")

    report = add("report", _report, "measure all shipped runs again, beside published figures")
    report.add_argument("--episodes", type=int, default=1000, help="unseen episodes of each setting (1000)")
    report.add_argument("--only", nargs="+", default=[], metavar="METHOD", help="measure these, and keep other rows")
    add_arguments(add("runs", runs, "copy the file of kept runs, or remove old runs"))
    labs.add_arguments(add("lab", labs.lab, "write an update rule yourself: start, hint, check, train it"))
    return parser


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
        return failed(str(error))
    assert isinstance(event, omniglot.Found)
    if not parsed.json:
        where = f"kept in {event.path}" if event.kept else "not kept: the data folder cannot be written"
        print(f"Omniglot: {event.characters} characters of {event.alphabets} alphabets, {event.drawings} drawings")
        print(where)
        for name in event.turned:
            print(f"note: the drawings in {name} are white on black, the wrong way round; they were turned round")
    return 0


def _report(parsed: argparse.Namespace) -> int:
    from core.commands import report
    from core.demos import compare

    if not 2 <= parsed.episodes <= 2000:
        raise ConfigError(f"--episodes {parsed.episodes}: from 2 to 2000")
    for name in parsed.only:
        find("method", name, compare.contenders(True))
    figures = report.report(parsed.episodes, print, parsed.only)
    report.write(report.joined(figures, parsed.only) if parsed.only else figures)
    print(f"wrote {report.FILE}", file=sys.stderr)
    return 0


def _bench(parsed: argparse.Namespace) -> int:
    from core.bench import BENCHES, rows_of, save
    from core.bench.timing import machine

    if parsed.name:
        find("bench", parsed.name, BENCHES)
    names = [parsed.name] if parsed.name else [*BENCHES]
    keep_freed_memory()  # as in a worker
    import torch

    torch.set_num_threads(1)
    if not parsed.json:
        print("machine:", ", ".join(f"{what} {value}" for what, value in machine().items()))
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for name in names:
        for row in rows_of(name):
            print(json.dumps(row.to_json()) if parsed.json else row.to_text(), flush=True)
            rows[name].append(row.to_json())
    if parsed.save:
        save(rows)
    return 0
