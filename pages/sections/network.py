"""A network that answers on a page."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from core.training.config import TrainingConfig

Config = TypeVar("Config", bound=TrainingConfig)


@dataclass(frozen=True)
class Network(Generic[Config]):
    """A network that answers: the config that it was trained with, and its theta [parameters]."""

    training: Config
    theta: np.ndarray
