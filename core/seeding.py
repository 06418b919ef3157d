"""Independent random streams from one seed, so that each part of a run can be redrawn alone."""

from zlib import crc32

import numpy as np
import torch


def generator(seed: int, name: str, index: int = 0) -> torch.Generator:
    """Return a torch generator for stream `name` (say "train") and its `index`-th block under `seed`.

    A stream does not depend on earlier draws, so a resumed run draws the same as an unbroken run.
    """
    entropy = np.random.SeedSequence([seed, crc32(name.encode()), index])
    return torch.Generator().manual_seed(int(entropy.generate_state(1, np.uint64)[0] >> 1))
