"""One step of a long short-term memory (Hochreiter, Schmidhuber 1997; with the forget gate of Gers et al. 2000).

The parameters are one weight and one bias, so that a flat vector can hold them.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

State = tuple[Tensor, Tensor]  # output h and cell c, [..., hidden] each


def shapes(inputs: int, hidden: int, recurrent: int | None = None) -> list[tuple[int, int]]:
    """Shapes of weight and bias; `recurrent`: how much of the past the gates see, where it is not h alone."""
    return [(inputs + (hidden if recurrent is None else recurrent), 4 * hidden), (1, 4 * hidden)]


def step(weight: Tensor, bias: Tensor, x: Tensor, past: Tensor, c: Tensor) -> State:
    """The next output and cell, [..., hidden] each, of input x [..., inputs], what the gates see of
    the past [..., recurrent] and cell c [..., hidden].

    The four blocks of columns are the input gate, the forget gate, the new content, the output gate.
    """
    return gated(torch.cat([x, past], -1) @ weight + bias, c)


def gated(told: Tensor, c: Tensor) -> State:
    """As `step`, from what the four blocks of columns were told, [..., 4 * hidden]."""
    enter, keep, content, leave = told.chunk(4, -1)
    c = keep.sigmoid() * c + enter.sigmoid() * content.tanh()
    return leave.sigmoid() * c.tanh(), c


def uniform(shapes: list[tuple[int, int]], hidden: int, generator: torch.Generator) -> Tensor:
    """Random parameters of `shapes`, flat, the first two an LSTM's: weights uniform within
    sqrt(3 / inputs), biases zero, the forget gate's bias one.
    """
    parts = []
    for rows, columns in shapes:
        edge = (3 / rows) ** 0.5
        bias = rows == 1
        parts.append(
            torch.zeros(columns) if bias else torch.empty(rows * columns).uniform_(-edge, edge, generator=generator)
        )
    parts[1][hidden : 2 * hidden] = 1.0
    return torch.cat(parts)


def views_of(flat: Tensor, shapes: list[tuple[int, int]]) -> list[Tensor]:
    """Views of a flat vector in their shapes."""
    parts = flat.split([rows * columns for rows, columns in shapes])
    return [part.view(shape) for part, shape in zip(parts, shapes, strict=True)]


def many(weight: Tensor, bias: Tensor | None = None) -> Callable[[Tensor], Tensor]:
    """The product x @ weight [inputs, out] (+ bias) for x [b, inputs] of many steps, one after the other.

    Its gradient in `weight` is one product for all steps, at the end of the way back, not a sum of as many products.
    """
    met: list[tuple[Tensor, Tensor]] = []  # x of each step, and the gradient of its product
    gathered: Tensor = _Gathered.apply(weight, met)
    if bias is None:
        return lambda x: _Product.apply(x, gathered, met)
    return lambda x: _Product.apply(x, gathered, met) + bias


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, met: list) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.met = met
        return x @ weight

    @staticmethod
    def backward(ctx: Any, d: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        x, weight = ctx.saved_tensors
        ctx.met.append((x, d))
        return d @ weight.T, None, None


class _Gathered(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, weight: Tensor, met: list) -> Tensor:
        ctx.met = met
        return weight.view_as(weight)

    @staticmethod
    def backward(ctx: Any, _: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        x, d = (torch.cat(parts) for parts in zip(*ctx.met, strict=True))
        ctx.met.clear()
        return x.T @ d, None
