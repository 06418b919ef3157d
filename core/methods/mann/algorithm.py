"""Train a memory-augmented network, or the plain LSTM as its control, to look answers up in what it has just seen.

Santoro et al. 2016, sections 2 to 4. A sequence shows pictures of a few classes in random order; the
label of each comes one step late, beside the next picture. Every sequence has new random labels, so
weights that remembered them would be wrong the next time. On sinusoids, values stand for labels.
Run it:  python -m core train mann --task omniglot --seconds 180
"""

from collections.abc import Iterator
from itertools import count

import torch
from torch import Tensor
from torch.nn import functional

from core.events import Event, OuterStep, Snapshot, arrays
from core.events.evaluations import ByInstance, ByPoint
from core.events.memory import ByPosition, Recalled
from core.methods.mann.config import MannConfig
from core.methods.mann.model import Mann, shares, sources
from core.seeding import generator
from core.tasks import labelled_sequences as tasks
from core.tasks.batch import Batch
from core.tasks.config import Sinusoid
from core.tasks.labelled_sequences import LabelledSequence
from core.training import memory as recurrent
from core.training.problem import cross_entropy
from core.training.solver import Solution, Solver

WATCHED = 50  # sequences of a report
TOGETHER = 50  # sequences evaluated at once


def network(config: MannConfig) -> Mann:
    """Return the network that `config` describes."""
    return Mann(
        *config.channels, config.rows, config.columns, config.hidden, config.heads, config.decay, config.memory,
        config.strength, config.separate_write_vector, config.value_columns,
        config.rule == "in turn"
    )  # fmt: skip


def draw(config: MannConfig, amount: int, source: torch.Generator, unseen: bool = False) -> LabelledSequence:
    """Draw `amount` sequences of the task. Raises DataError, ConfigError."""
    if isinstance(config.task, Sinusoid):
        return tasks.points(config.task, amount, config.points, source)
    return tasks.pictures(config.episodes, amount, config.instances, config.side, config.shuffle, source, unseen)


def loss(outputs: Tensor, sequences: LabelledSequence) -> Tensor:
    """Return the mean cross-entropy of the labels or squared error of the values of each sequence, [b]."""
    if sequences.y.dtype == torch.long:
        return cross_entropy(outputs, sequences.y)
    return functional.mse_loss(outputs, sequences.y, reduction="none").mean((1, 2))


def by_instance(logits: Tensor, sequences: LabelledSequence, instances: int) -> Tensor:
    """Return the accuracy at each instance, [b, instances]."""
    correct = (logits.argmax(-1) == sequences.y).float()
    instance = functional.one_hot(sequences.instance, instances).float()
    return (correct[..., None] * instance).sum(1) / instance.sum(1)


def by_point(outputs: Tensor, sequences: LabelledSequence) -> Tensor:
    """Return the squared error at each point, [b, points]."""
    return (outputs - sequences.y)[..., 0].square()


def train(config: MannConfig, resume: Snapshot | None = None) -> Iterator[Event]:
    """Train on sequences of the task; yields the events of core.events and core.events.memory. Raises DivergedError."""
    model = network(config)
    watched = draw(config, WATCHED, generator(0, "watched"), unseen=True)
    return recurrent.train(
        config,
        resume,
        model.init,
        lambda start: (draw(config, config.meta_batch, generator(config.seed, "train", i)) for i in count(start)),
        lambda theta, sequences: loss(model(theta, sequences.x), sequences),
        lambda theta, iteration: report(model, theta, watched, config, iteration),
        lambda theta, iteration: evaluate(theta, config, iteration),
    )


def report(model: Mann, theta: Tensor, sequences: LabelledSequence, config: MannConfig, iteration: int) -> list[Event]:
    """Report how fixed unseen sequences are answered: the first picture or point of a class (before), the
    second (after), and all of them.
    """
    with torch.no_grad():
        outputs = model(theta, sequences.x)
    if isinstance(config.task, Sinusoid):
        errors = by_point(outputs, sequences).mean(0)
        return [OuterStep(iteration, errors[0].item(), errors.mean().item()), ByPosition(iteration, *arrays(errors))]
    mean_loss = loss(outputs, sequences).mean().item()
    accuracy = by_instance(outputs, sequences, config.instances).mean(0)
    first, second = accuracy[:2].tolist()
    return [OuterStep(iteration, mean_loss, mean_loss, first, second), ByPosition(iteration, *arrays(accuracy))]


