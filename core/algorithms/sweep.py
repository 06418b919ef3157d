"""How the loss after adaptation depends on the inner learning rate: that too is meta-knowledge."""

from collections.abc import Iterator

import torch

from core.configs import Descent, Sinusoid
from core.evaluation import query_losses
from core.events import Event, Swept
from core.problems import sinusoid_problem
from core.requests import Sweep
from core.tasks.families import unseen

TASKS, RATES = 200, torch.logspace(-3.5, -0.5, 31)


def run(config: Sweep) -> Iterator[Event]:
    """Yield one `Swept` per init: mean query MSE over 200 unseen tasks for 31 inner rates."""
    problem, batch = sinusoid_problem(), unseen(Sinusoid(), "sweep", TASKS, 40)
    for name, theta in config.inits.items():
        losses = [
            query_losses(problem, torch.from_numpy(theta), batch, Descent(rate), config.inner_steps).mean(1)
            for rate in RATES.tolist()
        ]
        yield Swept(name, RATES.numpy(), torch.stack(losses, 1).numpy(), TASKS)
