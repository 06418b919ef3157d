"""Lab mann-write: write to the row that was used least (Santoro et al. 2016, equations 5 to 8)."""

from torch import Tensor
from torch.nn.functional import one_hot


def write_least_used(
    memory: Tensor,
    usage: Tensor,
    read_weighting: Tensor,
    write_weighting: Tensor,
    gate: Tensor,
    added: Tensor,
    decay: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the memory [batch, rows, width], the write weighting [batch, rows] and the usage [batch, rows] of a step.

        usage = decay * (the usage before) + read_weighting + write_weighting, those of the last step
        least = 1 at the row with the smallest usage (the first of them on a tie), 0 at all others
        new_write_weighting = gate * read_weighting + (1 - gate) * least
        new memory_r = memory_r * (1 - least_r) + new_write_weighting_r * added      for each row r

    memory [batch, rows, width]; usage, read_weighting, write_weighting [batch, rows]: those of the last step; gate
    [batch, 1], from 0 to 1; added [batch, width]: the vector to write. No argument may be changed.
    """
    usage = decay * usage + read_weighting + write_weighting
    least = one_hot(usage.argmin(-1), usage.shape[-1]).to(usage.dtype)
    write_weighting = gate * read_weighting + (1 - gate) * least
    emptied = memory * (1 - least[:, :, None])
    memory = emptied + write_weighting[:, :, None] * added[:, None]
    return memory, write_weighting, usage
