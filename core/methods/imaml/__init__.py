"""iMAML: MAML with an implicit gradient."""

from core.methods.imaml.config import ImamlConfig
from core.methods.method import Algorithm, Contender, Method
from core.tasks.config import Episodes, Sinusoid


def load_algorithm() -> Algorithm:
    """Import the algorithm, which needs torch."""
    from core.methods.imaml import algorithm

    return algorithm


METHOD = Method(
    "imaml",
    ImamlConfig,
    "MAML with an implicit gradient",
    load_algorithm,
    tasks={
        Sinusoid: {"damping": 30.0, "inner_rate": 0.0025, "inner_steps": 24, "test_steps": 24},
        Episodes: {"inner_rate": 0.1, "meta_batch": 8, "test_steps": 16, "iterations": 3000},
    },
    demos={Sinusoid: {"iterations": 1500}},
    contenders=(Contender("imaml", "imaml-sinusoid", classes=False, steps=24),),
)
