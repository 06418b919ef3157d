"""The settings of Reptile, free of torch."""

from dataclasses import dataclass

from core.options import option
from core.training.config import AdaptationConfig, Descent


@dataclass(frozen=True)
class ReptileConfig(AdaptationConfig):
    """Reptile (Nichol et al. 2018, algorithm 1 in its batched form)."""

    inner_steps: int = option(5, "inner gradient steps in training", low=1, high=50)
    inner_optimizer: str = option("sgd", "sgd, or adam with beta1 = 0 as in the paper", choices=("sgd", "adam"))
    inner_batch: int = option(0, "points of an inner step in training; 0 is all of the task's", low=0, high=500)
    epsilon: float = option(0.5, "outer step size epsilon", low=0.0, high=2.0)

    @property
    def outer_step(self) -> str:
        """The name of the field that scales an outer update."""
        return "epsilon"

    @property
    def descent(self) -> Descent:
        """How a task adapts."""
        return Descent(self.inner_rate, self.inner_optimizer)
