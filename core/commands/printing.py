"""What the command line prints: events as JSON or as a bar, scores, and the list of algorithms and tasks."""

import json
from collections.abc import Iterable, Iterator
from time import perf_counter

from core.events import Event, OuterStep
from core.events.evaluations import Scored
from core.options import Config, Option, options
from core.registry import METHODS, TASKS
from core.training.config import TrainingConfig


def as_json(events: Iterator[Event], _: Config) -> Iterator[Event]:
    """Pass the events on, each printed as a line."""
    for event in events:
        print(json.dumps(event.to_json()), flush=True)
        yield event


def as_bar(events: Iterator[Event], config: TrainingConfig) -> Iterator[Event]:
    """Pass the events on, with a bar of how far the run is, and its score."""
    from tqdm import tqdm

    by_time = bool(config.seconds)
    started = perf_counter()
    total = config.seconds if by_time else config.iterations
    form = "{l_bar}{bar}| {n:.0f}/{total:.0f} " + ("s" if by_time else "updates") + " [left {remaining}{postfix}]"
    with tqdm(total=total, bar_format=form, leave=False) as bar:
        for event in events:
            if isinstance(event, OuterStep):
                done = min(perf_counter() - started, total) if by_time else event.iteration
                accuracy = "" if event.accuracy_after is None else f", {event.accuracy_after:.1%} right"
                bar.set_postfix_str(f"loss before {event.before:.3f}, after {event.after:.3f}{accuracy}", refresh=False)
                bar.update(done - bar.n)
            if isinstance(event, Scored):
                bar.close()
                print_evaluation(event)
            yield event


def print_evaluation(event: Scored) -> None:
    """Print a score in lines for people."""
    print("\n".join(event.lines()))


def print_list() -> None:
    """Print algorithms, tasks and their fields."""
    print("algorithms (python -m core train ALGO --task TASK --set field=value)")
    nested = {option.name for task, _ in TASKS.values() for option in options(task)}
    for algorithm in METHODS.values():
        print(f"\n{algorithm.name}: {algorithm.summary}")
        _print_options(option for option in options(algorithm.config()) if option.name not in nested)
        for kind, changes in algorithm.tasks.items():
            names = " and ".join(name for name, (task, _) in TASKS.items() if type(task) is kind)
            values = ", ".join(f"{name} {value}" for name, value in changes.items())
            print(f"  on {names}" + (f": {values}" if values else ""))
    print("\ntasks")
    for name, (task, summary) in TASKS.items():
        print(f"\n{name}: {summary}")
        _print_options(options(task))


def _print_options(listed: Iterable[Option]) -> None:
    for option in listed:
        default = f"{option.default:g}" if isinstance(option.default, float) else option.default
        unit = f" {option.unit}" if option.unit else ""
        print(f"  {option.name:15s} {default!s:>8}{unit:4s} [{option.allowed}]  {option.doc}")
