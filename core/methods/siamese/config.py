"""The settings of Siamese networks, free of torch."""

from dataclasses import dataclass

from core.options import option
from core.training.config import MetricConfig


@dataclass(frozen=True)
class SiameseConfig(MetricConfig):
    """Siamese network (Koch et al. 2015), trained on all pairs of an episode's support and queries."""

    meta_batch: int = option(2, "groups of pairs per update", low=1, high=256)
    negatives: str = option("hardest", "pairs of two characters that count", choices=("hardest", "all"))

    @property
    def parameters(self) -> int:
        """The length of theta: the encoder, a weight for each feature, and a bias. Raises ConfigError."""
        return self.encoder_parameters + self.episodes.features + 1
