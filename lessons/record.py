"""Record what pages show before a worker is warm:  python -m lessons.record [NAME ...]

NAME: sinusoid, fewshot, metric, memory or published; without one, all of them.
Fits the first tasks of the demo from the shipped checkpoints, by the same request as the page, and
sweeps the inner rate; scores the initializations of the few-shot pages on 600 episodes; looks for
mistakes of the metric methods, and tries N and K; follows the memory methods, and judges machines by
length; runs the published programs. For fewshot, metric and memory Omniglot must be at hand
(`python -m core data omniglot`).
"""

import json
import os
import sys
from typing import Any

import numpy as np

from core.demos.questions import Mistakes, Score, Sweep, Table
from core.dispatch import answer, run
from core.events import OuterStep, Verified
from core.memory_events import BitErrors
from core.methods.ntm.config import NtmConfig
from core.storage.checkpoints import shipped
from lessons.demos import fewshot, memory, metric, reading
from lessons.demos.sinusoid import (
    DEFAULT_RATE,
    DEFAULT_SHOTS,
    FIRST_PAINT,
    HOME_TASKS,
    SWEEP_STEPS,
    fit_request,
    inits,
    support_of,
    task_of,
)

EPISODES = 600


def main() -> None:
    """Record what was asked for, or all of it."""
    for name in sys.argv[1:] or list(RECORDINGS):
        RECORDINGS[name]()


def few_shot() -> None:
    """Write lessons/recorded/few_shot.json and few_shot.npz."""
    from core.parallel.threads import use_threads

    use_threads(os.cpu_count() or 1)
    told: dict[str, dict] = {}
    arrays: dict[str, np.ndarray] = {}
    for method in ("maml", "reptile"):
        for name in fewshot.SCORED[method]:
            init = fewshot.inits(method).get(name) or fewshot.init_of(fewshot.recorded(name))
            if name == "pretrain" and method == "reptile":
                told["reptile pretrain"] = told["maml pretrain"]  # the same control on the same episodes
                continue
            (score,) = answer(Score(init, EPISODES, fewshot.STEPS))
            told[f"{method} {name}"] = score.to_json()
            print(f"{method} {name}: {told[f'{method} {name}']['accuracy']:.4f}")
        for data in fewshot.DATA:
            first = fewshot.episode(data, fewshot.DEFAULT_EPISODE, 1)
            for event in answer(fewshot.request(first, fewshot.inits(method))):
                for part in fewshot.PARTS:
                    arrays[f"{method}_{data}_{event.name}_{part}"] = getattr(event, part)
    fewshot.SCORES.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
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


def metrics() -> None:
    """Write lessons/recorded/metric.json and metric.npz."""
    from core.parallel.threads import use_threads

    use_threads(os.cpu_count() or 1)
    told: dict[str, Any] = {"mistakes": {}, "verified": {}}
    for name in ("matching", "siamese"):
        run_of = metric.recorded(name)
        config, theta = run_of.config, run_of.snapshot.theta
        for data in fewshot.DATA:
            found = answer(Mistakes(config.updated(data=data), theta))
            told["mistakes"][f"{name} {data}"] = [
                {"shots": config.test_shots, **{k: v for k, v in one.to_json().items() if k != "event"}}
                for one in found
            ]
            print(f"{name} {data}: {len(told['mistakes'][f'{name} {data}'])} mistakes")
    network = metric.recorded("matching")
    scores = answer(Table(network.config, network.snapshot.theta))
    told["table"] = [
        {key: one.to_json()[key] for key in ("way", "shot", "accuracy", "ci95", "episodes")} for one in scores
    ]
    pairs = metric.recorded("siamese")
    at = pairs.snapshot.iteration
    events = run(pairs.config.updated(iterations=at), pairs.snapshot)  # nothing left to train: it only looks
    (curve,) = (one for one in events if isinstance(one, Verified))
    values = {name: np.round(getattr(curve, name), 5).tolist() for name in ("thresholds", "false_alarms", "hits")}
    told["verified"]["siamese"] = values | {"iteration": at, "area": curve.area}
    metric.RECORDED.write_text(json.dumps(told) + "\n", encoding="utf-8")
    arrays: dict[str, np.ndarray] = {}
    for name in ("matching", "siamese"):
        shipped = metric.recorded(name)
        for data in fewshot.DATA:
            first = metric.first_episode(name, data)
            (seen,) = answer(metric.request(first, shipped.config, shipped.snapshot.theta))
            arrays |= {f"{name}_{data}_{part}": getattr(seen, part) for part in metric.PARTS}
    np.savez_compressed(metric.FIRST_PAINT, **arrays)  # type: ignore[arg-type]
    print(f"wrote {metric.RECORDED}")


def memories() -> None:
    """Write lessons/recorded/memory.json and memory.npz."""
    told: dict[str, Any] = {}
    for part, name in memory.LENGTH_RUNS.items():
        of = shipped(name, NtmConfig)
        judged = of.config.updated(
            iterations=of.snapshot.iteration, test_lengths=memory.JUDGED_LENGTHS
        )  # it only judges
        events = run(judged, of.snapshot)
        (score,) = (event for event in events if isinstance(event, BitErrors))
        told[part] = {"lengths": score.lengths, "errors": np.round(score.bit_errors_per_sequence, 4).tolist()}
        print(f"{name}: {told[part]}")
    memory.RECORDED.write_text(json.dumps({"lengths": told}) + "\n", encoding="utf-8")
    arrays: dict[str, np.ndarray] = {}
    for task in memory.TASKS:
        of = memory.machine(task)
        (tape,) = answer(memory.follow(of.config, of.snapshot.theta, memory.FIRST[task], 1, "both"))
        for event in (tape.tape, tape.addressed, tape.written):
            arrays |= memory.to_store(task, event)
    for name in ("mann", "lstm"):
        network = memory.network(name)
        for data in fewshot.DATA:
            (seen,) = answer(memory.watch(network.config, network.snapshot.theta, data, 1, 0, True))
            arrays |= memory.to_store(f"{name} {data}", seen)
    np.savez_compressed(memory.FIRST_PAINT, **arrays)  # type: ignore[arg-type]
    print(f"wrote {memory.RECORDED} and {memory.FIRST_PAINT}")


def programs() -> None:
    """Write lessons/recorded/published.json: whole runs of the article's programs, faults and all."""
    told: dict[str, dict[str, list[float]]] = {}
    for name, (_, program) in reading.RUNS.items():
        config = program.updated(iterations=reading.ITERATIONS, report_every=reading.EVERY, test_tasks=2)
        steps = [one for one in run(config) if isinstance(one, OuterStep)]
        told[name] = {
            "iterations": [one.iteration for one in steps],
            "before": [round(one.before, 4) for one in steps],
            "after": [round(one.after, 4) for one in steps],
        }
        print(f"{name}: {told[name]['after'][-1]}")
    reading.RECORDED.write_text(json.dumps(told) + "\n", encoding="utf-8")
    print(f"wrote {reading.RECORDED}")


RECORDINGS = {
    "sinusoid": sinusoids,
    "fewshot": few_shot,
    "metric": metrics,
    "memory": memories,
    "published": programs,
}

if __name__ == "__main__":
    main()
