"""One layer of attention without softmax, which learns to be a step of gradient descent."""

from core.events.evaluations import BesideOneStep
from core.methods.linear_attention.config import LinearAttentionConfig
from core.methods.method import Algorithm, Method
from core.tasks.config import Linear


def load_algorithm() -> Algorithm:
    """Import the algorithm, which needs torch."""
    from core.methods.linear_attention import algorithm

    return algorithm


METHOD = Method(
    "linear-attention",
    LinearAttentionConfig,
    "one layer of linear attention, which becomes a gradient step",
    load_algorithm,
    tasks={Linear: {"iterations": 3000, "anneal": True}},
    demos={Linear: {"iterations": 1500, "report_every": 10}},
    evaluations={Linear: BesideOneStep},
)
