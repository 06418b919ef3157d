"""Reptile: move theta towards copies of it that were trained on each task."""

from core.methods.method import Algorithm, Contender, Method
from core.methods.reptile.config import ReptileConfig
from core.tasks.config import Episodes, Sinusoid


def load_algorithm() -> Algorithm:
    """Import the algorithm, which needs torch."""
    from core.methods.reptile import algorithm

    return algorithm


METHOD = Method(
    "reptile",
    ReptileConfig,
    "move theta towards trained copies",
    load_algorithm,
    tasks={
        Sinusoid: {},
        Episodes: {
            "inner_rate": 0.3,
            "inner_batch": 10,
            "meta_batch": 5,
            "epsilon": 1.0,
            "shots": 1,
            "queries": 9,
            "test_steps": 20,
            "iterations": 5000,
        },
    },
    demos={Sinusoid: {"iterations": 4000, "epsilon": 1.0}, Episodes: {"iterations": 1500, "anneal": True}},
    splits_tasks=True,
    contenders=(
        Contender("reptile", "reptile-omniglot-5way1shot", steps=20),
        Contender("reptile", "reptile-sinusoid", classes=False, steps=10),
    ),
)
