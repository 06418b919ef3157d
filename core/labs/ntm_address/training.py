"""Addressing in a small Neural Turing Machine."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from core.labs.seam import Seam, shaped
from core.methods.ntm import model
from core.methods.ntm.config import NtmConfig
from core.methods.ntm.model import AddressingTrace, Ntm, NtmState
from core.models import addressing
from core.tasks.config import Sequences

CONFIG = NtmConfig(
    task=Sequences(bits=4, shortest=1, longest=4), rows=12, columns=10, hidden=40, outer_rate=0.005, meta_batch=16,
    iterations=240, report_every=12,
)  # fmt: skip


def replacement(own: Callable[..., Any]) -> Callable[..., Any]:
    """Return how the machine's heads address, by the learner's function: all heads of a batch at once."""

    def address(machine: Ntm, raw: Tensor, state: NtmState) -> tuple[Tensor, AddressingTrace]:
        parts = addressing.unpack(raw, machine.width)
        memory = state.memory[:, None].expand(-1, machine.heads, -1, -1).flatten(0, 1)
        before = state.weightings.flatten(0, 1)
        new = shaped(own(memory, *(part.flatten(0, 1) for part in parts), before), before, "weighting")
        weightings = new.view_as(state.weightings)
        return weightings, AddressingTrace(*parts, weightings, weightings, weightings, raw, raw)

    return address


SEAM = Seam(CONFIG, model.Ntm, "_address", replacement)
