"""What the command line prints: events as JSON or as a bar, scores, and the list of algorithms and tasks."""

import json
from collections.abc import Iterable, Iterator
from math import isfinite
from time import perf_counter

import numpy as np

from core.events import Event, FewShotEvaluation, OuterStep
from core.memory_events import AnyEvaluation, BitErrors, ByInstance, ByPoint
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
            if isinstance(event, AnyEvaluation):
                bar.close()
                print_evaluation(event)
            yield event


def print_evaluation(event: AnyEvaluation) -> None:
    """Print a score in lines for people."""
    match event:
        case BitErrors():
            print(f"{event.iteration} updates; wrong bits a sequence, mean of {event.sequences} new ones:")
            halves = np.full(len(event.lengths), np.nan) if event.ci95 is None else event.ci95
            for i, (length, errors, half) in enumerate(
                zip(event.lengths, event.bit_errors_per_sequence, halves, strict=True)
            ):
                print(f"  length {length:4d}  {errors:8.3f} ± {half:.3f}")
                if event.by_repeats is not None:
                    print("    by repeats " + "  ".join(f"{number:.2f}" for number in event.by_repeats[i]))
        case ByPoint():
            about = f"squared error by point (95% interval), {event.sequences} unseen sinusoids:"
            print(f"{event.iteration} updates; {about}")
            for point, (error, half) in enumerate(zip(event.mse_by_point, event.ci95, strict=True), 1):
                print(f"  point {point:2d}  {error:8.3f} ± {half:.3f}")
        case ByInstance():
            about = f"right answers by instance (95% interval), {event.sequences} unseen sequences"
            print(f"{event.iteration} updates; {about}")
            print(f"of {event.data}, {event.way} classes, {'with memory' if event.memory else 'plain LSTM'}:")
            for instance, (accuracy, half) in enumerate(zip(event.accuracy_by_instance, event.ci95, strict=True), 1):
                print(f"  instance {instance:2d}  {accuracy:7.2%} ± {half:.2%}")
            if event.lookup_share is not None:
                print(f"of a read, {event.lookup_share:.1%} was written when the label of the right class came;")
                print(f"that share is the largest in {event.lookup_largest:.1%} (pictures 3 to 10 that are right)")
        case FewShotEvaluation():
            queries = "normalized together (transductive)" if event.transductive else "each judged without the others"
            about = f"{event.way}-way {event.shot}-shot accuracy on {event.episodes} unseen"
            print(f"{event.iteration} outer updates; {about}")
            print(f"episodes of {event.data} (split by {event.split}; 95% interval), queries {queries}:")
            for step, accuracy, half in zip(event.steps, event.accuracy_by_step, event.ci95_by_step, strict=True):
                when = f"after {step:2d} inner steps  " if event.steps != [0] else ""
                print(f"  {when}{accuracy:7.2%} ± {half:.2%}")
        case _:
            print(f"{event.iteration} outer updates; query MSE on {event.tasks} unseen tasks (95% interval),")
            print(f"inner rate {event.inner_rate:g}:")
            for step, (loss, half) in enumerate(zip(event.loss_by_step, event.ci95, strict=True)):
                shown = f"{loss:7.3f} ± {half:.3f}" if isfinite(loss + half) else "not finite any more"
                print(f"  after {step:2d} inner steps  {shown}")


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
