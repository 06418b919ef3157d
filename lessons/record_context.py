"""Record what the lesson on learning in context measures: errors by the number of points, of all that can use so many,
and of networks that were trained on few functions, again and again.
"""

import json

import numpy as np
import torch

from core.dispatch import answer, run
from core.events.evaluations import LossByPoints
from core.tasks import sinusoid as tasks
from core.tasks.config import Sinusoid
from core.tasks.families import unseen
from core.training.config import Descent
from core.training.context import MOST_POINTS, QUERIES, TOGETHER
from core.training.evaluation import query_losses
from core.training.problem import sinusoid_problem
from lessons.demos import context, sinusoid

FEW = tuple(2**n for n in range(1, 13))  # 2 to 4096 functions
FEW_UPDATES = 1000
FUNCTIONS = 1000


def main() -> None:
    """Write lessons/recorded/context.json and context.npz."""
    by_points = {name: np.round(context.scored(name).loss_by_points, 5).tolist() for name in context.READERS}
    found = {"by_points": by_points | maml_by_points(), "tasks": of_few()}
    context.RECORDED.write_text(json.dumps(found) + "\n", encoding="utf-8")
    arrays: dict[str, np.ndarray] = {}
    for name in context.READERS:
        (read,) = answer(context.read_request(name, context.first_points(), 0.0))
        arrays |= {f"{name}_{part}": getattr(read, part) for part in context.PARTS}
    np.savez_compressed(context.FIRST_PAINT, **arrays)  # type: ignore[arg-type]
    print(f"wrote {context.RECORDED} and {context.FIRST_PAINT}")


def maml_by_points() -> dict[str, list[float]]:
    """Return MAML's error after one step and after ten on the first 0, 1, ... points of unseen sinusoids."""
    problem, theta = sinusoid_problem(), torch.from_numpy(sinusoid.inits("maml")["maml"])
    task, blocks = Sinusoid(shots=MOST_POINTS), range(FUNCTIONS // TOGETHER)  # those of the networks' evaluation
    parts = [vars(unseen(task, "evaluation by points", TOGETHER, QUERIES, block)) for block in blocks]
    batch = tasks.SinusoidBatch(**{name: torch.cat([part[name] for part in parts]) for name in parts[0]})
    errors: dict[str, list[float]] = {"maml 1": [], "maml 10": []}
    for points in range(MOST_POINTS + 1):
        seen = tasks.SinusoidBatch(
            batch.support_x[:, :points], batch.support_y[:, :points], batch.query_x, batch.query_y, batch.amplitude,
            batch.phase,
        )  # fmt: skip
        steps = 10 if points else 0
        losses = query_losses(problem, theta, seen, Descent(sinusoid.DEFAULT_RATE), steps).mean(1)
        errors["maml 1"].append(round(losses[min(1, steps)].item(), 5))
        errors["maml 10"].append(round(losses[steps].item(), 5))
    return errors


def of_few() -> dict[str, list[float]]:
    """Return the error after ten points of networks trained on few functions: on those, and on new ones."""
    found: dict[str, list[float]] = {"few": list(FEW), "new": [], "seen": []}
    for few in FEW:
        config = context.network("in-context").config.updated(few=few, iterations=FEW_UPDATES)
        *_, snapshot, score = run(config.updated(report_every=FEW_UPDATES))
        assert isinstance(score, LossByPoints)
        found["new"].append(round(float(score.loss_by_points[context.SHOTS]), 5))
        found["seen"].append(round(on_the_few(config, snapshot.theta, few), 5))  # type: ignore[attr-defined]
        print(f"{few} functions: {found['seen'][-1]} on them, {found['new'][-1]} on new ones")
    return found


def on_the_few(config: context.InContextConfig, theta: np.ndarray, few: int) -> float:
    """Return the error after ten points, with new points of the functions of the training."""
    from core.methods.in_context.algorithm import network

    task = config.functions.updated(shots=context.SHOTS, queries=QUERIES)
    batch = next(tasks.stream_of_few(task, few, FUNCTIONS, config.seed, config.iterations))
    seen = torch.full((QUERIES,), context.SHOTS)
    with torch.no_grad():
        answers = network(config)(torch.from_numpy(theta), batch.support_x, batch.support_y, batch.query_x, seen)
    return float((answers - batch.query_y).square().mean())


if __name__ == "__main__":
    main()
