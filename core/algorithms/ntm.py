"""Train a Neural Turing Machine to copy, repeat and recall sequences of bits.

Graves, Wayne, Danihelka 2014, section 4. There is no inner loop: what is learned is a controller, and
what a sequence leaves behind is in the memory alone, which starts empty for each of them.
Run it:  python -m core train ntm --task copy --seconds 60
"""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from core.algorithms.outer import Budget, restore, snapshot
from core.configs import Ntm
from core.events import BitErrors, DivergedError, Event, OuterStep, Snapshot
from core.models.ntm import Ntm as Machine
from core.seeding import generator
from core.tasks import sequences
from core.tasks.sequences import SequenceBatch

WATCHED = 20  # sequences of a report
JUDGED = 100  # sequences of each length in the evaluation


def machine(config: Ntm) -> Machine:
    """The machine that `config` asks for."""
    inputs, outputs = sequences.channels(config.sequences)
    return Machine(
        inputs, outputs, config.rows, config.columns, config.hidden, config.readers, config.writers,
        config.controller == "lstm", config.content, config.shifts,
    )  # fmt: skip


def told_loss(logits: Tensor, batch: SequenceBatch) -> Tensor:
    """Mean binary cross-entropy of the bits that were asked for, one value a sequence: [batch]."""
    asked = batch.asked
    return binary_cross_entropy_with_logits(logits[:, asked], batch.y[:, asked], reduction="none").mean((1, 2))


def wrong_bits(logits: Tensor, batch: SequenceBatch) -> Tensor:
    """How many of the bits asked for are wrong, [batch]."""
    asked = batch.asked
    return ((logits[:, asked] > 0) != (batch.y[:, asked] > 0.5)).sum((1, 2)).float()


def train(config: Ntm, resume: Snapshot | None = None) -> Iterator[Event]:
    """Train on random sequences; yields the events of core.events. Raises DivergedError."""
    model, run = machine(config), Budget(config, resume)
    theta = torch.from_numpy(resume.theta.copy()) if resume else model.init(generator(config.seed, "init"))
    adam = torch.optim.Adam([theta], lr=config.outer_rate, fused=True)
    restore(adam, theta, resume)
    watched = sequences.draw(config.sequences, WATCHED, generator(0, "watched"), config.sequences.longest)
    batches = sequences.stream(config.sequences, config.meta_batch, config.seed, run.iteration)
    yield snapshot(run.iteration, theta)
    yield report(model, theta, watched, run.iteration)

    for share in run.within_budget():
        losses, theta.grad = losses_and_gradient(model, theta, next(batches))
        theta.grad *= (config.clip / theta.grad.norm().clamp_min(1e-12)).clamp(max=1)
        adam.param_groups[0]["lr"] = config.outer_rate * share
        adam.step()
        if run.updated(losses):
            yield report(model, theta, watched, run.iteration)
        if run.snapshot_due:
            yield snapshot(run.iteration, theta, adam)

    yield snapshot(run.iteration, theta, adam)
    yield evaluate(theta, config, run.iteration)


def losses_and_gradient(model: Machine, theta: Tensor, batch: SequenceBatch) -> tuple[Tensor, Tensor]:
    """Losses [batch], and the gradient of their mean through every step of the sequence."""
    at = theta.detach().requires_grad_()
    losses = told_loss(model(at, batch.x), batch)
    (gradient,) = torch.autograd.grad(losses.mean(), at)
    return losses.detach(), gradient


def report(model: Machine, theta: Tensor, batch: SequenceBatch, iteration: int) -> OuterStep:
    """Loss and the share of right bits on fixed sequences of the longest length."""
    with torch.no_grad():
        logits = model(theta, batch.x)
    loss = told_loss(logits, batch).mean().item()
    if iteration and not torch.tensor(loss).isfinite():
        raise DivergedError(iteration)
    bits = int(batch.asked.sum()) * batch.y.shape[2]
    right = 1 - wrong_bits(logits, batch).mean().item() / bits
    return OuterStep(iteration, loss, loss, right, right)


def evaluate(theta: Tensor, config: Ntm, iteration: int = 0) -> BitErrors:
    """Wrong bits a sequence on new sequences of each of `config.lengths`."""
    model, found = machine(config), []
    for length in config.lengths:
        batch = sequences.draw(config.sequences, JUDGED, generator(0, "evaluation", length), length)
        with torch.no_grad():
            found.append(wrong_bits(model(theta, batch.x), batch).mean())
    return BitErrors(iteration, config.lengths, torch.stack(found).numpy(), JUDGED)
