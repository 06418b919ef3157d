"""The settings of ordinary supervised pretraining, free of torch."""

from dataclasses import dataclass

from core.options import option
from core.training.config import AdaptationConfig


@dataclass(frozen=True)
class PretrainConfig(AdaptationConfig):
    """Ordinary supervised training on all training classes at once, whose features are then fine-tuned.

    The control for few-shot learning: one network, one big classification task, no episodes.
    """

    meta_batch: int = option(64, "images per update", low=2, high=1024)
    inner_rate: float = option(0.1, "learning rate of the fine-tuning", low=0.0, high=10.0)
    outer_rate: float = option(0.003, "learning rate of Adam", low=0.0, high=1.0)
