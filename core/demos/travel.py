"""Why few steps are enough: how far an initialization goes on unseen tasks, and what each step gains."""

from collections.abc import Iterator

import torch

from core.demos.answers import Travelled
from core.demos.questions import Travel
from core.events import arrays
from core.tasks.config import Sinusoid
from core.tasks.families import unseen
from core.training.adaptation import adapt
from core.training.config import Descent
from core.training.evaluation import QUERIES
from core.training.problem import sinusoid_problem


def run(question: Travel) -> Iterator[Travelled]:
    """Yield a `Travelled` for each init: all of them adapt to the same unseen tasks."""
    problem, batch = sinusoid_problem(), unseen(Sinusoid(), "evaluation", question.tasks, QUERIES)
    for name, init in question.inits.items():
        theta = torch.from_numpy(init)
        start, descent = theta.expand(question.tasks, -1), Descent(question.inner_rate)
        path = list(adapt(problem, start, batch.support_x, batch.support_y, descent, question.inner_steps))
        losses = torch.stack([problem.loss(phi, batch.query_x, batch.query_y) for phi in path])
        distances = torch.stack([(phi - theta).norm(dim=1) for phi in path])
        first = path[1] - theta
        ci95 = 1.96 * losses.std(1) / question.tasks**0.5
        mean_losses, half, mean_distances = arrays(losses.mean(1), ci95, distances.mean(1))
        shared = (first.mean(0).norm() / first.norm(dim=1).mean()).item()
        yield Travelled(name, mean_losses, half, mean_distances, theta.norm().item(), shared, question.tasks)
