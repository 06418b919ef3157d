"""Beside which training a whole method is drawn on its lab's page."""

from core.labs.own_method.beside import CONFIG
from core.labs.seam import Seam
from core.methods.maml import algorithm

SEAM = Seam(CONFIG, algorithm, "meta_gradient", lambda own: own)  # nothing is put in its place: the file trains itself
