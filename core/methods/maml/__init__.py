"""MAML: learn an initialization from which a few gradient steps fit a new task."""

from core.methods.maml.config import MamlConfig
from core.methods.method import Algorithm, Contender, Method
from core.tasks.config import Episodes, Sinusoid


def load_algorithm() -> Algorithm:
    """Import the algorithm, which needs torch."""
    from core.methods.maml import algorithm

    return algorithm


METHOD = Method(
    "maml",
    MamlConfig,
    "model-agnostic meta-learning, order 1 or 2",
    load_algorithm,
    tasks={Sinusoid: {}, Episodes: {"inner_rate": 0.4, "meta_batch": 8, "test_steps": 1, "iterations": 3000}},
    demos={
        Sinusoid: {"iterations": 4000, "outer_rate": 0.006},
        Episodes: {
            "iterations": 1000,
            "anneal": True,
            "meta_batch": 16,
            "outer_rate": 0.01,
            "average": 0.95,
            "rotations": False,
            "report_every": 10,
        },
    },
    splits_tasks=True,
    contenders=(
        Contender("maml", "maml-omniglot-5way1shot", steps=1, wider="maml-omniglot-20way1shot"),
        Contender("fomaml", "fomaml-omniglot-5way1shot", steps=20),
        Contender("maml", "maml-sinusoid", classes=False, steps=10),
    ),
)
