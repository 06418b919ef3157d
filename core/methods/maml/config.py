"""The settings of MAML, free of torch."""

from dataclasses import dataclass

from core.options import option
from core.training.config import AdaptationConfig


@dataclass(frozen=True)
class MamlConfig(AdaptationConfig):
    """Model-agnostic meta-learning (Finn et al. 2017, algorithm 2)."""

    inner_steps: int = option(1, "inner gradient steps in training", low=0, high=20)
    outer_rate: float = option(0.003, "outer learning rate of Adam (the paper's code: 0.001)", low=0.0, high=1.0)
    order: int = option(2, "2: through the inner steps; 1: first-order MAML", choices=(1, 2))
    average: float = option(
        0.0, "theta is a running mean of the updates that keeps this share at each; 0: the last", low=0.0, high=0.999
    )
