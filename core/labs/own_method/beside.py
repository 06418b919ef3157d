"""The settings of MAML in the training beside which a whole method is drawn. Free of torch."""

from core.methods.maml.config import MamlConfig

CONFIG = MamlConfig(inner_steps=3, inner_rate=0.02, outer_rate=0.005, meta_batch=10, iterations=400, report_every=20)
