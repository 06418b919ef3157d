"""The settings of Matching networks, free of torch."""

from dataclasses import dataclass

from core.options import option
from core.tasks import sizes
from core.tasks.config import Episodes
from core.training.config import MetricConfig


@dataclass(frozen=True)
class MatchingConfig(MetricConfig):
    """Matching network (Vinyals et al. 2016), and prototypes (Snell et al. 2017) as a variant."""

    meta_batch: int = option(2, "episodes per update", low=1, high=256)
    distance: str = option("cosine", "how embeddings are compared", choices=("cosine", "dot", "euclid"))
    scale: float = option(10.0, "what similarities are multiplied by before the softmax", low=0.01, high=100.0)
    prototypes: bool = option(False, "attend to the mean embedding of each class")
    context: int = option(0, "steps of the query's LSTM in full-context embeddings; 0 is none", low=0, high=10)

    def kept(self, way: int, shots: int) -> int:
        """Return how many embeddings the network keeps of a task: those of its drawings, or their means."""
        return way if self.prototypes else way * shots

    @property
    def parameters(self) -> int:
        """The length of theta: the encoder and, in full-context embeddings, three LSTMs over its features."""
        features = self.task.features if isinstance(self.task, Episodes) else 40
        context = 2 * sizes.lstm(features, features) + sizes.lstm(features, features, 2 * features)
        return self.encoder_parameters + (context if self.context else 0)