def evaluate(theta: Tensor, config: MannConfig, iteration: int = 0) -> ByInstance | ByPoint:
    """Return the accuracy by instance and what is looked up, or the error by point, on `config.test_tasks` unseen
    sequences.
    """
    model, scores, points = network(config), [], isinstance(config.task, Sinusoid)
    lookups = []
    for block, first in enumerate(range(0, config.test_tasks, TOGETHER)):
        amount = min(TOGETHER, config.test_tasks - first)
        sequences = draw(config, amount, generator(0, "evaluation", block), unseen=True)
        with torch.no_grad():
            if points or not config.memory:
                outputs = model(theta, sequences.x)
            else:
                outputs, _, accesses = model.unroll(theta, sequences.x)
                lookups.append(lookup(outputs, sequences, sources(shares(accesses))))
        scores.append(by_point(outputs, sequences) if points else by_instance(outputs, sequences, config.instances))
    by_sequence = torch.cat(scores)
    mean, ci95 = arrays(by_sequence.mean(0), 1.96 * by_sequence.std(0) / len(by_sequence) ** 0.5)
    if points:
        return ByPoint(iteration, mean, ci95, len(by_sequence), config.memory)
    task = config.episodes
    looked_up = torch.cat(lookups) if lookups else torch.empty(0, 2)
    share, largest = looked_up.mean(0).tolist() if len(looked_up) else (None, None)
    return ByInstance(iteration, mean, ci95, task.way, len(by_sequence), task.data, config.memory, share, largest)


def read_by_class(sequences: LabelledSequence, read: Tensor, way: int) -> Tensor:
    """Return the share of each step's read that was written when a label of each class came, [b, t, way].

    read [b, t, t]: how much of each step's read was written at which step, as `sources` returns it. The label of a
    picture comes at the next step. What was written at the first step, without a label, belongs to no class.
    """
    labels = functional.pad(functional.one_hot(sequences.y[:, :-1], way).to(read.dtype), (0, 0, 1, 0))
    return read @ labels / read.sum(-1, keepdim=True).clamp_min(1e-9)


def lookup(logits: Tensor, sequences: LabelledSequence, read: Tensor) -> Tensor:
    """Return, for each picture from the third of its class on that is answered right, the right class's share of the
    read, and whether (1 or 0) no other class has a larger one: [pictures, 2].
    """
    shares = read_by_class(sequences, read, logits.shape[-1])
    share = shares.gather(2, sequences.y[..., None])[..., 0]
    counted = (logits.argmax(-1) == sequences.y) & (sequences.instance >= 2)
    return torch.stack([share, (share >= shares.amax(-1)).to(share.dtype)], -1)[counted]


def recalled(model: Mann, theta: Tensor, sequence: LabelledSequence, pictures: Tensor, wipe: int = 0) -> Recalled:
    """Return how one sequence is answered, and from which rows; `wipe` as in the model's `unroll`.

    pictures [t, side, side]: those of the sequence, for a figure.
    """
    with torch.no_grad():
        logits, states, accesses = model.unroll(theta, sequence.x, wipe)
    steps, way = len(states), model.outputs
    votes = theta.new_zeros(steps, way + 2, way)
    memory = [theta.new_zeros(steps, 0, model.rows)] * 2 + [theta.new_zeros(steps, 0), theta.new_zeros(steps, steps)]
    if accesses:
        memory = [torch.cat([getattr(access, name) for access in accesses]) for name in ("writing", "reading")]
        read = shares(accesses, wipe)
        memory += [torch.cat([access.least_used for access in accesses]).argmax(-1), sources(read)[0]]
        by_step = model.votes(theta, accesses, read)[0]
        came = functional.one_hot(sequence.y[0, :-1], way).to(votes.dtype)  # with the step after
        votes[:, :way] = came.T @ by_step[:, 1:]
        votes[:, way] = by_step[:, 0]
    votes[:, -1] = logits[0] - votes.sum(1)
    votes -= votes.mean(-1, keepdim=True)
    usage = torch.cat([state.usage for state in states])
    shown = ((255 * pictures).round().byte(), sequence.y[0], logits[0].softmax(-1), sequence.instance[0], usage)
    return Recalled(0, *arrays(*shown, *memory, votes))


def solver(config: MannConfig, theta: Tensor) -> Solver:
    """Return how tasks are solved: read the support as a sequence, once, then each query as its next step."""
    model = network(config)

    def sequences(batch: Batch) -> Tensor:
        """Return the support with its labels one step late and each query last, [tasks * queries, s + 1, inputs]."""
        queries = batch.query_x.shape[1]
        support = batch.support_x[:, None].expand(-1, queries, *(-1,) * (batch.support_x.dim() - 1))
        x = torch.cat([support, batch.query_x[:, :, None]], 2).flatten(0, 1)
        y = batch.support_y.repeat_interleave(queries, 0)
        if batch.classes:
            return tasks.picture_inputs(x, y, config.side, config.episodes.way)
        return tasks.point_inputs(x, y)

    def solve(batch: Batch, way: int) -> Solution:
        x, queries = sequences(batch), batch.query_x.shape[1]
        with torch.no_grad():
            outputs = model(theta, x)[:, -1].view(batch.tasks, queries, -1)
        if not batch.classes:
            return Solution(outputs)

        def attention() -> Tensor:
            """Return the part of each query's read that was written when the label of each picture came."""
            with torch.no_grad():
                _, _, accesses = model.unroll(theta, x)
            read = sources(shares(accesses))[:, -1, 1:]
            return (read / read.sum(1, keepdim=True).clamp_min(1e-9)).view(batch.tasks, queries, -1)

        return Solution(outputs[..., :way].log_softmax(-1), attention)

    numbers = config.rows * (config.columns + 1) + 2 * config.hidden
    return Solver(solve, lambda support, queries: queries * (support + 1), lambda way, shots: numbers)
