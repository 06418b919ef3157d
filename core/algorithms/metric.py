"""How metric methods are judged: no task is adapted to, every answer comes from comparing."""

from collections.abc import Callable

import torch
from torch import Tensor

from core.configs import Episodes
from core.evaluation import TEST_QUERIES, TOGETHER
from core.events import DivergedError, FewShotEvaluation, OuterStep
from core.problems import accuracy, cross_entropy
from core.tasks import families
from core.tasks.episodes import EpisodeBatch

WATCHED = 100  # unseen episodes that a learning curve is measured on

Answers = Callable[[EpisodeBatch], Tensor]  # log probabilities [tasks, queries, way] of a batch of episodes


def watched(task: Episodes) -> EpisodeBatch:
    """The fixed unseen episodes of a learning curve."""
    batch = families.unseen(task, "watched", WATCHED, TEST_QUERIES)
    assert isinstance(batch, EpisodeBatch)
    return batch


def report(answers: Answers, batch: EpisodeBatch, iteration: int) -> OuterStep:
    """Mean -log p and accuracy on `batch`; there is no adapting, so before and after are the same."""
    log_p = answers(batch)
    loss = cross_entropy(log_p, batch.query_y).mean().item()
    if iteration and not torch.tensor(loss).isfinite():
        raise DivergedError(iteration)
    right = accuracy(log_p, batch.query_y).mean().item()
    return OuterStep(iteration, loss, loss, right, right)


def evaluate(answers: Answers, task: Episodes, episodes: int, iteration: int) -> FewShotEvaluation:
    """Accuracy on `episodes` unseen episodes with 5 queries a class; "after 0 steps" is all there is."""
    right, losses = [], []
    for block in range(0, episodes, TOGETHER):
        batch = families.unseen(task, "evaluation", min(TOGETHER, episodes - block), TEST_QUERIES, block)
        assert isinstance(batch, EpisodeBatch)
        log_p = answers(batch)
        right.append(accuracy(log_p, batch.query_y))
        losses.append(cross_entropy(log_p, batch.query_y))
    share = torch.cat(right)
    ci95 = 1.96 * share.std() / episodes**0.5
    mean, half, loss = (one.item() for one in (share.mean(), ci95, torch.cat(losses).mean()))
    by_step = (torch.tensor([one]).numpy() for one in (mean, half, loss))
    return FewShotEvaluation(
        iteration, mean, half, task.way, task.shots, episodes, task.transductive, task.data, task.split,
        0.0, [0], *by_step,
    )  # fmt: skip
