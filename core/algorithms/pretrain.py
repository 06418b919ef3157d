"""Pretraining: one classifier for all training classes, whose features are then fine-tuned on a task.

Not a meta-learner: the control against which one is judged (Finn et al. 2017, section 5.1, "pretrained").
It never sees an episode. What it hands on is the four blocks; the last layer begins anew for each task.
Run it:  python -m core train pretrain --task omniglot --seconds 60
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from core.algorithms.outer import Outer, snapshot
from core.configs import Pretrain
from core.events import Event, Snapshot
from core.problems import encoder_of, episodes_problem
from core.seeding import generator
from core.tasks import episodes


def train(config: Pretrain, resume: Snapshot | None = None) -> Iterator[Event]:
    """Train on images of all training classes; yields the events of core.events. Raises DivergedError.

    `resume` is not used: the wide last layer is not kept, so that a run begins anew each time.
    """
    task = config.episodes
    problem, few = episodes_problem(task, episodes.training_classes(task)), episodes_problem(task)
    run = Outer(few, config, None)
    start = run.theta  # its last layer is the one that every task begins with
    wide = problem.model.init(generator(config.seed, "wide"))
    shared = encoder_of(task).parameters
    wide[:shared] = start[:shared]
    adam = torch.optim.Adam([wide], lr=config.outer_rate, fused=True)

    def features() -> Tensor:
        return torch.cat([wide[:shared], start[shared:]])

    yield snapshot(run.iteration, features())
    yield run.report(features())
    for share in run.within_budget():
        x, y = episodes.images(task, config.meta_batch, generator(config.seed, "train", run.iteration))
        losses, gradient, _ = problem.derivatives(wide[None], x[None], y[None])
        wide.grad = gradient[0]
        adam.param_groups[0]["lr"] = config.outer_rate * share
        adam.step()
        if run.updated(losses):
            yield run.report(features())
        if run.snapshot_due:
            yield snapshot(run.iteration, features())

    yield snapshot(run.iteration, features())
    yield run.evaluation(features())
