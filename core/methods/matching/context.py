"""Full-context embeddings: the embedding of a picture depends on the support that it is compared with.

Vinyals et al. 2016, section 2.1.2 and appendix A. A bidirectional LSTM reads the support in its
order; a query is refined by an LSTM that attends to the support before each of its steps. In the
paper this did not help on Omniglot.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from core.models import lstm


@dataclass(frozen=True)
class Context:
    """Embeddings of `features` numbers; the query's LSTM makes `steps` steps."""

    features: int
    steps: int

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Weight and bias of the forward, the backward and the query's LSTM, in the order of the flat vector."""
        f = self.features
        return [*lstm.shapes(f, f), *lstm.shapes(f, f), *lstm.shapes(f, f, recurrent=2 * f)]

    def init(self, generator: torch.Generator) -> Tensor:
        """Draw parameters: weights uniform within 1/sqrt(features), biases zero."""
        edge = self.features**-0.5
        parts = [
            torch.empty(shape).uniform_(-edge, edge, generator=generator) if shape[0] > 1 else torch.zeros(shape)
            for shape in self.shapes
        ]
        return torch.cat([part.flatten() for part in parts])

    def __call__(self, flat: Tensor, support: Tensor, queries: Tensor) -> tuple[Tensor, Tensor]:
        """Return g(x_i, S) and f(x, S), shaped as `support` [tasks, s, f] and `queries` [tasks, q, f]."""
        views = lstm.views_of(flat, self.shapes)
        there, back, query = zip(views[::2], views[1::2], strict=True)
        g = support + read(*there, support) + read(*back, support.flip(1)).flip(1)
        return g, self._attend(*query, g, queries)

    def _attend(self, weight: Tensor, bias: Tensor, g: Tensor, queries: Tensor) -> Tensor:
        h, c = torch.zeros_like(queries), torch.zeros_like(queries)
        for _ in range(self.steps):
            r = (h @ g.mT).softmax(-1) @ g  # equations (5) and (6)
            out, c = lstm.step(weight, bias, queries, torch.cat([h, r], -1), c)
            h = out + queries
        return h


def read(weight: Tensor, bias: Tensor, sequence: Tensor) -> Tensor:
    """Return an LSTM's output at each place of sequence [tasks, n, f], read from the first to the last."""
    h = c = torch.zeros_like(sequence[:, 0])
    outputs = []
    for x in sequence.unbind(1):
        h, c = lstm.step(weight, bias, x, h, c)
        outputs.append(h)
    return torch.stack(outputs, 1)
