"""Lab ntm-address: how a head chooses its rows (Graves et al. 2014, section 3.3, equations 5 to 9)."""

from torch import Tensor

TINY = 1e-8  # added to what is divided by, which may be 0, and to weights, so that none is exactly 0 under the power


def address(
    memory: Tensor, key: Tensor, strength: Tensor, gate: Tensor, shift: Tensor, gamma: Tensor, before: Tensor
) -> Tensor:
    """Return a head's new weighting [batch, rows].

        content = softmax over the rows of strength * cosine(key, row)
        gated = gate * content + (1 - gate) * before
        shifted_r = back * gated_(r+1) + stay * gated_r + forth * gated_(r-1), the first row after the last
        weighting = shifted^gamma / the sum of shifted^gamma over the rows

    memory [batch, rows, width]; key [batch, width]; strength, gate, gamma [batch, 1]; shift [batch, 3]: back, stay
    and forth; before [batch, rows]: the head's last weighting. A key may be all zeros: its cosine with any row is 0.
    """
    products = (memory @ key[:, :, None])[:, :, 0]
    lengths = memory.norm(dim=-1) * key.norm(dim=-1, keepdim=True)
    cosine = products / (lengths + TINY)
    content = (strength * cosine).softmax(-1)
    gated = gate * content + (1 - gate) * before
    back, stay, forth = shift.split(1, -1)
    shifted = back * gated.roll(-1, -1) + stay * gated + forth * gated.roll(1, -1)
    raised = (shifted + TINY) ** gamma
    return raised / raised.sum(-1, keepdim=True)
