"""Train a memory-augmented network to name characters that it has just been told, and its LSTM control.

Santoro et al. 2016, section 2 and 4.1. A sequence shows pictures of a few classes in random order;
the label of each comes one step late, beside the next picture. So the first picture of a class can
only be guessed, and every later one must be looked up: labels are drawn anew for every sequence, and
weights that remembered them would be wrong the next time.
Run it:  python -m core train mann --task omniglot --seconds 180
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

import torch
from torch import Tensor
from torch.nn import functional

from core.algorithms import recurrent
from core.configs import Mann
from core.events import ByInstance, Event, OuterStep, Snapshot
from core.models.mann import Mann as Network
from core.problems import cross_entropy
from core.seeding import generator
from core.tasks import episodes
from core.tasks.characters import SIDE

WATCHED = 50  # sequences of a report
TOGETHER = 50  # sequences judged at once


@dataclass(frozen=True)
class Told:
    """Sequences: x [b, steps, side^2 + way], pictures with the label of the one before; y [b, steps] labels;
    instance [b, steps]: how many pictures of its class came before.
    """

    x: Tensor
    y: Tensor
    instance: Tensor


def network(config: Mann) -> Network:
    """The network that `config` asks for."""
    way = config.episodes.way
    return Network(
        config.side**2 + way, way, config.rows, config.columns, config.hidden, config.heads, config.decay, config.memory
    )


def draw(config: Mann, amount: int, source: torch.Generator, unseen: bool = False) -> Told:
    """`amount` sequences of `way` classes and `instances` pictures of each. Raises DataError, ConfigError."""
    task = config.episodes
    half = config.instances // 2
    batch = episodes.draw(replace(task, shots=config.instances - half), amount, source, half, unseen)
    x, y = torch.cat([batch.support_x, batch.query_x], 1), torch.cat([batch.support_y, batch.query_y], 1)
    order = torch.rand(y.shape, generator=source).argsort(1)
    x = x.gather(1, order[..., None, None].expand_as(x))
    y = y.gather(1, order)
    instance = (functional.one_hot(y, task.way).cumsum(1).gather(2, y[..., None]))[..., 0] - 1
    if not config.shuffle:
        y = (batch.characters % task.way).gather(1, y)
    if config.side != SIDE:
        x = functional.interpolate(x, (config.side, config.side), mode="area")
    late = functional.pad(functional.one_hot(y, task.way)[:, :-1].float(), (0, 0, 1, 0))
    return Told(torch.cat([x.flatten(2), late], 2), y, instance)


def by_instance(logits: Tensor, told: Told, instances: int) -> Tensor:
    """Share of right answers at each instance, [b, instances]."""
    right = (logits.argmax(-1) == told.y).float()
    at = functional.one_hot(told.instance, instances).float()
    return (right[..., None] * at).sum(1) / at.sum(1)


def train(config: Mann, resume: Snapshot | None = None) -> Iterator[Event]:
    """Train on sequences of training characters; yields the events of core.events. Raises DivergedError."""
    model = network(config)
    watched = draw(config, WATCHED, generator(0, "watched"), unseen=True)
    return recurrent.train(
        config,
        resume,
        model.init,
        lambda start: (draw(config, config.meta_batch, generator(config.seed, "train", i)) for i in count(start)),
        lambda theta, told: cross_entropy(model(theta, told.x), told.y),
        lambda theta, iteration: report(model, theta, watched, config, iteration),
        lambda theta, iteration: evaluate(theta, config, iteration),
    )


def report(model: Network, theta: Tensor, told: Told, config: Mann, iteration: int) -> OuterStep:
    """Loss on fixed unseen sequences; accuracy at the first instance (before) and at the second (after)."""
    with torch.no_grad():
        logits = model(theta, told.x)
    loss = cross_entropy(logits, told.y).mean().item()
    first, second = by_instance(logits, told, config.instances).mean(0)[:2].tolist()
    return OuterStep(iteration, loss, loss, first, second)


def evaluate(theta: Tensor, config: Mann, iteration: int = 0) -> ByInstance:
    """Accuracy by instance on `config.test_tasks` sequences of characters that training has not seen."""
    model, found, left, block = network(config), [], config.test_tasks, 0
    while left > 0:
        told = draw(config, min(TOGETHER, left), generator(0, "evaluation", block), unseen=True)
        with torch.no_grad():
            found.append(by_instance(model(theta, told.x), told, config.instances))
        left, block = left - TOGETHER, block + 1
    share = torch.cat(found)
    ci95 = 1.96 * share.std(0) / len(share) ** 0.5
    return ByInstance(
        iteration, share.mean(0).numpy(), ci95.numpy(), config.episodes.way, len(share), config.episodes.data,
        config.memory,
    )  # fmt: skip
