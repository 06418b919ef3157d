"""One training step of a Neural Turing Ntm against the style that is common in public code.

There, the memory is a module that holds its state, each head is a module with linear layers of its
own, the shift loops over the sequences of the batch with a small convolution for each, and training
takes one sequence at a time. `batch 1` is that: as many steps as we have sequences. `batch of 16`
is the same code with all sequences at once, so that only the modules and the loop in the shift are left.
"""

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.bench.timing import Growth, Row, compare, growth
from core.methods.ntm import algorithm as ntm
from core.methods.ntm.config import NtmConfig
from core.methods.ntm.model import START, Ntm
from core.models.addressing import TINY
from core.registry import config_for
from core.seeding import generator
from core.tasks import sequences
from core.training.memory import BETAS

LENGTH, LENGTHS, ROWS = 20, (20, 60, 120), (128, 256, 512, 1024)


def rows() -> Iterator[Row | Growth]:
    """Copy of 20 vectors, 16 sequences, memory 128x20, LSTM of 100 units; then our cost by length and by rows.

    Raises AssertionError if the gradients differ.
    """
    config = config_for("ntm", "copy")
    assert isinstance(config, NtmConfig)
    yield _against_plain(config)
    by_length = {length: partial(_gradient_of, config, length) for length in LENGTHS}
    yield growth("ntm, by length of the sequence", by_length, rounds=5)
    by_rows = {rows: partial(_gradient_of, config.updated(rows=rows), LENGTH) for rows in ROWS}
    yield growth("ntm, by rows of the memory", by_rows, rounds=5)


def _gradient_of(config: NtmConfig, length: int) -> Tensor:
    model = ntm.machine(config)
    batch = sequences.draw(config.sequences, config.meta_batch, generator(0, "bench"), length)
    at = model.init(generator(0, "init")).requires_grad_()
    return torch.autograd.grad(ntm.answer_loss(model(at, batch.x), batch).mean(), at)[0]


def _against_plain(config: NtmConfig) -> Row:
    model = ntm.machine(config)
    batch = sequences.draw(config.sequences, config.meta_batch, generator(0, "bench"), LENGTH)
    theta = model.init(generator(0, "init"))
    plain = Plain(model, theta)
    optimizers = [
        torch.optim.Adam([theta], lr=config.outer_rate, betas=BETAS, fused=True),
        torch.optim.Adam(plain.parameters(), lr=config.outer_rate, betas=BETAS),
    ]

    def gradient() -> Tensor:
        at = theta.detach().requires_grad_()
        (found,) = torch.autograd.grad(ntm.answer_loss(model(at, batch.x), batch).mean(), at)
        return found

    def ours() -> None:
        found = gradient()
        theta.grad = found * (config.clip / found.norm().clamp_min(1e-12)).clamp(max=1)
        optimizers[0].step()

    def loss_of(some: slice) -> Tensor:
        told = plain(batch.x[some])[:, batch.answer_mask]
        return functional.binary_cross_entropy_with_logits(told, batch.y[some][:, batch.answer_mask])

    def steps(size: int) -> None:
        for at in range(0, config.meta_batch, size):
            optimizers[1].zero_grad()
            loss_of(slice(at, at + size)).backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(plain.parameters(), config.clip)
            optimizers[1].step()

    loss_of(slice(None)).backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(gradient(), plain.gradient(), rtol=1e-3, atol=1e-6)
    name = f"ntm, copy of {LENGTH}, {config.meta_batch} sequences, memory {config.rows}x{config.columns}"
    contenders = {"batch 1": lambda: steps(1), f"batch of {config.meta_batch}": lambda: steps(config.meta_batch)}
    return compare(name, ours, contenders, rounds=9)


class Memory(nn.Module):
    """The memory of b sequences, and what is done at a weighting [b, rows]."""

    def __init__(self, rows: int, width: int) -> None:
        super().__init__()
        self.rows, self.width = rows, width

    def reset(self, batch: int) -> None:
        """Empty it."""
        self.content = torch.full((batch, self.rows, self.width), START)

    def read(self, w: Tensor) -> Tensor:
        """[b, width]."""
        return torch.matmul(w.unsqueeze(1), self.content).squeeze(1)

    def write(self, w: Tensor, e: Tensor, a: Tensor) -> None:
        """Erase e [b, width] and add a [b, width]."""
        erased = torch.matmul(w.unsqueeze(-1), e.unsqueeze(1))
        added = torch.matmul(w.unsqueeze(-1), a.unsqueeze(1))
        self.content = self.content * (1 - erased) + added

    def address(self, k: Tensor, beta: Tensor, g: Tensor, s: Tensor, gamma: Tensor, before: Tensor) -> Tensor:
        """The next weighting, the four stages one after the other."""
        lengths = k.norm(dim=-1, keepdim=True) * self.content.norm(dim=-1)
        similar = (self.content * k.unsqueeze(1)).sum(-1) / (lengths + TINY)
        found = functional.softmax(beta * similar, dim=1)
        gated = g * found + (1 - g) * before
        shifted = torch.zeros_like(gated)
        for b in range(len(gated)):
            around = torch.cat([gated[b, -1:], gated[b], gated[b, :1]])
            shifted[b] = functional.conv1d(around.view(1, 1, -1), s[b].flip(0).view(1, 1, -1)).view(-1)
        sharp = (shifted + TINY) ** gamma
        return sharp / sharp.sum(dim=1, keepdim=True)


