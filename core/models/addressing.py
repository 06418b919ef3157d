"""How a head of a Neural Turing Machine chooses rows of the memory, and how it reads and writes them.

Graves, Wayne, Danihelka 2014, "Neural Turing Machines", sections 3.1 to 3.3. A weighting w [..., rows] says how much
of each row of the memory [..., rows, width] a head takes; its entries are not negative and sum to 1. Each of the four
stages is a function, so that a page can show it alone.
"""

import torch
from torch import Tensor

TINY = 1e-8  # keeps the cosine of a zero vector and the power of a zero weight from becoming NaN
LEAST = 1e-30  # a sum of powers below this has lost its digits


def content(memory: Tensor, key: Tensor, strength: Tensor) -> Tensor:
    """Return the softmax of strength times the cosine of key and row, [..., heads, rows] (equations 5 and 6).

    key [..., heads, width]; strength beta [..., heads, 1], positive.
    """
    lengths = key.norm(dim=-1, keepdim=True) * memory.norm(dim=-1)[..., None, :]
    return (strength * (key @ memory.mT) / (lengths + TINY)).softmax(-1)


def interpolate(by_content: Tensor, before: Tensor, gate: Tensor) -> Tensor:
    """Mix the weighting by content with the head's last one: gate g [..., 1], 1 is all content (equation 7)."""
    return gate * by_content + (1 - gate) * before


def shift(weighting: Tensor, shift: Tensor) -> Tensor:
    """Move the weighting around the rows, the last of which is followed by the first (equation 8).

    shift [..., 3]: how much to move by -1, 0 and 1 rows; sums to 1.
    """
    back, stay, forth = shift[..., None].unbind(-2)
    return back * weighting.roll(-1, -1) + stay * weighting + forth * weighting.roll(1, -1)


def sharpen(weighting: Tensor, gamma: Tensor) -> Tensor:
    """Undo the blur of shifting: w^gamma, normalized (equation 9). gamma [..., 1], at least 1."""
    weighting = weighting + TINY
    raised = weighting.pow(gamma)
    total = raised.sum(-1, keepdim=True)
    if (total < LEAST).any():  # a flat weighting to a large power is 0 everywhere: there the largest weight becomes 1
        largest = weighting.amax(-1, keepdim=True).detach()
        raised = (weighting / torch.where(total < LEAST, largest, 1.0)).pow(gamma)
        total = raised.sum(-1, keepdim=True)
    return raised / total


def read(memory: Tensor, weighting: Tensor) -> Tensor:
    """Return the weighted mean of the rows that each head takes, [..., heads, width] (equation 2).

    weighting [..., heads, rows], or [rows] of a single head and memory [rows, width].
    """
    return weighting @ memory


def write(memory: Tensor, weightings: Tensor, erase: Tensor, add: Tensor) -> Tensor:
    """Erase with all write heads, then add with all, each as much as its weighting says (equations 3 and 4).

    M <- M o prod_i (1 - w_i e_i^T) + sum_i w_i a_i^T, where o is element by element: the order of the heads does not
    matter (section 3.2). memory [..., rows, width]; weightings [..., heads, rows]; erase in (0, 1) and add
    [..., heads, width].
    """
    weights = weightings[..., None].unbind(-3)
    for w, e in zip(weights, erase[..., None, :].unbind(-3), strict=True):
        memory = memory * (1 - w * e)
    for w, a in zip(weights, add[..., None, :].unbind(-3), strict=True):
        memory = memory + w * a
    return memory


def head_sizes(width: int) -> tuple[int, ...]:
    """Return how many of a head's parameters are key, strength, gate, shift and gamma."""
    return width, 1, 1, 3, 1


def unpack(raw: Tensor, width: int) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Split a controller's outputs [..., width + 6] into key, strength, gate, shift and gamma, each in its range."""
    key, strength, gate, shift, gamma = raw.split(head_sizes(width), -1)
    softplus = torch.nn.functional.softplus
    return key.tanh(), softplus(strength), gate.sigmoid(), shift.softmax(-1), 1 + softplus(gamma)
