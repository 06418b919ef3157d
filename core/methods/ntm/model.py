"""The Neural Turing Machine: a controller, a memory, and heads that read and write it.

Graves, Wayne, Danihelka 2014, figure 1 and section 3. All sequences of a batch are one tensor; the
state is passed in and returned, so nothing is stored between calls. The parameters are a flat vector.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from core.models import addressing, lstm

HEAD_SCALE, LEANING = 0.3, 1.0  # of the heads at the start: see Ntm.init
START = 1e-6  # every number of the memory at the start


@dataclass(frozen=True)
class NtmState:
    """All that a step leaves to the next, for b sequences, r read heads and h = r + w heads."""

    memory: Tensor  # [b, rows, width]
    weightings: Tensor  # [b, h, rows], the read heads first
    reads: Tensor  # [b, r, width]
    hidden: Tensor  # [b, hidden]
    cell: Tensor  # [b, hidden]; unused by a feed-forward controller


@dataclass
class AddressingTrace:
    """What each head did in a step, for figures: [b, h, ...] each; erase and add [b, w, width]."""

    key: Tensor
    strength: Tensor
    gate: Tensor
    shift: Tensor
    gamma: Tensor
    content: Tensor
    gated: Tensor
    shifted: Tensor
    erase: Tensor
    add: Tensor


@dataclass(frozen=True)
class Ntm:
    """The machine. inputs and outputs: channels of a sequence; rows, width: of the memory; hidden: controller units.

    recurrent: the controller is an LSTM, else a layer of tanh units. content, shifts: whether heads
    may address by content and by shifting, which shows what each of them is for.
    """

    inputs: int
    outputs: int
    rows: int = 128
    width: int = 20
    hidden: int = 100
    readers: int = 1
    writers: int = 1
    recurrent: bool = True
    content: bool = True
    shifts: bool = True
    stages: list[AddressingTrace] | None = field(default=None, compare=False)  # filled step by step where it is a list

    @property
    def heads(self) -> int:
        """Read heads and write heads."""
        return self.readers + self.writers

    @cached_property
    def shapes(self) -> list[tuple[int, int]]:
        """Weights and biases in the order of the flat vector: controller, heads, erase and add, output."""
        seen = self.inputs + self.readers * self.width
        controller = lstm.shapes(seen, self.hidden) if self.recurrent else [(seen, self.hidden), (1, self.hidden)]
        head, writes = self.heads * sum(addressing.head_sizes(self.width)), 2 * self.writers * self.width
        return [
            *controller, (self.hidden, head), (1, head), (self.hidden, writes), (1, writes),
            (self.hidden + self.readers * self.width, self.outputs), (1, self.outputs)
        ]  # fmt: skip

    @property
    def parameters(self) -> int:
        """Length of the flat parameter vector."""
        return sum(rows * columns for rows, columns in self.shapes)

    def init(self, generator: torch.Generator) -> Tensor:
        """Return the random parameters of `core.models.lstm.uniform`, but small head weights and a bias to move on.

        With head weights as large as the others, or without that bias, half of the seeds settle on
        codes in the controller that hold three vectors and no more, and stay there for thousands of updates.
        """
        flat = lstm.uniform(self.shapes, self.hidden, generator)
        views = self.views(flat)
        if not self.recurrent:
            views[1].zero_()
        views[2].mul_(HEAD_SCALE)
        forth = self.width + 4  # among a head's parameters, the shift by 1: see addressing.head_sizes
        views[3].view(self.heads, -1)[:, forth] = LEANING
        return flat

    def start(self, batch: int, like: Tensor) -> NtmState:
        """Return the state before the first step: a memory of a small constant, every head at the first row."""
        weightings = like.new_zeros(batch, self.heads, self.rows)
        weightings[..., 0] = 1
        return NtmState(
            like.new_full((batch, self.rows, self.width), START),
            weightings,
            like.new_zeros(batch, self.readers, self.width),
            like.new_zeros(batch, self.hidden),
            like.new_zeros(batch, self.hidden),
        )

    def views(self, theta: Tensor) -> list[Tensor]:
        """Return views of theta in their shapes."""
        return lstm.views_of(theta, self.shapes)

    def step(self, views: list[Tensor], x: Tensor, state: NtmState) -> tuple[Tensor, NtmState]:
        """Return logits [b, outputs] for input x [b, inputs], and the next state.

        The heads move, then the writers write, and last the readers read.
        """
        weight, bias, to_heads, head_bias, to_writes, write_bias, to_output, output_bias = views
        seen = torch.cat([x, state.reads.flatten(1)], 1)
        if self.recurrent:
            hidden, cell = lstm.step(weight, bias, seen, state.hidden, state.cell)
        else:
            hidden, cell = (seen @ weight + bias).tanh(), state.cell
        raw = (hidden @ to_heads + head_bias).unflatten(1, (self.heads, -1))
        weightings, stages = self._address(raw, state)
        erase, add = (hidden @ to_writes + write_bias).unflatten(1, (self.writers, 2, self.width)).unbind(2)
        erase = erase.sigmoid()
        memory = addressing.write(state.memory, weightings[:, self.readers :], erase, add)
        reads = addressing.read(memory, weightings[:, : self.readers])
        if self.stages is not None:
            stages.erase, stages.add = erase, add
            self.stages.append(stages)
        logits = torch.cat([hidden, reads.flatten(1)], 1) @ to_output + output_bias
        return logits, NtmState(memory, weightings, reads, hidden, cell)

    def _address(self, raw: Tensor, state: NtmState) -> tuple[Tensor, AddressingTrace]:
        key, strength, gate, shift, gamma = addressing.unpack(raw, self.width)
        by_content = addressing.content(state.memory, key, strength)
        if not self.content:
            gate = torch.zeros_like(gate)
        gated = addressing.interpolate(by_content, state.weightings, gate)
        shifted = addressing.shift(gated, shift) if self.shifts else gated
        weightings = addressing.sharpen(shifted, gamma)
        return weightings, AddressingTrace(key, strength, gate, shift, gamma, by_content, gated, shifted, raw, raw)

    def steps(self, theta: Tensor, x: Tensor) -> Iterator[tuple[Tensor, NtmState]]:
        """Yield logits [b, outputs] and the state after each step of sequences x [b, steps, inputs], and keep none."""
        views, state = self.views(theta), self.start(len(x), theta)
        for inputs in x.unbind(1):
            logits, state = self.step(views, inputs, state)
            yield logits, state

    def unroll(self, theta: Tensor, x: Tensor) -> tuple[Tensor, list[NtmState]]:
        """Return logits [b, steps, outputs] for sequences x [b, steps, inputs], and the states before and after."""
        outputs, states = zip(*self.steps(theta, x), strict=True)
        return torch.stack(outputs, 1), [self.start(len(x), theta), *states]

    def __call__(self, theta: Tensor, x: Tensor) -> Tensor:
        """Return logits [b, steps, outputs] for sequences x [b, steps, inputs]. Without a gradient to compute, only
        the last memory is held.
        """
        return torch.stack([logits for logits, _ in self.steps(theta, x)], 1)
