"""Learning in context: a transformer that reads points and answers, without a gradient step."""

from core.events.evaluations import LossByPoints
from core.methods.in_context.config import InContextConfig
from core.methods.method import Algorithm, Contender, Method
from core.tasks.config import Sinusoid


def load_algorithm() -> Algorithm:
    """Import the algorithm, which needs torch."""
    from core.methods.in_context import algorithm

    return algorithm


METHOD = Method(
    "in-context",
    InContextConfig,
    "a transformer that reads points and answers, without a step",
    load_algorithm,
    tasks={Sinusoid: {"shots": 20, "queries": 21, "anneal": True}},
    demos={Sinusoid: {"iterations": 1000, "report_every": 10}},
    contenders=(Contender("in-context", "in-context-sinusoid", classes=False),),
    evaluations={Sinusoid: LossByPoints},
)
