"""Train a Neural Turing Machine to copy, repeat and recall sequences of bits.

Graves, Wayne, Danihelka 2014, section 4. There is no inner loop: training learns a controller, and a sequence
leaves its trace in the memory alone, which starts empty for each sequence.
Run it:  python -m core train ntm --task copy --seconds 60
"""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from core.events import Event, OuterStep, Snapshot, arrays
from core.events.evaluations import BitErrors
from core.events.memory import Tape
from core.methods.ntm.config import NtmConfig
from core.methods.ntm.model import AddressingTrace, Ntm
from core.seeding import generator
from core.tasks import sequences
from core.tasks.sequences import SequenceBatch
from core.training import memory

WATCHED = 20  # sequences of a report
JUDGED = 100  # sequences of each length, and of each number of repeats, in the evaluation


def machine(config: NtmConfig, stages: list[AddressingTrace] | None = None) -> Ntm:
    """Return the machine that `config` describes; it appends what its heads do to `stages`."""
    return Ntm(
        *config.sequences.channels, config.rows, config.columns, config.hidden, config.readers, config.writers,
        config.controller == "lstm", config.content, config.shifts, stages
    )  # fmt: skip


def answer_loss(logits: Tensor, batch: SequenceBatch) -> Tensor:
    """Return the mean binary cross-entropy of the answers of each sequence, [batch]."""
    losses = binary_cross_entropy_with_logits(logits, batch.y, reduction="none").mean(2)
    return (losses * batch.answer_mask).sum(1) / batch.answer_mask.sum(1)


def wrong_bits(logits: Tensor, batch: SequenceBatch) -> Tensor:
    """Count the wrong bits in the answers of each sequence, [batch]."""
    wrong = (logits > 0) != (batch.y > 0.5)
    return (wrong.sum(2) * batch.answer_mask).sum(1).float()


def train(config: NtmConfig, resume: Snapshot | None = None) -> Iterator[Event]:
    """Train on random sequences; yields the events of core.events. Raises DivergedError."""
    model, task = machine(config), config.sequences
    watched = sequences.draw(task, WATCHED, generator(0, "watched"), task.longest)
    return memory.train(
        config,
        resume,
        model.init,
        lambda start: sequences.stream(task, config.meta_batch, config.seed, start),
        lambda theta, batch: answer_loss(model(theta, batch.x), batch),
        lambda theta, iteration: report(model, theta, watched, iteration),
        lambda theta, iteration: evaluate(theta, config, iteration),
    )


def report(model: Ntm, theta: Tensor, batch: SequenceBatch, iteration: int) -> list[Event]:
    """Report the loss and the share of correct bits on fixed sequences of the longest length, and the first of them."""
    outputs, places = [], []
    with torch.no_grad():
        for logits, state in model.steps(theta, batch.x):
            outputs.append(logits)
            places.append(state.weightings[0].clone())  # a view would hold those of all sequences
    logits = torch.stack(outputs, 1)
    loss = answer_loss(logits, batch).mean().item()
    bits = int(batch.answer_mask.sum()) * batch.y.shape[2]
    correct = 1 - wrong_bits(logits, batch).sum().item() / bits
    tape = tape_of(logits, torch.stack(places), batch, model.readers, iteration)
    return [OuterStep(iteration, loss, loss, correct, correct), tape]


def evaluate(theta: Tensor, config: NtmConfig, iteration: int = 0) -> BitErrors:
    """Return the mean number of wrong bits on unseen sequences of each of `config.lengths`; in repeat copy for each
    number of repeats too.
    """
    model, task = machine(config), config.sequences
    repeats = range(1, task.repeats + 1) if task.kind == "repeat" else [None]

    def wrong(length: int, repeats: int | None) -> Tensor:
        source = generator(0, f"evaluation of {repeats}" if repeats else "evaluation", length)
        batch = sequences.draw(task, JUDGED, source, length, repeats)
        with torch.no_grad():
            return wrong_bits(model(theta, batch.x), batch)

    errors = torch.stack([torch.stack([wrong(length, n) for n in repeats]) for length in config.lengths])
    of_all = errors.flatten(1)  # errors [lengths, repeats, JUDGED]
    scores = [of_all.mean(1), 1.96 * of_all.std(1) / of_all.shape[1] ** 0.5]
    if task.kind == "repeat":
        scores += [errors.mean(2), 1.96 * errors.std(2) / JUDGED**0.5]
    mean, *others = arrays(*scores)
    return BitErrors(iteration, config.lengths, mean, of_all.shape[1], *others)


def tape_of(logits: Tensor, weightings: Tensor, batch: SequenceBatch, readers: int, iteration: int) -> Tape:
    """Return the first sequence of a batch for a figure, up to its end: logits [batch, t, outputs], weightings
    [t, heads, rows].
    """
    steps = int(batch.answer_mask[0].nonzero().max()) + 1
    parts = (batch.x[0], batch.y[0], logits[0].sigmoid(), batch.answer_mask[0], weightings)
    x, y, p, answer_mask, places = arrays(*(part[:steps] for part in parts))
    wrong = ((p > 0.5) != (y > 0.5))[answer_mask > 0]  # as a figure marks them: a logit near 0 is a p of exactly 1/2
    return Tape(iteration, x, y, p, answer_mask, places, readers, int(wrong.sum()))
