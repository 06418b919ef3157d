"""Record the answers that pages show before a worker is warm:  python -m lessons.record [NAME ...]

NAME: sinusoid, steps, fewshot, metric, memory, published, context, layers, domains or moments; without a name, all.
It fits the first tasks of the demo from the shipped checkpoints, by the same request as the page, and sweeps the inner
rate; measures how far each start goes on 1000 unseen tasks; scores the initializations of the few-shot pages on 600
episodes; collects mistakes of the metric methods, and tries N and K; follows the memory methods, and evaluates machines
by length; runs the published programs; measures what networks read from points, and trains some on few functions; holds
layers of networks that adapt; tests all methods on other drawings; and trains the runs of the pages again to record
moments of them, which takes an hour. fewshot, metric, memory, layers, domains and moments need Omniglot
(`python -m core data omniglot`).
"""

import argparse
import json
import os
from dataclasses import replace
from typing import Any

import numpy as np

from core.demos.questions import Mistakes, Score, Sweep, Table, Travel
from core.dispatch import answer, run
from core.events import OuterStep
from core.events.evaluations import BitErrors
from core.methods.ntm.config import NtmConfig
from core.methods.siamese.config import SiameseConfig
from core.storage.checkpoints import shipped
from lessons import record_context, record_domains, record_layers, record_moments
from lessons.demos import fewshot, memory, metric, reading
from lessons.demos.drawings import places_of
from lessons.demos.sinusoid import (
    DEFAULT_RATE,
    DEFAULT_SHOTS,
    FIRST_PAINT,
    HOME_TASKS,
    SWEEP_STEPS,
    TRAVELS,
    fit_request,
    inits,
    support_of,
    task_of,
)

EPISODES = 600


