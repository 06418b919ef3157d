"""The settings of iMAML, free of torch."""

from dataclasses import dataclass

from core.options import option
from core.training.config import AdaptationConfig, Descent


@dataclass(frozen=True)
class ImamlConfig(AdaptationConfig):
    """MAML with an implicit gradient (Rajeswaran et al. 2019)."""

    inner_rate: float = option(0.005, "inner learning rate alpha", low=0.0, high=10.0)
    inner_steps: int = option(16, "inner gradient steps in training", low=0, high=100)
    outer_rate: float = option(0.003, "outer learning rate of Adam", low=0.0, high=1.0)
    pull: float = option(2.0, "lambda: how strongly phi is drawn back to theta", low=0.01, high=100.0)
    damping: float = option(0.0, "added to lambda in the outer gradient alone", low=0.0, high=1000.0)
    solver_steps: int = option(5, "steps of conjugate gradients", low=1, high=50)

    @property
    def descent(self) -> Descent:
        """How a task adapts: down its loss and back to theta."""
        return Descent(self.inner_rate, pull=self.pull)
