"""The settings of conditional neural processes, free of torch."""

from dataclasses import dataclass

from core.options import option
from core.tasks import sizes
from core.training.config import ContextConfig


@dataclass(frozen=True)
class CnpConfig(ContextConfig):
    """Conditional neural process (Garnelo et al. 2018)."""

    outer_rate: float = option(0.003, "learning rate of Adam", low=0.0, high=1.0)
    width: int = option(128, "units of each layer, and numbers that stand for a point", low=4, high=512)

    @property
    def parameters(self) -> int:
        """The length of theta: the network of a point and the network of an answer."""
        width = self.width
        return sizes.mlp(2, width, width, width) + sizes.mlp(width + 1, width, width, 2)
