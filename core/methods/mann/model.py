"""The memory-augmented network: an LSTM whose memory is written where it was least or last used.

Santoro, Bartunov, Botvinick, Wierstra, Lillicrap 2016, "Meta-Learning with Memory-Augmented Neural Networks",
section 3. There is no shift: a head writes to the row that has been used least, or onto the row that it has just
read ("least recently used access"). Head i gets the i-th least used row.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from core.methods.mann.config import head_size
from core.models import addressing, lstm
from core.models.fast import mann as fast

LEANING = -2.0  # of the gates at the start, before the sigmoid: a head writes to the least used row
START = 1e-6  # every number of the memory at the start


@dataclass(frozen=True)
class MannState:
    """All that a step leaves to the next, for b sequences and h heads."""

    memory: Tensor  # [b, rows, width]
    reading: Tensor  # w^r [b, h, rows]
    usage: Tensor  # w^u [b, rows]
    reads: Tensor  # [b, h, width]
    hidden: Tensor  # [b, hidden]
    cell: Tensor  # [b, hidden]
    keys: Tensor  # [b, h, key_width]
    steps: int  # made so far


@dataclass(frozen=True)
class MemoryAccess:
    """What a step did to the memory, for figures: weightings [b, h, rows], usage [b, rows], gate [b, h, 1], keys
    [b, h, key_width] and added vectors [b, h, width].
    """

    writing: Tensor
    reading: Tensor
    usage: Tensor
    least_used: Tensor
    gate: Tensor
    keys: Tensor
    added: Tensor


def least_used(usage: Tensor, heads: int) -> Tensor:
    """Return the `heads` least used rows, one for each head, as weightings [b, heads, rows] (equation 6)."""
    rows = usage.topk(heads, -1, largest=False).indices
    return torch.nn.functional.one_hot(rows, usage.shape[-1]).to(usage.dtype)


def in_turn(step: int, usage: Tensor, heads: int) -> Tensor:
    """Return the rows that are next in turn at a step, one for each head, as weightings [b, heads, rows]: the rule that
    the least used row is compared with. usage [b, rows] says nothing but how many there are.
    """
    rows = usage.shape[-1]
    turn = (step * heads + torch.arange(heads)) % rows
    return torch.nn.functional.one_hot(turn, rows).to(usage.dtype).expand(len(usage), -1, -1)


def write_weighting(reading: Tensor, least: Tensor, gate: Tensor) -> Tensor:
    """Mix the row that was just read and the least used row: w^w = g w^r(t-1) + (1 - g) w^lu(t-1) (equation 7)."""
    return gate * reading + (1 - gate) * least


def written(memory: Tensor, writing: Tensor, least: Tensor, added: Tensor) -> Tensor:
    """Empty the least used rows, then add the vectors `added` [b, h, width], the keys in the paper (equation 8)."""
    remaining = 1 - least.amax(1)[..., None]
    return memory * remaining + writing.mT @ added


def read_weighting(memory: Tensor, keys: Tensor, strength: float = 1.0) -> Tensor:
    """Return the softmax of strength times the cosine of each key and each row, [b, h, rows] (equations 2 and 3).

    keys [b, h, key_width] are compared with the first columns of the memory [b, rows, width], as many as they have.
    The paper has no strength. Without it no row of 128 gets more than e / (e + 127) = 2% where the
    others are unlike the key, and a read is hardly more than the mean of the memory.
    """
    return addressing.content(memory[..., : keys.shape[-1]], keys, torch.full_like(keys[..., :1], strength))


def used(usage: Tensor, reading: Tensor, writing: Tensor, decay: float) -> Tensor:
    """Let usage fade, and grow where the heads are: w^u = decay w^u(t-1) + w^r + w^w (equation 5)."""
    return decay * usage + reading.sum(1) + writing.sum(1)


@dataclass(frozen=True)
class Mann:
    """The network. inputs, outputs: channels of a sequence. memory: False leaves the plain LSTM, the control.

    What a head writes: with values > 0, a key and a value side by side. The key is that of the *step before*, the
    picture whose label has just come; the value, `values` numbers, is free to hold that label; reads compare the key's
    columns alone. With values = 0 a row is one vector, of its own as in a Neural Turing Machine or
    (separate_write_vector=False) this step's key, as in the paper. Then nothing ties what is stored (the last picture
    and its label) to what is searched with (the new picture): such networks learn late, and one learned to look away
    from the right rows and to rule out the labels of all others, which scores nearly as well.

    in_turn: the rows that are emptied and written to come one after the other, whether they are used or not.
    """

    inputs: int
    outputs: int
    rows: int = 128
    width: int = 40
    hidden: int = 200
    heads: int = 4
    decay: float = 0.95
    memory: bool = True
    strength: float = 1.0
    separate_write_vector: bool = True
    values: int = 0
    in_turn: bool = False

    @property
    def key_width(self) -> int:
        """The columns of a row that are compared with a key."""
        return self.width - self.values

    @cached_property
    def shapes(self) -> list[tuple[int, int]]:
        """Weights and biases in the order of the flat vector: controller, output, keys and gates."""
        read = self.heads * self.width * self.memory
        shapes = [
            *lstm.shapes(self.inputs + read, self.hidden),
            (self.hidden + read, self.outputs), (1, self.outputs)
        ]  # fmt: skip
        if self.memory:
            head_params = self.heads * head_size(self.width, self.values, self.separate_write_vector)
            shapes += [(self.hidden, head_params), (1, head_params)]
        return shapes

    @property
    def parameters(self) -> int:
        """Length of the flat parameter vector."""
        return sum(rows * columns for rows, columns in self.shapes)

    def init(self, generator: torch.Generator) -> Tensor:
        """Return the random parameters of `core.models.lstm.uniform`, but gates that lean to the least used row."""
        flat = lstm.uniform(self.shapes, self.hidden, generator)
        if self.memory:
            self.views(flat)[-1].view(self.heads, -1)[:, -1] = LEANING
        return flat

    def views(self, theta: Tensor) -> list[Tensor]:
        """Return views of theta in their shapes."""
        return lstm.views_of(theta, self.shapes)

    def start(self, batch: int, like: Tensor) -> MannState:
        """Return the state before the first step: an empty memory without usage."""
        return MannState(
            like.new_full((batch, self.rows, self.width), START),
            like.new_zeros(batch, self.heads, self.rows),
            like.new_zeros(batch, self.rows),
            like.new_zeros(batch, self.heads, self.width),
            like.new_zeros(batch, self.hidden),
            like.new_zeros(batch, self.hidden),
            like.new_zeros(batch, self.heads, self.key_width),
            0,
        )

    def step(self, views: list[Tensor], x: Tensor, state: MannState) -> tuple[MannState, MemoryAccess | None]:
        """Return the next state, and what the heads did. views: of theta; x [b, inputs].

        The order matters: the usage *before* this step decides where to write; then the least used rows are emptied,
        the new vectors are written, the memory is read, and usage is updated.
        """
        weight, bias, _, _, *heads = views
        past = torch.cat([state.reads.flatten(1), state.hidden], 1) if self.memory else state.hidden
        hidden, cell = lstm.step(weight, bias, x, past, state.cell)
        if not self.memory:
            return replace(state, hidden=hidden, cell=cell), None
        to_heads, heads_bias = heads
        raw = (hidden @ to_heads + heads_bias).unflatten(1, (self.heads, -1))
        keys, gate = raw[..., : self.key_width].tanh(), raw[..., -1:].sigmoid()
        own = raw[..., self.key_width : -1].tanh()
        added = torch.cat([state.keys, own], -1) if self.values else own if self.separate_write_vector else keys
        least = in_turn(state.steps, state.usage, self.heads) if self.in_turn else least_used(state.usage, self.heads)
        writing = write_weighting(state.reading, least, gate)
        memory = written(state.memory, writing, least, added)
        reading = read_weighting(memory, keys, self.strength)
        reads = reading @ memory
        usage = used(state.usage, reading, writing, self.decay)
        access = MemoryAccess(writing, reading, usage, least, gate, keys, added)
        return MannState(memory, reading, usage, reads, hidden, cell, keys, state.steps + 1), access

    def unroll(self, theta: Tensor, x: Tensor, wipe: int = 0) -> tuple[Tensor, list[MannState], list[MemoryAccess]]:
        """Return logits [b, steps, outputs] for sequences x [b, steps, inputs], and the state after each step and what
        the heads did, where there is a memory. wipe: empty the memory before this step; 0 is never.
        """
        views = self.views(theta)
        state, states, accesses = self.start(len(x), theta), [], []
        for step, inputs in enumerate(x.unbind(1)):
            if wipe and step == wipe:
                state = replace(state, memory=torch.full_like(state.memory, START))
            state, access = self.step(views, inputs, state)
            states.append(state)
            if access:
                accesses.append(access)
        seen = torch.stack([state.hidden for state in states], 1)
        if self.memory:
            seen = torch.cat([seen, torch.stack([state.reads for state in states], 1).flatten(2)], -1)
        return seen @ views[2] + views[3], states, accesses

    def __call__(self, theta: Tensor, x: Tensor) -> Tensor:
        """Return logits [b, steps, outputs] for sequences x [b, steps, inputs], as `unroll` but faster: the first and
        the last layer are one product for all steps, and the gradient is written out.
        """
        weight, bias, to_output, output_bias, *heads = self.views(theta)
        of_input, of_reads, of_hidden = weight.split([self.inputs, self.heads * self.width * self.memory, self.hidden])
        weights = fast.Weights(torch.cat([of_hidden, of_reads]), *(heads or (None, None)))
        sizes = fast.Sizes(*(getattr(self, name) for name in fast.Sizes._fields))
        seen = fast.run(sizes, x.transpose(0, 1) @ of_input + bias, weights, START)
        return (seen @ to_output + output_bias).transpose(0, 1)

    def votes(self, theta: Tensor, accesses: list[MemoryAccess], read: Tensor) -> Tensor:
        """Return what each step's logits owe to what was written at each step, [b, steps, steps, outputs].

        read: the `shares` of the accesses. A read is a sum of written vectors, and the output layer is linear: each
        written vector speaks for or against each class with its share x the vector x the output layer's weights. What
        is left of the logits is the controller's own and the bias.
        """
        of_reads = self.views(theta)[2][self.hidden :].unflatten(0, (self.heads, self.width))
        added = torch.stack([access.added for access in accesses], 1)
        return torch.einsum("btrsw,bswc,rco->btso", read, added, of_reads)


def shares(accesses: list[MemoryAccess], wipe: int = 0) -> Tensor:
    """Return how much of each vector written is in each read, [b, steps, heads, steps, heads]: which read, then which
    vector.

    A read is a sum of the vectors that were written, each with the weight that its writing, all erasing since and the
    reading give it: reads = shares @ added. wipe: the memory was emptied before this step, if not 0.
    """
    b, heads, rows = accesses[0].writing.shape
    held = accesses[0].writing.new_zeros(b, rows, len(accesses), heads)  # of each row, how much of each vector
    read = []
    for step, access in enumerate(accesses):
        if wipe and step == wipe:
            held = torch.zeros_like(held)
        held = held * (1 - access.least_used.amax(1))[..., None, None]
        held[:, :, step] += access.writing.mT
        read.append((access.reading @ held.flatten(2)).unflatten(2, held.shape[2:]))
    return torch.stack(read, 1)


def sources(read: Tensor) -> Tensor:
    """Return how much of each step's read was written at which step, mean over the heads that read and sum over those
    that wrote: [b, steps, steps]. read: as `shares` returns it.
    """
    return read.sum(-1).mean(2)
