"""The settings of Meta-SGD, free of torch."""

from dataclasses import dataclass
from typing import Any

from core.options import option
from core.training.config import AdaptationConfig, Descent


@dataclass(frozen=True)
class MetaSgdConfig(AdaptationConfig):
    """MAML that learns a rate for each parameter, besides where it starts (Li et al. 2017)."""

    inner_rate: float = option(0.01, "inner learning rate of every parameter at the start", low=0.0, high=10.0)
    outer_rate: float = option(0.003, "outer learning rate of Adam", low=0.0, high=1.0)

    @property
    def parameters(self) -> int:
        """The length of theta: an initialization and as many rates."""
        return 2 * super().parameters

    def parts(self, theta: Any) -> tuple[Any, Descent]:
        """Return the initialization, and a descent with the learned rates."""
        middle = len(theta) // 2
        return theta[:middle], Descent(theta[middle:])
