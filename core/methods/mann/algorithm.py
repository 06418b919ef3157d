"""Train a memory-augmented network to answer by what it has just been told, and its LSTM control.

Santoro et al. 2016, sections 2 to 4. A sequence shows pictures of a few classes in random order; the
label of each comes one step late, beside the next picture. Labels are drawn anew for every sequence,
so weights that remembered them would be wrong the next time. On sinusoids, values stand for labels.
Run it:  python -m core train mann --task omniglot --seconds 180
"""

from collections.abc import Iterator
from itertools import count

import torch
from torch import Tensor
from torch.nn import functional

from core.events import Event, OuterStep, Snapshot, arrays
from core.memory_events import ByInstance, ByPoint, ByPosition, Recalled
from core.methods.mann import model as mann
from core.methods.mann.config import MannConfig
from core.methods.mann.model import Mann
from core.seeding import generator
from core.tasks import labelled_sequences as tasks
from core.tasks.batch import Batch
from core.tasks.config import Sinusoid
from core.tasks.labelled_sequences import LabelledSequence
from core.training import memory as recurrent
from core.training.problem import cross_entropy
from core.training.solver import Solution, Solver

WATCHED = 50  # sequences of a report
TOGETHER = 50  # sequences judged at once


def network(config: MannConfig) -> Mann:
    """The network that `config` asks for."""
    way = 1 if isinstance(config.task, Sinusoid) else config.episodes.way
    inputs = 2 if isinstance(config.task, Sinusoid) else config.side**2 + way
    return Mann(
        inputs, way, config.rows, config.columns, config.hidden, config.heads, config.decay, config.memory,
        config.strength, config.separate_write_vector,
    )  # fmt: skip


def draw(config: MannConfig, amount: int, source: torch.Generator, unseen: bool = False) -> LabelledSequence:
    """`amount` sequences of the task. Raises DataError, ConfigError."""
    if isinstance(config.task, Sinusoid):
        return tasks.points(config.task, amount, config.points, source)
    return tasks.pictures(
        config.episodes, amount, config.instances, config.side, config.shuffle, source, unseen
    )  # fmt: skip


def loss(logits: Tensor, told: LabelledSequence) -> Tensor:
    """Mean cross-entropy of the labels or squared error of the values, one a sequence: [b]."""
    if told.y.dtype == torch.long:
        return cross_entropy(logits, told.y)
    return functional.mse_loss(logits, told.y, reduction="none").mean((1, 2))


def by_instance(logits: Tensor, told: LabelledSequence, instances: int) -> Tensor:
    """Share of right answers at each instance, [b, instances]."""
    right = (logits.argmax(-1) == told.y).float()
    at = functional.one_hot(told.instance, instances).float()
    return (right[..., None] * at).sum(1) / at.sum(1)


def by_point(logits: Tensor, told: LabelledSequence) -> Tensor:
    """Squared error at each point, [b, points]."""
    return (logits - told.y)[..., 0].square()


def train(config: MannConfig, resume: Snapshot | None = None) -> Iterator[Event]:
    """Train on sequences of the task; yields the events of core.events and memory_events. Raises DivergedError."""
    model = network(config)
    watched = draw(config, WATCHED, generator(0, "watched"), unseen=True)
    return recurrent.train(
        config,
        resume,
        model.init,
        lambda start: (draw(config, config.meta_batch, generator(config.seed, "train", i)) for i in count(start)),
        lambda theta, told: loss(model(theta, told.x), told),
        lambda theta, iteration: report(model, theta, watched, config, iteration),
        lambda theta, iteration: evaluate(theta, config, iteration),
    )


def report(model: Mann, theta: Tensor, told: LabelledSequence, config: MannConfig, iteration: int) -> list[Event]:
    """How fixed unseen sequences are answered: at the first picture or point of a class (before), at the
    second (after), and at all.
    """
    with torch.no_grad():
        logits = model(theta, told.x)
    if isinstance(config.task, Sinusoid):
        error = by_point(logits, told)
        return [
            OuterStep(iteration, error[:, 0].mean().item(), error.mean().item()),
            ByPosition(iteration, *arrays(error.mean(0))),
        ]
    value = loss(logits, told).mean().item()
    share = by_instance(logits, told, config.instances)
    first, second = share.mean(0)[:2].tolist()
    return [OuterStep(iteration, value, value, first, second), ByPosition(iteration, *arrays(share.mean(0)))]


