"""Random inputs for the lab on the first-order gradient: those of MAML's full gradient."""

from core.labs.meta_gradient.trial import DIFFERENTIABLE, TRIALS, draw

__all__ = ["DIFFERENTIABLE", "TRIALS", "draw"]
