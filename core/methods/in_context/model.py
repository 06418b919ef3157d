"""A transformer that reads points of a function and answers a new x, without a gradient step.

Garg et al. 2022, "What Can Transformers Learn In-Context?": there the points are a sequence of x and y in turns; here a
point is one token, and a query is a token that looks at points and at no other query. Blocks as in Xiong et al. 2020,
"On Layer Normalization in the Transformer Architecture" (normalized before each layer). Nothing tells the order of the
points. The parameters are a flat vector.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from core.models.lstm import views_of

INPUTS = 3  # of a token: x; y, or 0 where it is asked for; whether y is there


def attend(queries: Tensor, keys: Tensor, values: Tensor, sees: Tensor) -> tuple[Tensor, Tensor]:
    """Return softmax(Q K^T / sqrt(d)) V and the softmax (Vaswani et al. 2017, equation 1).

    queries [b, heads, q, d]; keys, values [b, heads, k, d]; sees [q, k]: which keys a query may look at.
    """
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5
    attention = scores.masked_fill(~sees, -torch.inf).softmax(-1)
    return attention @ values, attention


@dataclass(frozen=True)
class Transformer:
    """The network. width: of a token; layers: blocks of attention and a perceptron; heads: of each attention."""

    width: int = 64
    layers: int = 2
    heads: int = 4

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Weights and biases in the order of the flat vector: tokens, the first key, blocks, output."""
        width = self.width
        attention = [(1, width), (width, 3 * width), (width, width)]
        perceptron = [(1, width), (width, 4 * width), (1, 4 * width), (4 * width, width), (1, width)]
        return [(INPUTS, width), (1, width), *(attention + perceptron) * self.layers, (1, width), (width, 1), (1, 1)]

    @property
    def parameters(self) -> int:
        """Length of the flat parameter vector."""
        return sum(rows * columns for rows, columns in self.shapes)

    def init(self, generator: torch.Generator) -> Tensor:
        """Return random parameters: weights normal with variance 1 / inputs, gains and biases such that they change
        nothing, and small weights where a block adds to the tokens.
        """
        parts = []
        for rows, columns in self.shapes:
            part = torch.randn(rows, columns, generator=generator) / rows**0.5 if rows > 1 else torch.zeros(1, columns)
            parts.append(part)
        for block in range(self.layers):
            gain, _, out, second_gain, _, _, down, _ = parts[2 + 8 * block : 10 + 8 * block]
            gain.fill_(1), second_gain.fill_(1)
            out /= (2 * self.layers) ** 0.5
            down /= (2 * self.layers) ** 0.5
        parts[-3].fill_(1)
        return torch.cat([part.flatten() for part in parts])

    def __call__(self, theta: Tensor, x: Tensor, y: Tensor, query_x: Tensor, seen: Tensor) -> Tensor:
        """Return a value for each query, [b, q, 1]. x, y [b, points, 1]; query_x [b, q, 1]; seen [q]: how many of the
        points, from the first on, each query looks at.
        """
        return self.answer(theta, x, y, query_x, seen)[0]

    def answer(self, theta: Tensor, x: Tensor, y: Tensor, query_x: Tensor, seen: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return what a call returns, and for each block the attention of the queries, [b, heads, q, 1 + points]:
        first to the token that stands before all points, so that there is one where no point has come.
        """
        into, first, *blocks, gain, out, bias = views_of(theta, self.shapes)
        points = torch.cat([x, y, torch.ones_like(x)], -1) @ into
        points = torch.cat([first.expand(len(x), 1, -1), points], 1)
        queries = torch.cat([query_x, torch.zeros_like(query_x), torch.zeros_like(query_x)], -1) @ into
        places = torch.arange(points.shape[1])
        earlier, sees = places <= places[:, None], places <= seen[:, None]
        looks = []
        for block in range(self.layers):
            weights = blocks[8 * block : 8 * block + 8]
            keys = self._heads(points, weights)
            points = self._block(points, attend(*keys, earlier)[0], weights)
            asked, _, _ = self._heads(queries, weights)
            read, attention = attend(asked, *keys[1:], sees)
            queries = self._block(queries, read, weights)
            looks.append(attention)
        return _normalized(queries, gain) @ out + bias, looks

    def _heads(self, tokens: Tensor, weights: list[Tensor]) -> tuple[Tensor, ...]:
        mixed = _normalized(tokens, weights[0]) @ weights[1]
        return mixed.unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)

    def _block(self, tokens: Tensor, read: Tensor, weights: list[Tensor]) -> Tensor:
        _, _, out, gain, up, up_bias, down, down_bias = weights
        tokens = tokens + read.transpose(1, 2).flatten(2) @ out
        return tokens + functional.gelu(_normalized(tokens, gain) @ up + up_bias) @ down + down_bias


def _normalized(tokens: Tensor, gain: Tensor) -> Tensor:
    return functional.layer_norm(tokens, tokens.shape[-1:], gain[0])
