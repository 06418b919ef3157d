"""The settings of prototypical networks, free of torch."""

from dataclasses import dataclass

from core.options import option
from core.training.config import MetricConfig


@dataclass(frozen=True)
class PrototypesConfig(MetricConfig):
    """Prototypical network (Snell et al. 2017)."""

    meta_batch: int = option(1, "episodes per update", low=1, high=256)

    def kept(self, way: int, shots: int) -> int:
        """Return how many embeddings the network keeps of a task: a mean for each class."""
        return way

    @property
    def parameters(self) -> int:
        """The length of theta: the encoder alone, with the statistics of its normalization."""
        return self.encoder_parameters
