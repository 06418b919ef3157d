"""Random inputs for the lab on class means: those of the attention, without its scale."""

from core.labs.matching_attention.trial import DIFFERENTIABLE, TRIALS
from core.labs.matching_attention.trial import points as draw

__all__ = ["DIFFERENTIABLE", "TRIALS", "draw"]
