"""Errors by the number of points, measured on the same unseen functions as those of the networks that read them."""

from collections.abc import Sequence

import numpy as np
import torch

from core.registry import method_of
from core.tasks import sinusoid
from core.tasks.config import Sinusoid
from core.tasks.families import unseen
from core.training.config import ContextConfig, Descent
from core.training.context import MOST_POINTS, QUERIES, TOGETHER
from core.training.evaluation import query_losses
from core.training.problem import sinusoid_problem


def adapted(theta: np.ndarray, descent: Descent, steps: Sequence[int], functions: int = 1000) -> np.ndarray:
    """Return the query MSE after each number of `steps` on the first 0, 1, ... points, [steps, points + 1].

    theta [parameters]: where the steps begin. Without points there is nothing to step on.
    """
    problem, start = sinusoid_problem(), torch.from_numpy(theta)
    sums = np.zeros((len(steps), MOST_POINTS + 1))
    for block in range(functions // TOGETHER):
        batch = unseen(Sinusoid(shots=MOST_POINTS), "evaluation by points", TOGETHER, QUERIES, block)
        assert isinstance(batch, sinusoid.SinusoidBatch)
        for points in range(MOST_POINTS + 1):
            part = sinusoid.SinusoidBatch(
                batch.support_x[:, :points], batch.support_y[:, :points], batch.query_x, batch.query_y,
                batch.amplitude, batch.phase,
            )  # fmt: skip
            losses = query_losses(problem, start, part, descent, max(steps) if points else 0).sum(1).numpy()
            sums[:, points] += losses[list(steps)] if points else losses[0]
    return sums / (functions // TOGETHER * TOGETHER)


def on_its_own(config: ContextConfig, theta: np.ndarray, points: int, functions: int = 1000) -> float:
    """Return the query MSE after so many new points of the few functions that a network was trained on."""
    network = method_of(config).algorithm().network(config)  # type: ignore[attr-defined]
    task = config.functions.updated(shots=points, queries=QUERIES)
    batch = next(sinusoid.stream_of_few(task, config.few, functions, config.seed, config.iterations))
    seen = torch.full((QUERIES,), points)
    with torch.no_grad():
        answers = network(torch.from_numpy(theta), batch.support_x, batch.support_y, batch.query_x, seen)
    return float((answers[..., :1] - batch.query_y).square().mean())
