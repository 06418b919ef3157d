"""Writing in a small Neural Turing Machine."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from core.labs.ntm_address.training import CONFIG
from core.labs.seam import Seam, shaped
from core.models import addressing


def replacement(own: Callable[..., Any]) -> Callable[..., Any]:
    """Return how the machine writes, by the learner's function: there is a single write head."""

    def write(memory: Tensor, weightings: Tensor, erase: Tensor, add: Tensor) -> Tensor:
        return shaped(own(memory, weightings[:, 0], erase[:, 0], add[:, 0]), memory, "memory")

    return write


SEAM = Seam(CONFIG, addressing, "write", replacement)
