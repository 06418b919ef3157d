"""Two programs as articles publish them, with switches that repair one fault at a time.

They follow the shape of the source article's snippets: a loop over tasks, an optimizer, `set_params`.
With every switch on they are MAML and Reptile (the serial versions); with a switch off they run, learn
something or nothing, and are neither. They are examples to study, not to use.
Run it:  python -m core train reading --task sinusoid --set family=maml --set gradient_link=overwritten
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from core.events import Event, Snapshot
from core.methods.reading.config import ReadingConfig
from core.tasks.batch import Batch
from core.training.evaluation import evaluate
from core.training.outer_loop import MetaTrainer, snapshot
from core.training.problem import Problem, problem_of


def maml(problem: Problem, theta: Tensor, batch: Batch, config: ReadingConfig) -> tuple[Tensor, Tensor]:
    """Return theta [parameters] after a pass over the tasks, and the support loss after 0, 1, ... inner steps.

    adds_up: an inner step starts where the last one ended, not at theta again. gradient_link: "kept", phi remembers
    how it came from theta; "cut", its numbers are copied into other tensors; "overwritten", into the model itself.
    The source article does not print its `set_params`. If that copies numbers into the model's own tensors, its loop
    is adds_up, "overwritten"; if it keeps the graph, not adds_up, "kept", but for the gradient, which it takes at theta
    through all steps before (that diverges within a few passes).
    """
    losses = []
    for task in range(batch.tasks):
        part = batch.part(slice(task, task + 1))
        params = theta.detach()[None].requires_grad_()
        phi = params
        for _ in range(config.inner_steps):
            loss = problem.loss(phi, part.support_x, part.support_y).sum()
            losses.append(loss.detach())
            (gradient,) = torch.autograd.grad(loss, phi, create_graph=True)
            phi = (phi if config.adds_up else params) - config.inner_rate * gradient
            if config.gradient_link != "kept":
                phi = phi.detach().requires_grad_()
        losses.append(problem.loss(phi, part.support_x, part.support_y).sum().detach())
        loss = problem.loss(phi, part.query_x, part.query_y).sum()
        held = phi if config.gradient_link == "overwritten" else params  # what the model holds
        # with the link cut, theta has no part in the loss: its gradient is None
        (meta_gradient,) = torch.autograd.grad(loss, held, allow_unused=True)
        if config.gradient_link == "overwritten":
            theta = phi.detach()[0]  # the model now holds phi, and theta is gone
        if meta_gradient is not None:
            theta = theta - config.outer_rate * meta_gradient.detach()[0]
    return theta, torch.stack(losses).view(batch.tasks, -1).mean(0)


def reptile(problem: Problem, theta: Tensor, batch: Batch, config: ReadingConfig) -> tuple[Tensor, Tensor]:
    """Return theta [parameters] after a pass over the tasks, and the loss after 0, 1, ... inner steps.

    copies: each task trains a copy of theta; without it theta itself is trained, and the difference that Reptile
    lives on is zero. mean: of the arrows, else their sum.
    """
    losses, arrows = [], []
    for task in range(batch.tasks):
        part = batch.part(slice(task, task + 1))
        phi = theta.clone()  # a copy for this task
        for step in range(config.inner_steps + 1):
            params = phi.detach()[None].requires_grad_()
            loss = problem.loss(params, part.support_x, part.support_y).sum()
            losses.append(loss.detach())
            if step < config.inner_steps:
                (gradient,) = torch.autograd.grad(loss, params)
                phi = phi - config.inner_rate * gradient[0]
        if not config.copies:
            theta = phi  # there was no copy: the model itself has been trained
        arrows.append(phi - theta)
    total = torch.stack(arrows).sum(0)
    theta = theta + config.epsilon * (total / batch.tasks if config.mean else total)
    return theta, torch.stack(losses).view(batch.tasks, -1).mean(0)


PROGRAMS = {"maml": maml, "reptile": reptile}


def train(config: ReadingConfig, resume: Snapshot | None = None) -> Iterator[Event]:
    """Run the program on fresh tasks; yields the events of core.events. Raises DivergedError."""
    problem = problem_of(config.task)
    run = MetaTrainer(problem, config, resume)
    yield snapshot(run.iteration, run.theta)
    yield run.report()
    for batch, _ in run.meta_batches():
        run.theta, losses = PROGRAMS[config.family](problem, run.theta, batch, config)
        yield from run.after_update(losses[-1:])
    yield snapshot(run.iteration, run.theta)
    yield evaluate(run.theta, config, run.iteration)
