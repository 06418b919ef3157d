"""Matching network: answer for a query by its attention to the support."""

from core.methods.matching.config import MatchingConfig
from core.methods.method import Algorithm, Contender, Method
from core.tasks.config import Episodes, Sinusoid


def load_algorithm() -> Algorithm:
    """Import the algorithm, which needs torch."""
    from core.methods.matching import algorithm

    return algorithm


METHOD = Method(
    "matching",
    MatchingConfig,
    "answer by attention to the support",
    load_algorithm,
    tasks={Sinusoid: {}, Episodes: {"way": 20, "iterations": 5000, "transductive": False}},
    demos={Episodes: {"iterations": 2000, "queries": 2, "outer_rate": 0.008, "scale": 25.0, "anneal": True}},
    contenders=(
        Contender("matching", "matching-omniglot"),
        Contender("matching", "matching-sinusoid", classes=False),
    ),
)
