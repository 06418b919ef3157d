"""The attention in the Matching network's trainer."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from core.labs.seam import Seam, parts_of, shaped
from core.methods.matching import algorithm
from core.methods.matching.config import MatchingConfig
from core.tasks.batch import Batch
from core.tasks.config import Episodes
from core.training.metric import Comparison

TASK = Episodes(data="glyphs", way=5, shots=2, queries=2, width=8, transductive=False, rotations=False)
CONFIG = MatchingConfig(task=TASK, meta_batch=4, iterations=120, report_every=10, outer_rate=0.005)
COMPARISON = algorithm.comparison


def replacement(own: Callable[..., Any]) -> Callable[..., Any]:
    """Return the comparison that answers by the learner's attention."""

    def comparison(config: MatchingConfig) -> Comparison:
        def attended(support: Tensor, queries: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
            tasks = zip(queries, support, batch.support_y, strict=True)
            parts = [parts_of(own(q, s, y, batch.way, config.scale), "attention", "probabilities") for q, s, y in tasks]
            attention, probabilities = (list(part) for part in zip(*parts, strict=True))
            points = queries.shape[1]
            return (
                torch.stack([shaped(part, (points, support.shape[1]), "attention") for part in attention]),
                torch.stack([shaped(part, (points, batch.way), "probabilities") for part in probabilities]),
            )

        def compare(support: Tensor, queries: Tensor, _: Tensor, batch: Batch) -> Tensor:
            return attended(support, queries, batch)[0]

        def answer(support: Tensor, queries: Tensor, _: Tensor, batch: Batch) -> Tensor:
            return attended(support, queries, batch)[1].log()

        def loss(support: Tensor, queries: Tensor, head: Tensor, batch: Batch) -> Tensor:
            return nll(answer(support, queries, head, batch), batch.query_y)

        return replace(COMPARISON(config), compare=compare, answer=answer, loss=loss)

    return comparison


def nll(log_p: Tensor, y: Tensor) -> Tensor:
    """Return minus the mean log probability of the right class, [tasks]; log_p [tasks, queries, way]."""
    return -log_p.gather(-1, y[..., None]).mean((1, 2))


SEAM = Seam(CONFIG, algorithm, "comparison", replacement)
