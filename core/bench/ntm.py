"""A training step of a Neural Turing Machine against the style that is common in public code.

There, the memory is a module that holds its state, each head is a module with linear layers of its own, and the
shift loops over the sequences of the batch with a small convolution for each; see core.bench.recurrent. With all
sequences in one batch, only the modules and the loop in the shift are left of that style.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.bench.recurrent import OurStep, PlainNetwork, against_plain, our_step
from core.bench.timing import Growth, Row, growth
from core.methods.ntm import algorithm as ntm
from core.methods.ntm.config import NtmConfig
from core.methods.ntm.model import START, Ntm
from core.models.addressing import TINY
from core.registry import config_for
from core.seeding import generator
from core.tasks import sequences
from core.tasks.sequences import SequenceBatch

LENGTH, LENGTHS, ROWS = 20, (20, 60, 120), (128, 256, 512, 1024)


def rows() -> Iterator[Row | Growth]:
    """Time a copy of 20 vectors, 16 sequences, memory 128x20, LSTM of 100 units; then our cost by length and by rows.

    Raises AssertionError if the gradients differ.
    """
    config = config_for("ntm", "copy")
    assert isinstance(config, NtmConfig)
    yield _against_plain(config)
    by_length = {length: _ours(config, length)[1] for length in LENGTHS}
    yield growth("ntm, by length of the sequence", by_length, rounds=5)
    by_rows = {rows: _ours(config.updated(rows=rows), LENGTH)[1] for rows in ROWS}
    yield growth("ntm, by rows of the memory", by_rows, rounds=5)


def _batch(config: NtmConfig, length: int) -> SequenceBatch:
    return sequences.draw(config.sequences, config.meta_batch, generator(0, "bench"), length)


def _ours(config: NtmConfig, length: int) -> OurStep:
    model, batch = ntm.machine(config), _batch(config, length)
    theta = model.init(generator(0, "init"))
    return our_step(config, theta, lambda theta: ntm.answer_loss(model(theta, batch.x), batch))


def _against_plain(config: NtmConfig) -> Row:
    model, batch = ntm.machine(config), _batch(config, LENGTH)
    plain = Plain(model, model.init(generator(0, "init")))

    def loss(part: slice) -> Tensor:
        mask = batch.answer_mask[part]
        return functional.binary_cross_entropy_with_logits(plain(batch.x[part])[mask], batch.y[part][mask])

    name = f"ntm, copy of {LENGTH}, {config.meta_batch} sequences, memory {config.rows}x{config.columns}"
    return against_plain(name, config, _ours(config, LENGTH), plain, loss, rounds=9)


class Memory(nn.Module):
    """The memory of b sequences, read and written at a weighting [b, rows]."""

    def __init__(self, rows: int, width: int) -> None:
        super().__init__()
        self.rows, self.width = rows, width

    def reset(self, batch: int) -> None:
        """Empty the memory."""
        self.content = torch.full((batch, self.rows, self.width), START)

    def read(self, w: Tensor) -> Tensor:
        """Return the read vector, [b, width]."""
        return torch.matmul(w.unsqueeze(1), self.content).squeeze(1)

    def write(self, w: Tensor, e: Tensor, a: Tensor) -> None:
        """Erase e [b, width] and add a [b, width]."""
        erased = torch.matmul(w.unsqueeze(-1), e.unsqueeze(1))
        added = torch.matmul(w.unsqueeze(-1), a.unsqueeze(1))
        self.content = self.content * (1 - erased) + added

    def address(self, k: Tensor, beta: Tensor, g: Tensor, s: Tensor, gamma: Tensor, before: Tensor) -> Tensor:
        """Return the next weighting, by the four stages in turn."""
        lengths = k.norm(dim=-1, keepdim=True) * self.content.norm(dim=-1)
        similar = (self.content * k.unsqueeze(1)).sum(-1) / (lengths + TINY)
        content = functional.softmax(beta * similar, dim=1)
        gated = g * content + (1 - g) * before
        shifted = torch.zeros_like(gated)
        for b in range(len(gated)):
            around = torch.cat([gated[b, -1:], gated[b], gated[b, :1]])
            shifted[b] = functional.conv1d(around.view(1, 1, -1), s[b].flip(0).view(1, 1, -1)).view(-1)
        sharp = (shifted + TINY) ** gamma
        return sharp / sharp.sum(dim=1, keepdim=True)


class Head(nn.Module):
    """A read or a write head, with a linear layer for each of its parameters."""

    def __init__(self, memory: Memory, hidden: int, writes: bool) -> None:
        super().__init__()
        self.memory = memory
        self.key, self.strength, self.gate = (nn.Linear(hidden, n) for n in (memory.width, 1, 1))
        self.shift, self.gamma = nn.Linear(hidden, 3), nn.Linear(hidden, 1)
        self.erase, self.add = (nn.Linear(hidden, memory.width) if writes else None for _ in range(2))

    def forward(self, h: Tensor, before: Tensor) -> Tensor:
        """Return the next weighting [b, rows]; a write head writes there."""
        w = self.memory.address(
            torch.tanh(self.key(h)), functional.softplus(self.strength(h)), torch.sigmoid(self.gate(h)),
            functional.softmax(self.shift(h), dim=1), 1 + functional.softplus(self.gamma(h)), before
        )  # fmt: skip
        if self.erase is not None and self.add is not None:
            self.memory.write(w, torch.sigmoid(self.erase(h)), self.add(h))
        return w


class Plain(PlainNetwork):
    """The machine of `core.methods.ntm.model` with a head of each kind, put together from modules."""

    def __init__(self, model: Ntm, theta: Tensor) -> None:
        super().__init__()
        self.hidden, self.memory = model.hidden, Memory(model.rows, model.width)
        self.controller = nn.LSTMCell(model.inputs + model.width, model.hidden)
        self.reader, self.writer = (Head(self.memory, model.hidden, writes) for writes in (False, True))
        self.output = nn.Linear(model.hidden + model.width, model.outputs)
        self.take(model.views(theta))

    def forward(self, x: Tensor) -> Tensor:
        """Return logits [b, steps, outputs] for x [b, steps, inputs]."""
        batch = len(x)
        self.memory.reset(batch)
        h, c, read = (torch.zeros(batch, size) for size in (self.hidden, self.hidden, self.memory.width))
        at_read = torch.zeros(batch, self.memory.rows)
        at_read[:, 0] = 1
        at_write = at_read.clone()
        outputs = []
        for t in range(x.shape[1]):
            h, c = self.controller(torch.cat([x[:, t], read], dim=1), (h, c))
            # both heads address the memory of the last step, then it is written, then read
            at_read = self.reader(h, at_read)
            at_write = self.writer(h, at_write)
            read = self.memory.read(at_read)
            outputs.append(self.output(torch.cat([h, read], dim=1)))
        return torch.stack(outputs, dim=1)

    def layers(self) -> list[tuple[nn.Linear, ...]]:
        """Return the layers of the heads, those of erase and add, and the output layer."""
        heads = [(head.key, head.strength, head.gate, head.shift, head.gamma) for head in (self.reader, self.writer)]
        assert self.writer.erase is not None and self.writer.add is not None
        return [(*heads[0], *heads[1]), (self.writer.erase, self.writer.add), (self.output,)]
