"""`python -m core train | list | bench`: everything the pages can do, without a page."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from math import isfinite
from pathlib import Path
from time import perf_counter

from core import checkpoint
from core.configs import Training
from core.events import DivergedError, Evaluation, Event, OuterStep
from core.options import Config, ConfigError, options
from core.runs import ALGORITHMS, TASKS, config_for, find, run

LONGEST = 10_000_000  # outer updates that --seconds cuts short


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 done, 1 failed, 2 not understood."""
    parsed = _parser().parse_args(arguments)
    try:
        return int(parsed.command(parsed))
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
    train.set_defaults(command=_train)

    listing = commands.add_parser("list", help="name algorithms, tasks and their fields")
    listing.set_defaults(command=_list)

    bench = commands.add_parser("bench", help="time the core against plain versions, as ratios")
    bench.add_argument("name", nargs="?", metavar="NAME", help="which bench (all)")
    bench.add_argument("--json", action="store_true", help="one JSON object a line")
    bench.set_defaults(command=_bench)
    return parser


def _config(parsed: argparse.Namespace) -> Training:
    config = config_for(parsed.algorithm, parsed.task, parsed.set)
    changes = {name: getattr(parsed, name) for name in ("seconds", "iterations", "seed")}
    changes = {name: value for name, value in changes.items() if value is not None}
    if "seconds" in changes:
        if changes["seconds"] <= 0:
            raise ConfigError(f"--seconds {changes['seconds']:g}: must be above 0")
        changes["iterations"] = LONGEST
    return config.updated(**changes)


def _train(parsed: argparse.Namespace) -> int:
    config = _config(parsed)
    if parsed.save and parsed.save.suffix != ".npz":
        raise ConfigError(f"--save {parsed.save}: the name must end in .npz")
    import torch  # only now: errors above answer at once

    torch.set_num_threads(1)
    events: list[Event] = []
    shown = _as_json if parsed.json else _as_bar
    try:
        for event in shown(run(config), config):
            events.append(event)
    except DivergedError as error:
        if parsed.json:
            print(json.dumps({"event": "failed", "reason": str(error), "iteration": error.iteration}))
        print(f"error: {error}", file=sys.stderr)
        return 1
    if parsed.save:
        command = " ".join(["python -m core", *map(str, sys.argv[1:])])
        try:
            checkpoint.save(parsed.save, checkpoint.recorded(config, events, command))
        except OSError as error:
            print(f"error: could not write {parsed.save}: {error.strerror}", file=sys.stderr)
            return 1
        print(f"saved {parsed.save}", file=sys.stderr)
    return 0


def _as_json(events: Iterator[Event], config: Config) -> Iterator[Event]:
    for event in events:
        print(json.dumps(event.to_json()), flush=True)
        yield event


def _as_bar(events: Iterator[Event], config: Training) -> Iterator[Event]:
    from tqdm import tqdm

    by_time = bool(config.seconds)
    started = perf_counter()
    total = config.seconds if by_time else config.iterations
    form = "{l_bar}{bar}| {n:.0f}/{total:.0f} " + ("s" if by_time else "updates") + " [left {remaining}{postfix}]"
    with tqdm(total=total, bar_format=form, leave=False) as bar:
        for event in events:
            if isinstance(event, OuterStep):
                done = min(perf_counter() - started, total) if by_time else event.iteration
                bar.set_postfix_str(f"loss before {event.before:.3f}, after {event.after:.3f}", refresh=False)
                bar.update(done - bar.n)
            if isinstance(event, Evaluation):
                bar.close()
                _print_evaluation(event)
            yield event


def _print_evaluation(event: Evaluation) -> None:
    print(f"{event.iteration} outer updates; query MSE on {event.tasks} unseen tasks (95% interval),")
    print(f"inner rate {event.inner_rate:g}:")
    for step, (loss, half) in enumerate(zip(event.loss_by_step, event.ci95, strict=True)):
        shown = f"{loss:7.3f} ± {half:.3f}" if isfinite(loss + half) else "not finite any more"
        print(f"  after {step:2d} inner steps  {shown}")


def _list(_: argparse.Namespace) -> int:
    print("algorithms (python -m core train ALGO --task TASK --set field=value)")
    for algorithm in ALGORITHMS.values():
        print(f"\n{algorithm.name}: {algorithm.summary}")
        nested = {one.name for task, _ in TASKS.values() for one in options(task())}
        _print_fields(one for one in options(algorithm.config()) if one.name not in nested)
    print("\ntasks")
    for name, (task, summary) in TASKS.items():
        print(f"\n{name}: {summary}")
        _print_fields(options(task()))
    return 0


def _print_fields(fields: Iterator | list) -> None:
    for one in fields:
        default = f"{one.default:g}" if isinstance(one.default, float) else one.default
        unit = f" {one.unit}" if one.unit else ""
        print(f"  {one.name:15s} {default!s:>8}{unit:4s} [{one.allowed}]  {one.doc}")


def _bench(parsed: argparse.Namespace) -> int:
    from core.bench import BENCHES
    from core.bench.timing import machine

    names = [parsed.name] if parsed.name else list(BENCHES)
    for name in names:
        find("bench", name, BENCHES)
    import torch

    torch.set_num_threads(1)  # as in a worker
    if not parsed.json:
        print("machine:", ", ".join(f"{what} {value}" for what, value in machine().items()))
    for name in names:
        for row in BENCHES[name]():
            print(json.dumps(row.to_json()) if parsed.json else row.to_text(), flush=True)
    return 0
