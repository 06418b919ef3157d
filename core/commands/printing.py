"""What the command line prints: events as JSON or as a bar, scores, and the list of what there is."""

import json
from collections.abc import Iterator
from math import isfinite
from time import perf_counter

from core.events import Event, FewShotEvaluation, OuterStep
from core.memory_events import AnyEvaluation, BitErrors, ByInstance, ByPoint
from core.options import Config, options
from core.registry import METHODS, TASKS
from core.training.config import TrainingConfig


def as_json(events: Iterator[Event], _: Config) -> Iterator[Event]:
    """Hand the events on, each printed as one line."""
    for event in events:
        print(json.dumps(event.to_json()), flush=True)
        yield event


def as_nothing(events: Iterator[Event], _: Config) -> Iterator[Event]:
    """Hand the events on; another process prints them."""
    return events


def as_bar(events: Iterator[Event], config: TrainingConfig) -> Iterator[Event]:
    """Hand the events on, with a bar of how far the run is, and its score."""
    from tqdm import tqdm

    by_time = bool(config.seconds)
    started = perf_counter()
    total = config.seconds if by_time else config.iterations
    form = "{l_bar}{bar}| {n:.0f}/{total:.0f} " + ("s" if by_time else "updates") + " [left {remaining}{postfix}]"
    with tqdm(total=total, bar_format=form, leave=False) as bar:
        for event in events:
            if isinstance(event, OuterStep):
                done = min(perf_counter() - started, total) if by_time else event.iteration
                right = "" if event.accuracy_after is None else f", {event.accuracy_after:.1%} right"
                bar.set_postfix_str(f"loss before {event.before:.3f}, after {event.after:.3f}{right}", refresh=False)
                bar.update(done - bar.n)
            if isinstance(event, AnyEvaluation):
                bar.close()
                print_evaluation(event)
            yield event


def print_evaluation(event: AnyEvaluation) -> None:
    """A score in lines for people."""
    if isinstance(event, BitErrors):
        print(f"{event.iteration} updates; wrong bits a sequence, mean of {event.sequences} new ones:")
        for length, wrong in zip(event.lengths, event.bit_errors_per_sequence, strict=True):
            print(f"  length {length:4d}  {wrong:8.3f}")
        return
    if isinstance(event, ByPoint):
        print(f"{event.iteration} updates; squared error by point (95% interval), {event.sequences} unseen sinusoids:")
        for point, (error, half) in enumerate(zip(event.mse_by_point, event.ci95, strict=True), 1):
            print(f"  point {point:2d}  {error:8.3f} ± {half:.3f}")
        return
    if isinstance(event, ByInstance):
        who = "with memory" if event.memory else "plain LSTM"
        print(
            f"{event.iteration} updates; right answers by instance (95% interval), {event.sequences} unseen sequences"
        )
        print(f"of {event.data}, {event.way} classes, {who}:")
        for instance, (share, half) in enumerate(zip(event.accuracy_by_instance, event.ci95, strict=True), 1):
            print(f"  instance {instance:2d}  {share:7.2%} ± {half:.2%}")
        return
    if isinstance(event, FewShotEvaluation):
        how = "normalized together (transductive)" if event.transductive else "each judged without the others"
        print(f"{event.iteration} outer updates; {event.way}-way {event.shot}-shot accuracy on {event.episodes} unseen")
        print(f"episodes of {event.data} (split by {event.split}; 95% interval), queries {how}:")
        for step, share, half in zip(event.steps, event.accuracy_by_step, event.ci95_by_step, strict=True):
            when = f"after {step:2d} inner steps  " if event.steps != [0] else ""
            print(f"  {when}{share:7.2%} ± {half:.2%}")
        return
    print(f"{event.iteration} outer updates; query MSE on {event.tasks} unseen tasks (95% interval),")
    print(f"inner rate {event.inner_rate:g}:")
    for step, (loss, half) in enumerate(zip(event.loss_by_step, event.ci95, strict=True)):
        shown = f"{loss:7.3f} ± {half:.3f}" if isfinite(loss + half) else "not finite any more"
        print(f"  after {step:2d} inner steps  {shown}")


def print_list() -> None:
    """Algorithms, tasks and their fields."""
    print("algorithms (python -m core train ALGO --task TASK --set field=value)")
    for algorithm in METHODS.values():
        print(f"\n{algorithm.name}: {algorithm.summary}")
        nested = {one.name for task, _ in TASKS.values() for one in options(task)}
        _print_fields(one for one in options(algorithm.config()) if one.name not in nested)
        for kind, changes in algorithm.tasks.items():
            names = " and ".join(name for name, (task, _) in TASKS.items() if type(task) is kind)
            other = ", ".join(f"{name} {value}" for name, value in changes.items())
            print(f"  on {names}" + (f": {other}" if other else ""))
    print("\ntasks")
    for name, (task, summary) in TASKS.items():
        print(f"\n{name}: {summary}")
        _print_fields(options(task))


def _print_fields(fields: Iterator | list) -> None:
    for one in fields:
        default = f"{one.default:g}" if isinstance(one.default, float) else one.default
        unit = f" {one.unit}" if one.unit else ""
        print(f"  {one.name:15s} {default!s:>8}{unit:4s} [{one.allowed}]  {one.doc}")
