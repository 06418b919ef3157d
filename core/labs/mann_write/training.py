"""The least-used write in a small memory-augmented network with a single head."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core.labs.seam import Seam, parts_of, shaped
from core.methods.mann import algorithm
from core.methods.mann.config import MannConfig
from core.methods.mann.model import Mann, MannState, MemoryAccess, read_weighting
from core.models import lstm
from core.tasks.config import Sinusoid

CONFIG = MannConfig(
    task=Sinusoid(amplitude_low=0.5, phase_high=0.5), points=12, rows=8, columns=20, hidden=32, value_columns=6,
    meta_batch=8, iterations=160, report_every=8, outer_rate=0.01,
    clip=1.0,
)  # fmt: skip
NETWORK = algorithm.network


@dataclass(frozen=True)
class State(MannState):
    """The state between two steps, whose usage is that before the last weightings; writing [b, rows]: the last one."""

    writing: Tensor


def replacement(own: Callable[..., Any]) -> Callable[..., Any]:
    """Return the network whose head writes by the learner's function."""

    class OwnMann(Mann):
        """The network of the settings, step by step, with another way to write."""

        def start(self, batch: int, like: Tensor) -> State:
            return State(**vars(super().start(batch, like)), writing=like.new_zeros(batch, self.rows))

        def step(self, views: list[Tensor], x: Tensor, state: MannState) -> tuple[MannState, MemoryAccess | None]:
            assert isinstance(state, State)
            weight, bias, _, _, to_heads, heads_bias = views
            past = torch.cat([state.reads.flatten(1), state.hidden], 1)
            hidden, cell = lstm.step(weight, bias, x, past, state.cell)
            raw = (hidden @ to_heads + heads_bias).unflatten(1, (self.heads, -1))
            keys, gate = raw[..., : self.key_width].tanh(), raw[..., -1:].sigmoid()
            added = torch.cat([state.keys, raw[..., self.key_width : -1].tanh()], -1)
            written = own(
                state.memory, state.usage, state.reading[:, 0], state.writing, gate[:, 0], added[:, 0], self.decay
            )
            memory, writing, usage = parts_of(written, "memory", "write_weighting", "usage")
            memory = shaped(memory, state.memory, "memory")
            writing, usage = shaped(writing, state.usage, "write_weighting"), shaped(usage, state.usage, "usage")
            reading = read_weighting(memory, keys, self.strength)
            return State(memory, reading, usage, reading @ memory, hidden, cell, keys, state.steps + 1, writing), None

        def __call__(self, theta: Tensor, x: Tensor) -> Tensor:
            views, seen = self.views(theta), []
            state: MannState = self.start(len(x), theta)
            for inputs in x.unbind(1):
                state, _ = self.step(views, inputs, state)
                seen.append(torch.cat([state.hidden, state.reads.flatten(1)], 1))
            return torch.stack(seen, 1) @ views[2] + views[3]

    def network(config: MannConfig) -> Mann:
        model = NETWORK(config)
        return OwnMann(**{name: getattr(model, name) for name in Mann.__dataclass_fields__})

    return network


SEAM = Seam(CONFIG, algorithm, "network", replacement)
