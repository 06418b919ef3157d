"""The settings of the programs of the lesson on reading published code, free of torch."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from core.options import option
from core.training.config import AdaptationConfig


@dataclass(frozen=True)
class ReadingConfig(AdaptationConfig):
    """The article's programs, with a switch for each fault; see core.methods.reading.algorithm."""

    FORMER_NAMES: ClassVar[Mapping[str, str]] = {"link": "gradient_link"}

    meta_batch: int = option(5, "tasks of a pass", low=1, high=100)
    inner_steps: int = option(5, "inner gradient steps in training", low=1, high=20)
    outer_rate: float = option(0.003, "size of MAML's outer step, a plain gradient step", low=0.0, high=1.0)
    epsilon: float = option(0.5, "Reptile's outer step size", low=0.0, high=2.0)
    family: str = option("maml", "which of the two programs", choices=("maml", "reptile"))
    adds_up: bool = option(False, "maml: an inner step starts where the last one ended")
    gradient_link: str = option("cut", "maml: how phi hangs on theta", choices=("kept", "cut", "overwritten"))
    copies: bool = option(False, "reptile: each task trains a copy of theta")
    mean: bool = option(False, "reptile: the mean of the arrows, not their sum")

    @property
    def outer_step(self) -> str:
        """The name of the field that scales an outer update."""
        return "outer_rate" if self.family == "maml" else "epsilon"

    @property
    def repaired(self) -> "ReadingConfig":
        """The same run with every fault repaired."""
        return replace(self, adds_up=True, gradient_link="kept", copies=True, mean=True)
