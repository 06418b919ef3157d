"""Pretraining: one classifier for all training classes, the control for few-shot learning."""

from core.methods.method import Algorithm, Contender, Method
from core.methods.pretrain.config import PretrainConfig
from core.tasks.config import Episodes


def load_algorithm() -> Algorithm:
    """Import the algorithm, which needs torch."""
    from core.methods.pretrain import algorithm

    return algorithm


METHOD = Method(
    "pretrain",
    PretrainConfig,
    "no meta-learning: one classifier for all classes",
    load_algorithm,
    tasks={Episodes: {"inner_steps": 10, "iterations": 3000}},
    contenders=(
        Contender("pretrain", "pretrain-omniglot", steps=10),
        Contender("joint", "joint-sinusoid", classes=False, steps=10),
    ),
)
