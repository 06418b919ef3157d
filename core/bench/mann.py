"""A training step of a memory-augmented network against the style that is common in public code.

There, each head is a module with linear layers of its own, the heads take turns, and the least used rows are
found and emptied in a loop over the sequences of the batch; see core.bench.recurrent.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.bench.recurrent import OurStep, PlainNetwork, against_plain, our_step
from core.bench.timing import Growth, Row, growth
from core.methods.mann import algorithm as mann
from core.methods.mann.config import MannConfig
from core.methods.mann.model import START, Mann
from core.models.addressing import TINY
from core.registry import config_for
from core.seeding import generator
from core.tasks import omniglot
from core.tasks.labelled_sequences import LabelledSequence

HEADS = (1, 4)
WAYS = (2, 5, 10)


def rows() -> Iterator[Row | Growth]:
    """Time sequences of 5 classes, with the page's single head and with the paper's four; then our cost by classes.

    Raises AssertionError if the gradients differ.
    """
    config = config_for("mann", "omniglot" if omniglot.available() else "glyphs")
    assert isinstance(config, MannConfig)
    for heads in HEADS:
        yield _against_plain(config.updated(heads=heads))
    by_way = {way: _ours(config.updated(way=way))[0] for way in WAYS}
    yield growth("mann, by classes of a sequence", by_way, rounds=5)


def _batch(config: MannConfig) -> LabelledSequence:
    return mann.draw(config, config.meta_batch, generator(0, "bench"))


def _ours(config: MannConfig) -> OurStep:
    model, batch = mann.network(config), _batch(config)
    return our_step(config, model.init(generator(0, "init")), lambda theta: mann.loss(model(theta, batch.x), batch))


def _against_plain(config: MannConfig) -> Row:
    model, batch = mann.network(config), _batch(config)
    plain = Plain(model, model.init(generator(0, "init")))

    def loss(part: slice) -> Tensor:
        return functional.cross_entropy(plain(batch.x[part]).flatten(0, 1), batch.y[part].flatten())

    heads = f"{config.heads} head{'s' * (config.heads > 1)}"
    name = f"mann, {heads}, {config.meta_batch} sequences of {batch.x.shape[1]}, {config.rows}x{config.columns}"
    return against_plain(name, config, _ours(config), plain, loss, rounds=5)


class Head(nn.Module):
    """A head with linear layers for its key, its write vector and its gate."""

    def __init__(self, hidden: int, width: int) -> None:
        super().__init__()
        self.key, self.add, self.gate = nn.Linear(hidden, width), nn.Linear(hidden, width), nn.Linear(hidden, 1)

    def write_weighting(self, h: Tensor, read_before: Tensor, least: Tensor) -> Tensor:
        """Return where to write, [b, rows]."""
        gate = torch.sigmoid(self.gate(h))
        return gate * read_before + (1 - gate) * least

    def read_weighting(self, h: Tensor, memory: Tensor, strength: float) -> Tensor:
        """Return where to read, [b, rows]."""
        key = torch.tanh(self.key(h))
        lengths = key.norm(dim=-1, keepdim=True) * memory.norm(dim=-1)
        return functional.softmax(strength * (memory * key.unsqueeze(1)).sum(-1) / (lengths + TINY), dim=1)


class Plain(PlainNetwork):
    """The network of `core.methods.mann.model`, put together from modules."""

    def __init__(self, model: Mann, theta: Tensor) -> None:
        super().__init__()
        self.model = model
        self.controller = nn.LSTMCell(model.inputs + model.heads * model.width, model.hidden)
        self.heads = [Head(model.hidden, model.width) for _ in range(model.heads)]
        self.registered = nn.ModuleList(self.heads)  # for the optimizer
        self.output = nn.Linear(model.hidden + model.heads * model.width, model.outputs)
        self.take(model.views(theta))

    def forward(self, x: Tensor) -> Tensor:
        """Return logits [b, steps, outputs] for x [b, steps, inputs]."""
        model, batch = self.model, len(x)
        memory = torch.full((batch, model.rows, model.width), START)
        usage = torch.zeros(batch, model.rows)
        reading = [torch.zeros(batch, model.rows) for _ in self.heads]
        reads = [torch.zeros(batch, model.width) for _ in self.heads]
        h, c = torch.zeros(batch, model.hidden), torch.zeros(batch, model.hidden)
        outputs = []
        for t in range(x.shape[1]):
            h, c = self.controller(torch.cat([x[:, t], *reads], dim=1), (h, c))
            least = [torch.zeros(batch, model.rows) for _ in self.heads]
            remaining = torch.ones(batch, model.rows, 1)
            for b in range(batch):
                for weighting, row in zip(least, usage[b].topk(len(self.heads), largest=False).indices, strict=True):
                    weighting[b, row] = 1
                    remaining[b, row] = 0
            writing = [head.write_weighting(h, *pair) for head, *pair in zip(self.heads, reading, least, strict=True)]
            memory = memory * remaining
            for head, w in zip(self.heads, writing, strict=True):
                memory = memory + torch.matmul(w.unsqueeze(-1), torch.tanh(head.add(h)).unsqueeze(1))
            reading = [head.read_weighting(h, memory, model.strength) for head in self.heads]
            usage = model.decay * usage + sum(reading) + sum(writing)
            reads = [torch.matmul(w.unsqueeze(1), memory).squeeze(1) for w in reading]
            outputs.append(self.output(torch.cat([h, *reads], dim=1)))
        return torch.stack(outputs, dim=1)

    def layers(self) -> list[tuple[nn.Linear, ...]]:
        """Return the output layer, and the layers of the heads."""
        return [(self.output,), tuple(layer for head in self.heads for layer in (head.key, head.add, head.gate))]
