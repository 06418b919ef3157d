"""The distance and the loss of pairs in the Siamese network's trainer."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from core.labs.seam import Seam, parts_of, shaped
from core.methods.siamese import algorithm
from core.methods.siamese.config import SiameseConfig
from core.tasks.batch import Batch
from core.tasks.config import Episodes
from core.training.metric import Comparison

TASK = Episodes(data="glyphs", way=5, shots=1, queries=1, width=8, transductive=False, rotations=False)
CONFIG = SiameseConfig(task=TASK, meta_batch=8, iterations=100, report_every=5, negatives="all", outer_rate=0.005)
COMPARISON = algorithm.comparison
EDGE = 1e-6  # a probability of 0 or 1 has no logit


def replacement(own: Callable[..., Any]) -> Callable[..., Any]:
    """Return the comparison whose pairs the learner's function judges. Pairs that match count as much as all others."""

    def of_pairs(first: Tensor, second: Tensor, head: Tensor, same: Tensor) -> tuple[Tensor, Tensor]:
        probabilities, loss = parts_of(
            own(first, second, head[:-1], head[-1], same.to(first.dtype)), "probabilities", "loss"
        )
        return shaped(probabilities, same, "probabilities"), shaped(loss, (), "loss")

    def same_of(batch: Batch) -> Tensor:
        return batch.query_y[:, :, None] == batch.support_y[:, None]

    def of_task(support: Tensor, queries: Tensor) -> tuple[Tensor, Tensor]:
        """Return both sides of all pairs of a task, [queries * support, f] each."""
        first = queries.repeat_interleave(len(support), 0)
        return first, support.repeat(len(queries), 1)

    def compare(support: Tensor, queries: Tensor, head: Tensor, batch: Batch) -> Tensor:
        same = same_of(batch)
        tasks = zip(support, queries, same, strict=True)
        return torch.stack([of_pairs(*of_task(s, q), head, y.flatten())[0].view(y.shape) for s, q, y in tasks])

    def answer(support: Tensor, queries: Tensor, head: Tensor, batch: Batch) -> Tensor:
        scores = compare(support, queries, head, batch).clamp(EDGE, 1 - EDGE).logit()
        return algorithm.class_scores(scores, batch.way).log_softmax(-1)

    def loss(support: Tensor, queries: Tensor, head: Tensor, batch: Batch) -> Tensor:
        losses = []
        for s, q, y in zip(support, queries, same_of(batch).flatten(1), strict=True):
            first, second = of_task(s, q)
            parts = [of_pairs(first[kind], second[kind], head, y[kind])[1] for kind in (y, ~y)]
            losses.append(torch.stack(parts).mean())
        return torch.stack(losses)

    def comparison(config: SiameseConfig) -> Comparison:
        return replace(COMPARISON(config), compare=compare, answer=answer, loss=loss)

    return comparison


SEAM = Seam(CONFIG, algorithm, "comparison", replacement)
