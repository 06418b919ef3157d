"""The two programs of the lesson on reading published code, with a switch for each fault."""

from core.methods.method import Algorithm, Method
from core.methods.reading.config import ReadingConfig
from core.tasks.config import Sinusoid


def load_algorithm() -> Algorithm:
    """Import the algorithm, which needs torch."""
    from core.methods.reading import algorithm

    return algorithm


METHOD = Method(
    "reading",
    ReadingConfig,
    "the article's programs, faults and all",
    load_algorithm,
    tasks={Sinusoid: {"iterations": 3000}},
)
