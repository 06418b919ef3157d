"""The learner's layer in the trainer of linear attention, between the matrices that are learned."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from core.labs.seam import Seam, parts_of, shaped
from core.methods.linear_attention import model
from core.methods.linear_attention.config import LinearAttentionConfig
from core.tasks.config import Linear

TASK = Linear(inputs=5, shots=5, queries=5)
RATE = 0.5  # which the learner's values have; the matrices learn the rest
CONFIG = LinearAttentionConfig(task=TASK, meta_batch=48, iterations=400, report_every=20, outer_rate=0.02)


def replacement(own: Callable[..., Any]) -> Callable[..., Any]:
    """Return the layer's attention, computed by the learner's function, a function of the meta-batch at a time."""

    def attend(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        answers = []
        for q, k, v in zip(queries, keys, values[..., 0], strict=True):
            _, answer = parts_of(own(k, v / RATE, q, RATE), "attention", "answers")
            answers.append(shaped(answer, (len(q),), "answers"))
        return torch.stack(answers)[..., None]

    return attend


SEAM = Seam(CONFIG, model, "attend", replacement)
