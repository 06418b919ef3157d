"""One layer of attention without softmax, and the weights by which it is a step of gradient descent.

von Oswald et al. 2023, "Transformers Learn In-Context by Gradient Descent", proposition 1. A token is (x, y), and the
one that asks is (x, 0). The parameters are a flat vector.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from core.models.lstm import views_of


@dataclass(frozen=True)
class LinearAttention:
    """The layer. inputs: numbers of x."""

    inputs: int = 10

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """W_Q and W_K in the order of the flat vector, and of W_V the one row that reaches the answer."""
        token = self.inputs + 1
        return [(token, token), (token, token), (1, token)]

    @property
    def parameters(self) -> int:
        """Length of the flat parameter vector."""
        return sum(rows * columns for rows, columns in self.shapes)

    def init(self, generator: torch.Generator) -> Tensor:
        """Return random weights, normal with variance 0.1 / inputs of the layer."""
        return torch.cat(
            [torch.randn(rows * columns, generator=generator) * (0.1 / columns) ** 0.5 for rows, columns in self.shapes]
        )

    def __call__(self, theta: Tensor, x: Tensor, y: Tensor, query_x: Tensor) -> Tensor:
        """Return a value for each query, [b, q, 1]. x [b, points, inputs]; y [b, points, 1]; query_x [b, q, inputs]."""
        to_query, to_key, to_value = views_of(theta, self.shapes)
        tokens = torch.cat([x, y], -1)
        asking = torch.cat([query_x, torch.zeros_like(query_x[..., :1])], -1)
        return attend(asking @ to_query.T, tokens @ to_key.T, tokens @ to_value.T)


def attend(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Return what each query reads, [b, q, 1]: the mean of the values, weighted by its product with each key.

    queries [b, q, n]; keys [b, points, n]; values [b, points, 1]. There is no softmax.
    """
    return (queries @ keys.mT) @ values / keys.shape[1]


def gradient_step(x: Tensor, y: Tensor, query_x: Tensor, rate: float) -> Tensor:
    """Return what a linear model answers after a step from w = 0 down half the mean squared error, [b, q, 1]."""
    w = torch.zeros(len(x), x.shape[2], 1)
    gradient = x.mT @ (x @ w - y) / x.shape[1]
    w = w - rate * gradient
    return query_x @ w


def construction(inputs: int, rate: float) -> Tensor:
    """Return theta [parameters] with which the layer is that step: keys and queries are x, a value is rate * y."""
    only_x = torch.eye(inputs + 1)
    only_x[-1, -1] = 0
    value = torch.zeros(inputs + 1)
    value[-1] = rate
    return torch.cat([only_x.flatten(), only_x.flatten(), value])


def effect(theta: Tensor, inputs: int) -> Tensor:
    """Return how much x_q counts in the answer for each y_j x_j, [inputs, inputs]: the rate times I for the step.

    The same answers come from many W_Q, W_K, W_V: only this product is seen.
    """
    to_query, to_key, to_value = views_of(theta, LinearAttention(inputs).shapes)
    return (to_key.T @ to_query)[:-1, :-1] * to_value[0, -1]


def best_rate(inputs: int, points: int) -> float:
    """Return the rate of the step that gives the least mean error on functions of the task, in closed form.

    With s = E x_i^2 and S = mean of x x^T over the points: E[y z] / E[z^2] for z = the step's answer at rate 1.
    """
    s, fourth = 1 / 3, 1 / 5  # moments of a number that is uniform in [-1, 1]
    trace = inputs * s  # E tr S
    square = (inputs * fourth + inputs * (inputs - 1) * s**2) / points + (points - 1) / points * inputs * s**2
    return trace / square  # E tr S / E tr S^2
