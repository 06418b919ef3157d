"""Memory-augmented network: name pictures by labels that came only just before."""

from core.events.evaluations import ByInstance, ByPoint
from core.methods.mann.config import MannConfig
from core.methods.method import Algorithm, Contender, Method
from core.tasks.config import Episodes, Sinusoid


def load_algorithm() -> Algorithm:
    """Import the algorithm, which needs torch."""
    from core.methods.mann import algorithm

    return algorithm


METHOD = Method(
    "mann",
    MannConfig,
    "memory-augmented network: write where it was least used",
    load_algorithm,
    tasks={
        Episodes: {"iterations": 20_000, "transductive": False, "columns": 90},
        Sinusoid: {"iterations": 20_000, "value_columns": 0},
    },
    demos={Episodes: {"iterations": 2000, "rows": 64, "side": 14, "test_tasks": 200}},
    evaluations={Episodes: ByInstance, Sinusoid: ByPoint},
    contenders=(Contender("mann", "mann-omniglot"), Contender("mann", "mann-sinusoid", classes=False)),
)
