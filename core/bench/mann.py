"""One training step of a memory-augmented network against the style that is common in public code.

There, each head is a module with linear layers of its own, the heads take turns, and the least used rows are
found and emptied in a loop over the sequences of the batch. `batch 1` trains on one sequence at a time: as many
steps as we have sequences; `batch of 16` is the same code with all sequences at once.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.bench.ntm import slope_of
from core.bench.timing import Growth, Row, compare, growth
from core.methods.mann import algorithm as mann
from core.methods.mann.config import MannConfig
from core.methods.mann.model import START, Mann
from core.models.addressing import TINY
from core.registry import config_for
from core.seeding import generator
from core.tasks import omniglot
from core.training.memory import BETAS

HEADS = (1, 4)
WAYS = (2, 5, 10)


def rows() -> Iterator[Row | Growth]:
    """Sequences of 5 classes, with the page's one head and with the paper's four; then our cost by classes.

    Raises AssertionError if the gradients differ.
    """
    config = config_for("mann", "omniglot" if omniglot.available() else "glyphs")
    assert isinstance(config, MannConfig)
    for heads in HEADS:
        yield _against_plain(config.updated(heads=heads))
    by_way = {way: _ours(config.updated(way=way)) for way in WAYS}
    yield growth("mann, by classes of a sequence", {way: step for way, (step, _) in by_way.items()}, rounds=5)


def _ours(config: MannConfig) -> tuple:
    model, told = mann.network(config), mann.draw(config, config.meta_batch, generator(0, "bench"))
    theta = model.init(generator(0, "init"))
    adam = torch.optim.Adam([theta], lr=config.outer_rate, betas=BETAS, fused=True)

    def gradient() -> Tensor:
        at = theta.detach().requires_grad_()
        (found,) = torch.autograd.grad(mann.loss(model(at, told.x), told).mean(), at)
        return found

    def step() -> None:
        found = gradient()
        theta.grad = found * (config.clip / found.norm().clamp_min(1e-12)).clamp(max=1)
        adam.step()

    return step, gradient


def _against_plain(config: MannConfig) -> Row:
    model, told = mann.network(config), mann.draw(config, config.meta_batch, generator(0, "bench"))
    plain = Plain(model, model.init(generator(0, "init")))
    adam = torch.optim.Adam(plain.parameters(), lr=config.outer_rate, betas=BETAS)
    ours, gradient = _ours(config)

    def loss_of(some: slice) -> Tensor:
        return functional.cross_entropy(plain(told.x[some]).flatten(0, 1), told.y[some].flatten())

    def steps(size: int) -> None:
        for at in range(0, config.meta_batch, size):
            adam.zero_grad()
            loss_of(slice(at, at + size)).backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(plain.parameters(), config.clip)
            adam.step()

    loss_of(slice(None)).backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(gradient(), plain.gradient(), rtol=1e-3, atol=1e-6)
    heads = f"{config.heads} head{'s' * (config.heads > 1)}"
    name = f"mann, {heads}, {config.meta_batch} sequences of {told.x.shape[1]}, {config.rows}x{config.columns}"
    contenders = {"batch 1": lambda: steps(1), f"batch of {config.meta_batch}": lambda: steps(config.meta_batch)}
    return compare(name, ours, contenders, rounds=5)


class Head(nn.Module):
    """A head that is told a key, what to write, and where."""

    def __init__(self, hidden: int, width: int) -> None:
        super().__init__()
        self.key, self.add, self.gate = nn.Linear(hidden, width), nn.Linear(hidden, width), nn.Linear(hidden, 1)

    def where_to_write(self, h: Tensor, read_before: Tensor, least: Tensor) -> Tensor:
        """[b, rows]."""
        gate = torch.sigmoid(self.gate(h))
        return gate * read_before + (1 - gate) * least

    def where_to_read(self, h: Tensor, memory: Tensor, strength: float) -> Tensor:
        """[b, rows]."""
        key = torch.tanh(self.key(h))
        lengths = key.norm(dim=-1, keepdim=True) * memory.norm(dim=-1)
        return functional.softmax(strength * (memory * key.unsqueeze(1)).sum(-1) / (lengths + TINY), dim=1)


class Plain(nn.Module):
    """The network of `core.methods.mann.model`, put together from modules."""

    def __init__(self, model: Mann, theta: Tensor) -> None:
        super().__init__()
        self.model = model
        self.controller = nn.LSTMCell(model.inputs + model.heads * model.width, model.hidden)
        self.heads = [Head(model.hidden, model.width) for _ in range(model.heads)]
        self.held = nn.ModuleList(self.heads)  # so that the optimizer finds them
        self.output = nn.Linear(model.hidden + model.heads * model.width, model.outputs)
        self._take(model.views(theta))

    def forward(self, x: Tensor) -> Tensor:
        """Logits [b, steps, outputs] for x [b, steps, inputs]."""
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
            kept = torch.ones(batch, model.rows, 1)
            for b in range(batch):
                for one, row in zip(least, usage[b].topk(len(self.heads), largest=False).indices, strict=True):
                    one[b, row] = 1
                    kept[b, row] = 0
            writing = [head.where_to_write(h, *pair) for head, *pair in zip(self.heads, reading, least, strict=True)]
            memory = memory * kept
            for head, w in zip(self.heads, writing, strict=True):
                memory = memory + torch.matmul(w.unsqueeze(-1), torch.tanh(head.add(h)).unsqueeze(1))
            reading = [head.where_to_read(h, memory, model.strength) for head in self.heads]
            usage = model.decay * usage + sum(reading) + sum(writing)
            reads = [torch.matmul(w.unsqueeze(1), memory).squeeze(1) for w in reading]
            outputs.append(self.output(torch.cat([h, *reads], dim=1)))
        return torch.stack(outputs, dim=1)

    def _layers(self) -> list[nn.Linear]:
        """The linear layers of the heads in the order of the flat vector."""
        return [layer for head in self.heads for layer in (head.key, head.add, head.gate)]

    def _take(self, views: list[Tensor]) -> None:
        weight, bias, to_output, output_bias, to_heads, head_bias = views
        cell, inputs = self.controller, self.controller.input_size
        sizes = [layer.out_features for layer in self._layers()]
        with torch.no_grad():
            cell.weight_ih.copy_(weight[:inputs].T)
            cell.weight_hh.copy_(weight[inputs:].T)
            cell.bias_ih.copy_(bias[0])
            cell.bias_hh.zero_()
            pairs = [(to_output, output_bias), *zip(to_heads.split(sizes, 1), head_bias.split(sizes, 1), strict=True)]
            for layer, (w, b) in zip([self.output, *self._layers()], pairs, strict=True):
                layer.weight.copy_(w.T)
                layer.bias.copy_(b[0])

    def gradient(self) -> Tensor:
        """The gradients as one flat vector, in the order of ours."""
        cell, heads = self.controller, self._layers()
        parts = [
            torch.cat([slope_of(cell.weight_ih), slope_of(cell.weight_hh)], 1).T, slope_of(cell.bias_ih),
            slope_of(self.output.weight).T, slope_of(self.output.bias),
            torch.cat([slope_of(layer.weight) for layer in heads]).T,
            torch.cat([slope_of(layer.bias) for layer in heads]),
        ]  # fmt: skip
        return torch.cat([part.flatten() for part in parts])
