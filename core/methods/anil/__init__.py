"""ANIL: MAML of which only the last layer adapts."""

from core.methods.anil.config import AnilConfig
from core.methods.method import Algorithm, Contender, Method
from core.tasks.config import Episodes, Sinusoid


def load_algorithm() -> Algorithm:
    """Import the algorithm, which needs torch."""
    from core.methods.anil import algorithm

    return algorithm


METHOD = Method(
    "anil",
    AnilConfig,
    "MAML of which only the last layer adapts",
    load_algorithm,
    tasks={Sinusoid: {}, Episodes: {"inner_rate": 0.4, "meta_batch": 8, "test_steps": 1, "iterations": 3000}},
    demos={Sinusoid: {"iterations": 4000, "outer_rate": 0.006}},
    contenders=(
        Contender("anil", "anil-omniglot-5way1shot", steps=1),
        Contender("anil", "anil-sinusoid", classes=False, steps=4),
    ),
)
