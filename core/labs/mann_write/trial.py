"""Random inputs for the lab on the least-used write."""

from typing import Any

import torch

DIFFERENTIABLE = ("memory", "usage", "read_weighting", "write_weighting", "gate", "added")
SIZES = ((1, 2, 2), (1, 3, 2), (2, 4, 3), (3, 5, 2), (4, 6, 3), (2, 4, 2))  # batch, rows, width
TIE = 5  # the trial in which several rows are used least
# numbers whose sums are exact in any order; the first sequence has used two rows as little, the second has just begun
TIED = {
    "usage": [[0.5, 0.0, 0.25, 0.0], [0.0, 0.0, 0.0, 0.0]],
    "read_weighting": [[0.5, 0.125, 0.25, 0.125], [0.5, 0.125, 0.125, 0.25]],
    "write_weighting": [[0.125, 0.125, 0.625, 0.125], [0.5, 0.125, 0.125, 0.25]],
}
TRIALS = len(SIZES)


def draw(number: int, source: torch.Generator) -> dict[str, Any]:
    """Return the arguments of trial `number`."""
    batch, rows, width = SIZES[number]
    arguments = {
        "memory": torch.randn(batch, rows, width, generator=source),
        "usage": torch.rand(batch, rows, generator=source),
        "read_weighting": torch.randn(batch, rows, generator=source).softmax(-1),
        "write_weighting": (2 * torch.randn(batch, rows, generator=source)).softmax(-1),
        "gate": 0.2 + 0.2 * torch.rand(batch, 1, generator=source),
        "added": torch.randn(batch, width, generator=source).tanh(),
        "decay": 0.6,
    }
    return arguments | ({name: torch.tensor(rows) for name, rows in TIED.items()} if number == TIE else {})
