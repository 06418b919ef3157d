"""How the loss after adaptation depends on the inner learning rate: the rate too is meta-knowledge."""

from collections.abc import Iterator

import torch

from core.demos.questions import Sweep
from core.events import Swept
from core.tasks.config import Sinusoid
from core.tasks.families import unseen
from core.training.config import Descent
from core.training.evaluation import query_losses
from core.training.problem import sinusoid_problem

TASKS, RATES = 200, torch.logspace(-3.5, -0.5, 31)


def run(config: Sweep) -> Iterator[Swept]:
    """Yield a `Swept` for each init: mean query MSE over 200 unseen tasks for 31 inner rates."""
    problem, batch = sinusoid_problem(), unseen(Sinusoid(), "sweep", TASKS, 40)
    for name, theta in config.inits.items():
        losses = [
            query_losses(problem, torch.from_numpy(theta), batch, Descent(rate), config.inner_steps).mean(1)
            for rate in RATES.tolist()
        ]
        yield Swept(name, RATES.numpy(), torch.stack(losses, 1).numpy(), TASKS)
