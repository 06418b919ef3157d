"""Lab ntm-write: erase, then add (Graves et al. 2014, section 3.2, equations 3 and 4)."""

from torch import Tensor


def write(memory: Tensor, weighting: Tensor, erase: Tensor, add: Tensor) -> Tensor:
    """Return the memory [batch, rows, width] after a head has written to it.

        erased_r = memory_r * (1 - weighting_r * erase)      for each row r, element by element
        result_r = erased_r + weighting_r * add

    memory [batch, rows, width] must stay as it is: return a new tensor. weighting [batch, rows]; erase
    [batch, width], from 0 to 1; add [batch, width].
    """
    weighting = weighting[:, :, None]
    erased = memory * (1 - weighting * erase[:, None])
    return erased + weighting * add[:, None]
