"""Neural Turing Machine: a controller with a memory, trained on sequences of bits."""

from core.events.evaluations import BitErrors
from core.methods.method import Algorithm, Method
from core.methods.ntm.config import NtmConfig
from core.tasks.config import Sequences


def load_algorithm() -> Algorithm:
    """Import the algorithm, which needs torch."""
    from core.methods.ntm import algorithm

    return algorithm


METHOD = Method(
    "ntm",
    NtmConfig,
    "Neural Turing Machine: a controller with a memory",
    load_algorithm,
    tasks={Sequences: {"iterations": 20_000}},
    evaluations={Sequences: BitErrors},
    demos={Sequences: {"iterations": 2000, "longest": 8, "outer_rate": 0.003, "test_lengths": "8,16,32,64"}},
)