def main() -> None:
    """Record the names on the command line, or all of them."""
    parser = argparse.ArgumentParser(
        prog="python -m lessons.record", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", default="all", choices=["all", *RECORDINGS], metavar="NAME")
    names = parser.parse_args().names
    for name in RECORDINGS if "all" in names else names:
        RECORDINGS[name]()


def few_shot() -> None:
    """Write lessons/recorded/few_shot.json and few_shot.npz."""
    from core.parallel.threads import use_threads

    use_threads(os.cpu_count() or 1)
    scores: dict[str, dict] = {}
    arrays: dict[str, np.ndarray] = {}
    for method in ("maml", "reptile"):
        for name in fewshot.SCORED[method]:
            init = fewshot.inits(method).get(name) or fewshot.init_of(fewshot.recorded(name))
            if name == "pretrain" and method == "reptile":
                scores["reptile pretrain"] = scores["maml pretrain"]  # the same control on the same episodes
                continue
            (score,) = answer(Score(init, EPISODES, fewshot.STEPS))
            scores[f"{method} {name}"] = score.to_json()
            print(f"{method} {name}: {scores[f'{method} {name}']['accuracy']:.4f}")
        for data in fewshot.DATA:
            first = fewshot.episode(data, fewshot.DEFAULT_EPISODE, 1)
            for event in answer(fewshot.request(first, fewshot.inits(method))):
                for part in fewshot.PARTS:
                    arrays[f"{method}_{data}_{event.name}_{part}"] = getattr(event, part)
    fewshot.SCORES.write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    np.savez_compressed(fewshot.FIRST_PAINT, **arrays)  # type: ignore[arg-type]
    print(f"wrote {fewshot.SCORES} and {fewshot.FIRST_PAINT}")


def sinusoids() -> None:
    """Write lessons/recorded/first_paint.npz."""
    arrays = {}
    for seed in HOME_TASKS:
        task = task_of(seed)
        points = support_of(seed, task, DEFAULT_SHOTS, 0.0)
        for event in answer(fit_request(task, points, inits("maml") | inits("reptile"), DEFAULT_RATE)):
            arrays["grid"] = event.grid
            arrays[f"{seed}_{event.name}_curves"] = event.curves
            arrays[f"{seed}_{event.name}_support"] = event.support_loss
            arrays[f"{seed}_{event.name}_query"] = event.query_loss
    for swept in answer(Sweep(inits("maml"), SWEEP_STEPS)):
        arrays["sweep_rates"], arrays["sweep_tasks"] = swept.rates, np.array(swept.tasks)
        arrays[f"sweep_{swept.name}"] = swept.losses
    FIRST_PAINT.parent.mkdir(exist_ok=True)
    np.savez_compressed(FIRST_PAINT, **arrays)  # type: ignore[arg-type]
    print(f"wrote {FIRST_PAINT}")


def steps() -> None:
    """Write lessons/recorded/travels.json: why few steps are enough, from the three starts of each page."""
    results = {
        method: [
            {
                name: np.round(np.asarray(value, float), 4).tolist() if isinstance(value, np.ndarray | float) else value
                for name, value in vars(travelled).items()
            }
            for travelled in answer(Travel(inits(method), DEFAULT_RATE))
        ]
        for method in ("maml", "reptile")
    }
    TRAVELS.write_text(json.dumps(results) + "\n", encoding="utf-8")
    print(f"wrote {TRAVELS}")


def metrics() -> None:
    """Write lessons/recorded/metric.json and metric.npz."""
    from core.parallel.threads import use_threads

    use_threads(os.cpu_count() or 1)
    results: dict[str, Any] = {"mistakes": {}, "verified": {}}
    for name in ("matching", "siamese"):
        checkpoint = metric.recorded(name)
        config, theta = checkpoint.config, checkpoint.snapshot.theta
        for data in fewshot.DATA:
            mistakes = answer(Mistakes(config.updated(data=data), theta))
            results["mistakes"][f"{name} {data}"] = [
                {"shots": config.test_shots, **{k: v for k, v in event.to_json().items() if k != "event"}}
                for event in mistakes
            ]
            print(f"{name} {data}: {len(results['mistakes'][f'{name} {data}'])} mistakes")
    matching = metric.recorded("matching")
    scores = answer(Table(matching.config, matching.snapshot.theta))
    results["table"] = [
        {key: event.to_json()[key] for key in ("way", "shot", "accuracy", "ci95", "episodes")} for event in scores
    ]
    siamese = metric.recorded("siamese")
    assert isinstance(siamese.config, SiameseConfig)
    for data in fewshot.DATA:
        (curve,) = answer(metric.verify_request(data, siamese.config, siamese.snapshot.theta))
        values = {name: np.round(getattr(curve, name), 5).tolist() for name in ("thresholds", "false_alarms", "hits")}
        iteration = siamese.snapshot.iteration
        results["verified"][f"siamese {data}"] = values | {"iteration": iteration, "area": curve.area}
    metric.RECORDED.write_text(json.dumps(results) + "\n", encoding="utf-8")
    arrays: dict[str, np.ndarray] = {}
    for name in ("matching", "siamese"):
        network = metric.recorded(name)
        for data in fewshot.DATA:
            first = metric.first_episode(name, data)
            (compared,) = answer(metric.request(first, network.config, network.snapshot.theta))
            arrays |= {f"{name}_{data}_{part}": getattr(compared, part) for part in metric.PARTS}
    np.savez_compressed(metric.FIRST_PAINT, **arrays)  # type: ignore[arg-type]
    print(f"wrote {metric.RECORDED}")


def memories() -> None:
    """Write lessons/recorded/memory.json and memory.npz."""
    errors: dict[str, Any] = {}
    for part, name in memory.LENGTH_RUNS.items():
        machine = shipped(name, NtmConfig)
        # without iterations left to train, the run only evaluates
        config = machine.config.updated(iterations=machine.snapshot.iteration, test_lengths=memory.JUDGED_LENGTHS)
        events = run(config, machine.snapshot)
        (score,) = (event for event in events if isinstance(event, BitErrors))
        errors[part] = {"lengths": score.lengths, "errors": np.round(score.bit_errors_per_sequence, 4).tolist()}
        print(f"{name}: {errors[part]}")
    memory.RECORDED.write_text(json.dumps({"lengths": errors}) + "\n", encoding="utf-8")
    arrays: dict[str, np.ndarray] = {}
    for task in memory.TASKS:
        machine = memory.machine(task)
        (tape,) = answer(memory.follow(machine.config, machine.snapshot.theta, memory.FIRST[task], 1, "both"))
        for event in (tape.tape, tape.addressed, tape.written):
            arrays |= memory.to_store(task, event)
    for name in ("mann", "small", "in turn", "one vector", "lstm"):
        network = memory.network(name)
        for data in fewshot.DATA:
            (recalled,) = answer(memory.watch(network.config, network.snapshot.theta, data, 1, 0, True))
            numbers = replace(recalled, x=places_of(recalled.x, data))
            arrays |= memory.to_store(f"{name} {data}", numbers)
    np.savez_compressed(memory.FIRST_PAINT, **arrays)  # type: ignore[arg-type]
    print(f"wrote {memory.RECORDED} and {memory.FIRST_PAINT}")


def programs() -> None:
    """Write lessons/recorded/reading.json: whole runs of the article's programs with their faults."""
    curves: dict[str, dict[str, list[float]]] = {}
    for name, (_, program) in reading.RUNS.items():
        config = program.updated(iterations=reading.ITERATIONS, report_every=reading.EVERY, test_tasks=2)
        steps = [step for step in run(config) if isinstance(step, OuterStep)]
        curves[name] = {
            "iterations": [step.iteration for step in steps],
            "before": [round(step.before, 4) for step in steps],
            "after": [round(step.after, 4) for step in steps],
        }
        print(f"{name}: {curves[name]['after'][-1]}")
    reading.RECORDED.write_text(json.dumps(curves) + "\n", encoding="utf-8")
    print(f"wrote {reading.RECORDED}")


RECORDINGS = {
    "sinusoid": sinusoids,
    "steps": steps,
    "fewshot": few_shot,
    "metric": metrics,
    "memory": memories,
    "published": programs,
    "context": record_context.main,
    "layers": record_layers.main,
    "domains": record_domains.main,
    "moments": lambda: record_moments.main([]),
}

if __name__ == "__main__":
    main()
