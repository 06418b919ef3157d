"""The first-order gradient in MAML's trainer."""

from core.labs.meta_gradient.training import CONFIG, replacement
from core.labs.seam import Seam
from core.methods.maml import algorithm

SEAM = Seam(CONFIG.updated(order=1), algorithm, "meta_gradient", replacement)
