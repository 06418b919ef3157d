"""Prototypical network: a class is the mean of its embeddings."""

from core.methods.method import Algorithm, Contender, Method
from core.methods.prototypes.config import PrototypesConfig
from core.tasks.config import Episodes


def load_algorithm() -> Algorithm:
    """Import the algorithm, which needs torch."""
    from core.methods.prototypes import algorithm

    return algorithm


METHOD = Method(
    "prototypes",
    PrototypesConfig,
    "a class is the mean of its embeddings",
    load_algorithm,
    tasks={Episodes: {"way": 60, "queries": 1, "iterations": 5000, "transductive": False, "outer_rate": 0.003}},
    demos={Episodes: {"way": 20, "queries": 2, "iterations": 2000, "outer_rate": 0.008, "anneal": True}},
    contenders=(Contender("prototypes", "prototypes-omniglot"),),
)