class Head(nn.Module):
    """A read or a write head, with a linear layer for each thing that it is told."""

    def __init__(self, memory: Memory, hidden: int, writes: bool) -> None:
        super().__init__()
        self.memory = memory
        self.key, self.strength, self.gate = (nn.Linear(hidden, n) for n in (memory.width, 1, 1))
        self.by, self.power = nn.Linear(hidden, 3), nn.Linear(hidden, 1)
        self.erase, self.add = (nn.Linear(hidden, memory.width) if writes else None for _ in range(2))

    def forward(self, h: Tensor, before: Tensor) -> Tensor:
        """The next weighting [b, rows]; a write head writes there."""
        w = self.memory.address(
            torch.tanh(self.key(h)), functional.softplus(self.strength(h)), torch.sigmoid(self.gate(h)),
            functional.softmax(self.by(h), dim=1), 1 + functional.softplus(self.power(h)), before,
        )  # fmt: skip
        if self.erase is not None and self.add is not None:
            self.memory.write(w, torch.sigmoid(self.erase(h)), self.add(h))
        return w


class Plain(nn.Module):
    """The machine of `core.methods.ntm.model` with one head of each kind, put together from modules."""

    def __init__(self, model: Ntm, theta: Tensor) -> None:
        super().__init__()
        self.hidden, self.memory = model.hidden, Memory(model.rows, model.width)
        self.controller = nn.LSTMCell(model.inputs + model.width, model.hidden)
        self.reader, self.writer = (Head(self.memory, model.hidden, writes) for writes in (False, True))
        self.output = nn.Linear(model.hidden + model.width, model.outputs)
        self._take(model.views(theta))

    def forward(self, x: Tensor) -> Tensor:
        """Logits [b, steps, outputs] for x [b, steps, inputs]."""
        batch = len(x)
        self.memory.reset(batch)
        h, c, read = (
            torch.zeros(batch, self.hidden),
            torch.zeros(batch, self.hidden),
            torch.zeros(batch, self.memory.width),
        )
        at_read = torch.zeros(batch, self.memory.rows)
        at_read[:, 0] = 1
        at_write = at_read.clone()
        outputs = []
        for t in range(x.shape[1]):
            h, c = self.controller(torch.cat([x[:, t], read], dim=1), (h, c))
            # both heads look at the memory of the step before, then it is written, then read
            at_read = self.reader(h, at_read)
            at_write = self.writer(h, at_write)
            read = self.memory.read(at_read)
            outputs.append(self.output(torch.cat([h, read], dim=1)))
        return torch.stack(outputs, dim=1)

    def _linear(self) -> list[tuple[nn.Linear, ...]]:
        """Its linear layers in the order of the flat vector: those that share one of our weights together."""
        heads = [(one.key, one.strength, one.gate, one.by, one.power) for one in (self.reader, self.writer)]
        assert self.writer.erase is not None and self.writer.add is not None
        return [(*heads[0], *heads[1]), (self.writer.erase, self.writer.add), (self.output,)]

    def _take(self, views: list[Tensor]) -> None:
        weight, bias, *others = views
        inputs = self.controller.input_size
        with torch.no_grad():
            self.controller.weight_ih.copy_(weight[:inputs].T)
            self.controller.weight_hh.copy_(weight[inputs:].T)
            self.controller.bias_ih.copy_(bias[0])
            self.controller.bias_hh.zero_()
            for layers, weights, biases in zip(self._linear(), others[::2], others[1::2], strict=True):
                sizes = [layer.out_features for layer in layers]
                for layer, w, b in zip(layers, weights.split(sizes, 1), biases.split(sizes, 1), strict=True):
                    layer.weight.copy_(w.T)
                    layer.bias.copy_(b[0])

    def gradient(self) -> Tensor:
        """The gradients as one flat vector, in the order of ours."""
        cell = self.controller
        parts = [torch.cat([slope_of(cell.weight_ih), slope_of(cell.weight_hh)], 1).T, slope_of(cell.bias_ih)]
        for layers in self._linear():
            parts += [torch.cat([slope_of(layer.weight) for layer in layers]).T]
            parts += [torch.cat([slope_of(layer.bias) for layer in layers])]
        return torch.cat([part.flatten() for part in parts])


def slope_of(parameter: Tensor) -> Tensor:
    """The gradient that a backward pass has left."""
    assert parameter.grad is not None
    return parameter.grad
