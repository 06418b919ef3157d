"""Lab ntm-address: how a head chooses its rows (Graves et al. 2014, section 3.3, equations 5 to 9)."""

from torch import Tensor
from torch.nn.functional import cosine_similarity

TINY = 1e-8  # keeps the power of a zero weight from a NaN in its gradient


def address(
    memory: Tensor, key: Tensor, strength: Tensor, gate: Tensor, shift: Tensor, gamma: Tensor, before: Tensor
) -> Tensor:
    """Return a head's new weighting [batch, rows].

        content = softmax over the rows of strength * cosine(key, row)
        gated = gate * content + (1 - gate) * before
        shifted_r = back * gated_(r+1) + stay * gated_r + forth * gated_(r-1), the first row after the last
        weighting = shifted^gamma / the sum of shifted^gamma over the rows

    memory [batch, rows, width]; key [batch, width]; strength, gate, gamma [batch, 1]; shift [batch, 3]: back, stay
    and forth; before [batch, rows]: the head's last weighting.
    """
    cosine = cosine_similarity(key[:, None], memory, dim=-1)
    content = (strength * cosine).softmax(-1)
    gated = gate * content + (1 - gate) * before
    back, stay, forth = shift.split(1, -1)
    shifted = back * gated.roll(-1, -1) + stay * gated + forth * gated.roll(1, -1)
    raised = (shifted + TINY) ** gamma
    return raised / raised.sum(-1, keepdim=True)
