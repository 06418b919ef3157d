"""Beside which training a whole method is drawn on its lab's page: MAML's, as long and on as many tasks."""

from core.labs.seam import Seam
from core.methods.maml import algorithm
from core.methods.maml.config import MamlConfig

CONFIG = MamlConfig(inner_steps=3, inner_rate=0.02, outer_rate=0.005, meta_batch=10, iterations=400, report_every=20)
SEAM = Seam(CONFIG, algorithm, "meta_gradient", lambda own: own)  # nothing is put in its place: the file trains itself