def evaluate(theta: Tensor, config: MannConfig, iteration: int = 0) -> ByInstance | ByPoint:
    """Accuracy by instance, or error by point, on `config.test_tasks` sequences that training has not seen."""
    model, found, left, block = network(config), [], config.test_tasks, 0
    points = isinstance(config.task, Sinusoid)
    while left > 0:
        told = draw(config, min(TOGETHER, left), generator(0, "evaluation", block), unseen=True)
        with torch.no_grad():
            logits = model(theta, told.x)
        found.append(by_point(logits, told) if points else by_instance(logits, told, config.instances))
        left, block = left - TOGETHER, block + 1
    return (_points if points else _instances)(torch.cat(found), config, iteration)


def _instances(share: Tensor, config: MannConfig, iteration: int) -> ByInstance:
    mean, half = _with_interval(share)
    return ByInstance(
        iteration, mean, half, config.episodes.way, len(share), config.episodes.data, config.memory
    )  # fmt: skip


def _points(error: Tensor, config: MannConfig, iteration: int) -> ByPoint:
    return ByPoint(iteration, *_with_interval(error), len(error), config.memory)


def _with_interval(found: Tensor) -> tuple:
    """Mean over sequences, and the half width of its 95% interval."""
    return found.mean(0).numpy(), (1.96 * found.std(0) / len(found) ** 0.5).numpy()


def recalled(model: Mann, theta: Tensor, told: LabelledSequence, pictures: Tensor, wipe: int = 0) -> Recalled:
    """How one sequence is answered, and where it was looked up; `wipe` as in the model's `through`.

    pictures [t, side, side]: to be shown.
    """
    with torch.no_grad():
        logits, states, accesses = model.unroll(theta, told.x, wipe)
    kept = [one for one in accesses if one is not None]
    steps = len(states)
    memory = [theta.new_zeros(steps, 0, model.rows)] * 2 + [theta.new_zeros(steps, steps)]
    if kept:
        memory = [torch.cat([getattr(one, name) for one in kept]) for name in ("writing", "reading")]
        memory.append(mann.sources(kept, wipe)[0])
    usage = torch.cat([one.usage for one in states])
    shown = ((255 * pictures).round().byte(), told.y[0], logits[0].softmax(-1), told.instance[0], usage)
    return Recalled(0, *arrays(*shown, *memory))


def solver(config: MannConfig, theta: Tensor) -> Solver:
    """Return how tasks are solved: read the support as a sequence, once, then each query as its next step."""
    model = network(config)

    def sequences(batch: Batch) -> Tensor:
        """The support, its labels one step late, and each query as the last step: [tasks * queries, s + 1, inputs]."""
        queries = batch.query_x.shape[1]
        support = batch.support_x[:, None].expand(-1, queries, *(-1,) * (batch.support_x.dim() - 1))
        x = torch.cat([support, batch.query_x[:, :, None]], 2).flatten(0, 1)
        y = batch.support_y.repeat_interleave(queries, 0)
        if batch.classes:
            return tasks.pictures_told(x, y, config.side, config.episodes.way)
        return tasks.points_told(x, y)

    def solve(batch: Batch, way: int) -> Solution:
        x, queries = sequences(batch), batch.query_x.shape[1]
        with torch.no_grad():
            outputs = model(theta, x)[:, -1].view(batch.tasks, queries, -1)
        if not batch.classes:
            return Solution(outputs)

        def attention() -> Tensor:
            """Of what is read at each query, the part that was written as the label of each picture came."""
            with torch.no_grad():
                _, _, accesses = model.unroll(theta, x)
            read = mann.sources([access for access in accesses if access is not None])[:, -1, 1:]
            return (read / read.sum(1, keepdim=True).clamp_min(1e-9)).view(batch.tasks, queries, -1)

        return Solution(outputs[..., :way].log_softmax(-1), attention)

    numbers = config.rows * (config.columns + 1) + 2 * config.hidden
    return Solver(solve, lambda support, queries: queries * (support + 1), lambda way, shots: numbers)
