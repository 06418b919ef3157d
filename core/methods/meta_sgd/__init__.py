"""Meta-SGD: MAML that learns a rate for each parameter."""

from core.methods.meta_sgd.config import MetaSgdConfig
from core.methods.method import Algorithm, Contender, Method
from core.tasks.config import Episodes, Sinusoid


def load_algorithm() -> Algorithm:
    """Import the algorithm, which needs torch."""
    from core.methods.meta_sgd import algorithm

    return algorithm


METHOD = Method(
    "meta-sgd",
    MetaSgdConfig,
    "MAML that learns a rate for each parameter",
    load_algorithm,
    tasks={
        Sinusoid: {"test_steps": 1},
        Episodes: {"inner_rate": 0.1, "meta_batch": 8, "test_steps": 1, "iterations": 3000},
    },
    demos={Sinusoid: {"iterations": 4000, "outer_rate": 0.006}},
    contenders=(Contender("meta-sgd", "meta-sgd-sinusoid", classes=False, steps=1),),
)
