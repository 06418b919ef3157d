"""Conditional neural process: points become one vector, from which it answers with a band of uncertainty."""

from core.events.evaluations import LossByPoints
from core.methods.cnp.config import CnpConfig
from core.methods.method import Algorithm, Contender, Method
from core.tasks.config import Sinusoid


def load_algorithm() -> Algorithm:
    """Import the algorithm, which needs torch."""
    from core.methods.cnp import algorithm

    return algorithm


METHOD = Method(
    "cnp",
    CnpConfig,
    "conditional neural process: answers with a band of uncertainty",
    load_algorithm,
    tasks={Sinusoid: {"shots": 20, "queries": 21, "anneal": True}},
    demos={Sinusoid: {"iterations": 1000, "report_every": 10}},
    contenders=(Contender("cnp", "cnp-sinusoid", classes=False),),
    evaluations={Sinusoid: LossByPoints},
)
