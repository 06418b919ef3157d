"""What methods share that read the points of a function and answer at a new x: nothing adapts, nothing is compared.

A function comes with `shots` points and with queries, of which each may look at the first 0, 1, 2, ... points, in turn:
so one network learns to answer from any number of them.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor

from core.events import Event, OuterStep, Snapshot, arrays
from core.events.evaluations import LossByPoints
from core.events.memory import ByPosition
from core.tasks import families, sinusoid
from core.tasks.batch import Batch
from core.tasks.config import Sinusoid
from core.tasks.sinusoid import SinusoidBatch
from core.training import memory
from core.training.config import ContextConfig
from core.training.solver import Solution, Solver

MOST_POINTS = 20  # of a function in the evaluation
WATCHED = 100  # functions of a report
WATCHED_POINTS = 10  # seen by the queries of a learning curve
QUERIES = 25  # of each function, for each number of points
TOGETHER = 100  # functions evaluated at once


class Reader(Protocol):
    """A network that reads points."""

    def init(self, generator: torch.Generator) -> Tensor:
        """Random parameters."""

    def __call__(self, theta: Tensor, x: Tensor, y: Tensor, query_x: Tensor, seen: Tensor) -> Tensor:
        """Values [b, q, 1], or more than one number for each query, the value first: [b, q, n].

        x, y [b, points, 1]; query_x [b, q, 1]; seen [q]: how many of the points, from the first on, a query looks at.
        """


def seen_in_turn(queries: int, points: int) -> Tensor:
    """Return how many points each query sees: none, one, ..., all of them, and so on, [queries]."""
    return torch.arange(queries) % (points + 1)


def train(
    config: ContextConfig, resume: Snapshot | None, network: Reader, loss: Callable[[Tensor, Tensor], Tensor]
) -> Iterator[Event]:
    """Train on functions of the task; yields the events of core.events. Raises DivergedError.

    loss: of the network's outputs [b, q, n] and the true values [b, q, 1], a value for each query.
    """
    task = config.functions
    watched = families.unseen(_with_points(config, MOST_POINTS), "watched", WATCHED, QUERIES)

    def batches(start: int) -> Iterator[SinusoidBatch]:
        if config.few:
            return sinusoid.stream_of_few(task, config.few, config.meta_batch, config.seed, start)
        return sinusoid.stream(task, config.meta_batch, config.seed, start)

    def batch_loss(theta: Tensor, batch: Batch) -> Tensor:
        seen = seen_in_turn(batch.query_x.shape[1], batch.support_x.shape[1])
        outputs = network(theta, batch.support_x, batch.support_y, batch.query_x, seen)
        return loss(outputs, batch.query_y).mean(1)

    def report(theta: Tensor, iteration: int) -> Sequence[Event]:
        (errors,) = arrays(errors_of(answers_by_points(network, theta, watched), watched).mean(0))
        return [OuterStep(iteration, errors[0].item(), errors[WATCHED_POINTS].item()), ByPosition(iteration, errors)]

    return memory.train(
        config,
        resume,
        network.init,
        batches,
        batch_loss,
        report,
        lambda theta, iteration: evaluate(theta, config, network, iteration),
        config.warm_up,
    )


def evaluate(theta: Tensor, config: ContextConfig, network: Reader, iteration: int = 0) -> LossByPoints:
    """Return the query MSE after 0, 1, ... points of unseen functions, and where the network says how sure it is, how
    often its band holds the true value.
    """
    scores, shares = [], []
    for block, first in enumerate(range(0, config.test_tasks, TOGETHER)):
        amount = min(TOGETHER, config.test_tasks - first)
        batch = families.unseen(_with_points(config, MOST_POINTS), "evaluation by points", amount, QUERIES, block)
        answers = answers_by_points(network, theta, batch)
        scores.append(errors_of(answers, batch))
        if answers.shape[-1] > 1:
            shares.append(within_band(answers, batch))
    by_function = torch.cat(scores)
    half = 1.96 * by_function.std(0) / len(by_function) ** 0.5
    mean, ci95 = arrays(by_function.mean(0), half)
    within = arrays(torch.cat(shares).mean(0)) if shares else ()
    return LossByPoints(iteration, mean, ci95, len(by_function), *within)


def errors_of(answers: Tensor, batch: Batch) -> Tensor:
    """Return the squared error of the queries of each function after 0, 1, ... of its points, [b, points + 1].

    answers: as `answers_by_points` returns them.
    """
    return (answers[..., :1] - batch.query_y[:, None]).square().mean((2, 3))


def within_band(answers: Tensor, batch: Batch) -> Tensor:
    """Return the share of queries whose true value lies within two standard deviations, [b, points + 1]."""
    mean, std = answers.unbind(-1)
    return ((batch.query_y[:, None, :, 0] - mean).abs() <= 2 * std).float().mean(2)


def answers_by_points(network: Reader, theta: Tensor, batch: Batch) -> Tensor:
    """Return the answers to all queries after 0, 1, ... points, [b, points + 1, q, n], without a graph."""
    numbers, queries = batch.support_x.shape[1] + 1, batch.query_x.shape[1]
    seen = torch.arange(numbers).repeat_interleave(queries)
    with torch.no_grad():
        outputs = network(theta, batch.support_x, batch.support_y, batch.query_x.repeat(1, numbers, 1), seen)
    return outputs.unflatten(1, (numbers, queries))


def solver(network: Reader, theta: Tensor, memory: Callable[[int], int]) -> Solver:
    """Return how functions are continued: read all support points, then answer each query by itself.

    memory: how many numbers the network keeps of so many points.
    """

    def solve(batch: Batch, way: int) -> Solution:
        shots, queries = batch.support_x.shape[1], batch.query_x.shape[1]
        with torch.no_grad():
            outputs = network(theta, batch.support_x, batch.support_y, batch.query_x, torch.full((queries,), shots))
        return Solution(outputs[..., :1])

    return Solver(solve, lambda support, queries: support + queries, lambda way, shots: memory(shots))


def _with_points(config: ContextConfig, points: int) -> Sinusoid:
    return config.functions.updated(shots=points)
