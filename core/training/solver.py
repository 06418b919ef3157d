"""How a trained network solves tasks that it has never seen, and what it costs, by family of methods."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from core.tasks.batch import Batch
from core.tasks.config import Episodes
from core.training.adaptation import AdaptTo, adapt
from core.training.config import AdaptationConfig, MetricConfig
from core.training.evaluation import query_logits
from core.training.metric import Comparison
from core.training.problem import problem_of


@dataclass(frozen=True)
class Solution:
    """How the queries of some tasks are answered.

    answers: log probabilities [tasks, queries, way], or values [tasks, queries, 1]. attention [tasks, queries,
    support]: how much each answer rests on each support point, where the network looks at them; computed when it
    is called.
    """

    answers: Tensor
    attention: Callable[[], Tensor] | None = None


@dataclass(frozen=True)
class Solver:
    """A trained network that takes in the support of tasks and then answers queries, each by itself.

    solve: from a batch and the number of its classes. untouched: the same before any inner step, where it adapts.
    passes: pictures or points that go through the network for a task with so many support and query points, forward
    or back. memory: how many numbers it stores of a task of `way` classes and `shots` drawings, or of 1 and `shots`
    points.
    """

    solve: Callable[[Batch, int], Solution]
    passes: Callable[[int, int], int]
    memory: Callable[[int, int], int]
    untouched: Callable[[Batch, int], Solution] | None = None


def adapting(config: AdaptationConfig, theta: Tensor, steps: int, adapt_to: AdaptTo | None = None) -> Solver:
    """Return a solver that takes `steps` steps on the support, by gradients or as `adapt_to` says, then answers."""
    problem, classes = problem_of(config.task), isinstance(config.task, Episodes)
    init, descent = config.parts(theta)
    rates = torch.as_tensor(descent.rate)  # a single one, or one for each number
    moving = len(init) if adapt_to or not rates.ndim else int(rates.count_nonzero())

    def after(steps: int) -> Callable[[Batch, int], Solution]:
        def solve(batch: Batch, way: int) -> Solution:
            start = init.expand(batch.tasks, -1)
            if adapt_to:
                phi = adapt_to(problem, start, batch.support_x, batch.support_y, config, steps)
            else:
                *_, phi = adapt(problem, start, batch.support_x, batch.support_y, descent, steps)
            if not classes:
                return Solution(problem.predict(phi, batch.query_x))
            return Solution(query_logits(problem, phi, batch, transductive=False)[..., :way].log_softmax(-1))

        return solve

    def passes(support: int, queries: int) -> int:
        # a step is a pass forward and a pass back; batch normalization needs the support with each query
        return 2 * steps * support + queries * (support + 1 if steps and classes else 1)

    return Solver(after(steps), passes, lambda way, shots: moving, after(0))


def comparing(config: MetricConfig, comparison: Comparison, theta: Tensor) -> Solver:
    """Return a solver that compares each query with the support; it stores a task's embeddings, or their means."""
    by_drawing = config.kept(1, 2) == 2  # else it attends to means, not to drawings

    def solve(batch: Batch, way: int) -> Solution:
        compared = comparison.look(theta, batch)
        answers = torch.from_numpy(compared.answers)
        if batch.classes:
            answers = answers.clamp_min(1e-12).log()
        return Solution(answers, (lambda: torch.from_numpy(compared.attention)) if by_drawing else None)

    def memory(way: int, shots: int) -> int:
        return config.kept(way, shots) * comparison.encoder.features

    return Solver(solve, lambda support, queries: support + queries, memory)
