"""Class means in the trainer of Matching networks, which has them as a variant."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from core.labs.matching_attention.training import COMPARISON, nll
from core.labs.matching_attention.training import CONFIG as ATTENTION
from core.labs.seam import Seam, parts_of, shaped
from core.methods.matching import algorithm
from core.methods.matching.config import MatchingConfig
from core.tasks.batch import Batch
from core.training.metric import Comparison

CONFIG = ATTENTION.updated(prototypes=True, distance="euclid", scale=1.0)


def replacement(own: Callable[..., Any]) -> Callable[..., Any]:
    """Return the comparison that answers by the learner's class means."""

    def answer(support: Tensor, queries: Tensor, _: Tensor, batch: Batch) -> Tensor:
        tasks = zip(queries, support, batch.support_y, strict=True)
        answers = [parts_of(own(q, s, y, batch.way), "means", "log_probabilities")[1] for q, s, y in tasks]
        return torch.stack([shaped(part, (queries.shape[1], batch.way), "log_probabilities") for part in answers])

    def loss(support: Tensor, queries: Tensor, head: Tensor, batch: Batch) -> Tensor:
        return nll(answer(support, queries, head, batch), batch.query_y)

    def comparison(config: MatchingConfig) -> Comparison:
        return replace(COMPARISON(config), answer=answer, loss=loss)

    return comparison


SEAM = Seam(CONFIG, algorithm, "comparison", replacement)
