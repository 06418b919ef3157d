"""Lab attention-step: a layer of attention that is a gradient step (von Oswald et al. 2023, proposition 1)."""

from torch import Tensor


def attention_step(x: Tensor, y: Tensor, queries: Tensor, rate: float) -> tuple[Tensor, Tensor]:
    """Return the attention [queries, points] and the answers [queries] of a layer of attention without softmax.

        attention = the product of each query with each key: the keys are the x of the points
        answer    = the mean over the points of attention * value: a value is rate * y

    x [points, inputs] and y [points]: the points of one linear function; queries [queries, inputs]: where it is asked.
    The answers are those of a linear model w . x after one step of gradient descent from w = 0 with this rate, down
    half the mean over the points of (w . x - y)^2.
    """
    values = rate * y
    attention = queries @ x.T
    answers = attention @ values / len(y)
    return attention, answers
