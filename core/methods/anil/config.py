"""The settings of ANIL, free of torch."""

from dataclasses import dataclass

import numpy as np

from core.options import option
from core.training.config import AdaptationConfig, Descent


@dataclass(frozen=True)
class AnilConfig(AdaptationConfig):
    """Almost no inner loop: MAML of which only the last layer adapts (Raghu et al. 2020)."""

    outer_rate: float = option(0.003, "outer learning rate of Adam", low=0.0, high=1.0)

    @property
    def descent(self) -> Descent:
        """How a task adapts: the inner rate for the last layer, zero for all below it."""
        rates = np.zeros(self.parameters, dtype=np.float32)
        rates[-self.layers[-1] :] = self.inner_rate
        return Descent(rates)
