"""Train a Neural Turing Ntm to copy, repeat and recall sequences of bits.

Graves, Wayne, Danihelka 2014, section 4. There is no inner loop: what is learned is a controller, and
what a sequence leaves behind is in the memory alone, which starts empty for each of them.
Run it:  python -m core train ntm --task copy --seconds 60
"""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from core.events import Event, OuterStep, Snapshot, arrays
from core.memory_events import BitErrors, Tape
from core.methods.ntm.config import NtmConfig
from core.methods.ntm.model import AddressingTrace, Ntm
from core.seeding import generator
from core.tasks import sequences
from core.tasks.sequences import SequenceBatch
from core.training import memory

WATCHED = 20  # sequences of a report
JUDGED = 100  # sequences of each length in the evaluation


def machine(config: NtmConfig, stages: list[AddressingTrace] | None = None) -> Ntm:
    """The machine that `config` asks for; what its heads do is put into `stages`."""
    inputs, outputs = sequences.channels(config.sequences)
    return Ntm(
        inputs, outputs, config.rows, config.columns, config.hidden, config.readers, config.writers,
        config.controller == "lstm", config.content, config.shifts, stages,
    )  # fmt: skip


def answer_loss(logits: Tensor, batch: SequenceBatch) -> Tensor:
    """Mean binary cross-entropy of the bits that were asked for, one value a sequence: [batch]."""
    answer = batch.answer_mask
    return binary_cross_entropy_with_logits(logits[:, answer], batch.y[:, answer], reduction="none").mean((1, 2))


def wrong_bits(logits: Tensor, batch: SequenceBatch) -> Tensor:
    """How many of the bits asked for are wrong, [batch]."""
    answer = batch.answer_mask
    return ((logits[:, answer] > 0) != (batch.y[:, answer] > 0.5)).sum((1, 2)).float()


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
    """Loss and the share of right bits on fixed sequences of the longest length, and the first of them."""
    with torch.no_grad():
        logits, states = model.unroll(theta, batch.x)
    loss = answer_loss(logits, batch).mean().item()
    bits = int(batch.answer_mask.sum()) * batch.y.shape[2]
    right = 1 - wrong_bits(logits, batch).mean().item() / bits
    weightings = torch.stack([one.weightings[0] for one in states[1:]])
    return [
        OuterStep(iteration, loss, loss, right, right),
        tape_of(logits, weightings, batch, model.readers, iteration),
    ]


def evaluate(theta: Tensor, config: NtmConfig, iteration: int = 0) -> BitErrors:
    """Wrong bits a sequence on new sequences of each of `config.lengths`."""
    model, found = machine(config), []
    for length in config.lengths:
        batch = sequences.draw(config.sequences, JUDGED, generator(0, "evaluation", length), length)
        with torch.no_grad():
            found.append(wrong_bits(model(theta, batch.x), batch).mean())
    return BitErrors(iteration, config.lengths, torch.stack(found).numpy(), JUDGED)


def tape_of(logits: Tensor, weightings: Tensor, batch: SequenceBatch, readers: int, iteration: int) -> Tape:
    """The first sequence of a batch as it is shown: logits [batch, t, outputs], weightings [t, heads, rows]."""
    x, y, p, answer_mask, places = arrays(batch.x[0], batch.y[0], logits[0].sigmoid(), batch.answer_mask, weightings)
    return Tape(iteration, x, y, p, answer_mask, places, readers, int(wrong_bits(logits, batch)[0]))
