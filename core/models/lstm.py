"""A step of a long short-term memory (Hochreiter, Schmidhuber 1997; with the forget gate of Gers et al. 2000).

The parameters are a weight matrix and a bias, so that a flat vector can hold them.
"""

import torch
from torch import Tensor

LstmState = tuple[Tensor, Tensor]  # output h and cell c, [..., hidden] each


def shapes(inputs: int, hidden: int, recurrent: int | None = None) -> list[tuple[int, int]]:
    """Return the shapes of weight and bias. recurrent: size of the past that the gates see, if that is not h alone."""
    return [(inputs + (hidden if recurrent is None else recurrent), 4 * hidden), (1, 4 * hidden)]


def step(weight: Tensor, bias: Tensor, x: Tensor, past: Tensor, c: Tensor) -> LstmState:
    """Return the next output and cell, given input x [..., inputs], the past [..., recurrent] and cell c [..., hidden].

    The four blocks of columns are the input gate, the forget gate, the new content, the output gate.
    """
    enter, keep, content, leave = (torch.cat([x, past], -1) @ weight + bias).chunk(4, -1)
    c = keep.sigmoid() * c + enter.sigmoid() * content.tanh()
    return leave.sigmoid() * c.tanh(), c


def uniform(shapes: list[tuple[int, int]], hidden: int, generator: torch.Generator) -> Tensor:
    """Draw flat parameters of `shapes`, the first two an LSTM's: weights uniform within sqrt(3 / inputs), biases
    zero, the forget gate's bias 1.
    """
    parts = []
    for rows, columns in shapes:
        parts.append(torch.zeros(rows * columns))
        if rows > 1:
            edge = (3 / rows) ** 0.5
            parts[-1].uniform_(-edge, edge, generator=generator)
    parts[1][hidden : 2 * hidden] = 1.0
    return torch.cat(parts)


def views_of(flat: Tensor, shapes: list[tuple[int, int]]) -> list[Tensor]:
    """Return views of a flat vector in their shapes."""
    parts = flat.split([rows * columns for rows, columns in shapes])
    return [part.view(shape) for part, shape in zip(parts, shapes, strict=True)]
