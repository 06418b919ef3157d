"""Pretraining: one classifier for all training classes, whose features are then fine-tuned on a task.

It is no meta-learner but the control for them, as fine-tuning is in Vinyals et al. 2016, section 4.1.
It never sees an episode. Its four blocks are passed on to each task, which starts with a new last layer.
Run it:  python -m core train pretrain --task omniglot --seconds 60
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from core.events import Event, Snapshot
from core.methods.pretrain.config import PretrainConfig
from core.options import ConfigError
from core.seeding import generator
from core.tasks import episodes
from core.training.evaluation import evaluate
from core.training.outer_loop import MOVED, FlatAdam, MetaTrainer, snapshot
from core.training.problem import encoder_of, episodes_problem
from core.words import Words


def train(config: PretrainConfig, resume: Snapshot | None = None) -> Iterator[Event]:
    """Train on images of all training classes; yields the events of core.events. Raises DivergedError, ConfigError.

    A snapshot holds the wide last layer among the optimizer's arrays. Raises ConfigError where `resume` does not.
    """
    task = config.episodes
    problem, few_shot_problem = episodes_problem(task, episodes.training_classes(task)), episodes_problem(task)
    run = MetaTrainer(few_shot_problem, config, resume)
    start = run.theta  # every task starts with its last layer
    wide = problem.model.init(generator(config.seed, "wide"))
    shared = encoder_of(task).parameters
    wide[:shared] = start[:shared]
    if resume and resume.optimizer.get(MOVED, start.numpy()).shape != wide.shape:
        raise ConfigError(Words("the checkpoint does not hold the last layer for all classes: it cannot go on"))
    adam = FlatAdam(wide, config.outer_rate, resume)

    def features() -> Tensor:
        return torch.cat([wide[:shared], start[shared:]])

    yield snapshot(run.iteration, features())
    yield run.report(features(), adam)
    for lr_scale in run.within_budget():
        x, y = episodes.images(task, config.meta_batch, generator(config.seed, "train", run.iteration))
        losses, gradient, _ = problem.derivatives(wide[None], x[None], y[None])
        adam.step(gradient[0], lr_scale)
        if run.record_update(losses):
            yield run.report(features(), adam)
        if run.snapshot_due:
            yield snapshot(run.iteration, features(), adam)

    yield snapshot(run.iteration, features(), adam)
    yield evaluate(features(), config, run.iteration)
