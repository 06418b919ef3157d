"""Siamese network: say how likely two pictures are of one character."""

from core.methods.method import Algorithm, Contender, Method
from core.methods.siamese.config import SiameseConfig
from core.tasks.config import Episodes


def load_algorithm() -> Algorithm:
    """Import the algorithm, which needs torch."""
    from core.methods.siamese import algorithm

    return algorithm


METHOD = Method(
    "siamese",
    SiameseConfig,
    "tell whether two pictures are of one character",
    load_algorithm,
    tasks={Episodes: {"way": 20, "queries": 1, "within": 1.0, "iterations": 5000, "transductive": False}},
    demos={Episodes: {"iterations": 1500, "distort": True, "outer_rate": 0.004, "anneal": True}},
    contenders=(Contender("siamese", "siamese-omniglot"),),
)
