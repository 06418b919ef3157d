"""Siamese network: the same encoder looks at two pictures, and says how likely they are of one character.

Koch, Zemel, Salakhutdinov 2015, "Siamese Neural Networks for One-shot Image Recognition", section 3.
It is trained on pairs and never sees an episode; N-way one-shot is then N verifications, and the most
similar support picture wins.

Every support picture of a training group is paired with every query picture: with one of each,
drawn by two people, `way` characters give `way` pairs that match and way (way - 1) that do not, for
2 way runs of the encoder. No picture is paired with itself. Both kinds weigh the same in the loss.
Run it:  python -m core train siamese --task omniglot --seconds 60
"""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import softplus

from core.events import Event, Snapshot
from core.events.evaluations import Evaluation, FewShotEvaluation
from core.methods.siamese.config import SiameseConfig
from core.tasks.batch import Batch
from core.training import metric
from core.training.problem import encoder_of

APART = 1.2  # each of the f differences starts with the weight -APART / sqrt(f)
TOGETHER = 2.0  # the first bias: the logit of a pair without any difference


def logits(queries: Tensor, support: Tensor, head: Tensor) -> Tensor:
    """Return the logit of "one character" for each pair [tasks, queries, support]: the learned weighted L1 distance.

    head: a weight alpha_j for each of the f differences |q_j - s_j|, then a bias (section 3.1).
    """
    differences = (queries[:, :, None] - support[:, None]).abs()
    return differences @ head[:-1] + head[-1]


def pair_loss(scores: Tensor, same: Tensor, negatives: str) -> Tensor:
    """Return the binary cross-entropy [tasks] of logits [tasks, queries, support], balanced: pairs that match count
    as much together as pairs that do not.

    negatives: "all", or only the "hardest" of each picture, the pair with the highest logit.
    """
    matching = (softplus(-scores) * same).sum((1, 2)) / same.sum((1, 2))
    losses = softplus(scores).masked_fill(same, 0.0)
    if negatives == "hardest":
        apart = (losses.amax(1).mean(1) + losses.amax(2).mean(1)) / 2
    else:
        apart = losses.sum((1, 2)) / (~same).sum((1, 2))
    return (matching + apart) / 2


def class_scores(scores: Tensor, way: int) -> Tensor:
    """Return the logit of the most similar support picture of each class, [tasks, queries, way]."""
    return scores.unflatten(2, (-1, way)).amax(2)


def comparison(config: SiameseConfig) -> metric.Comparison:
    """Return the comparison that `config` describes."""
    encoder = encoder_of(config.episodes)

    def start(_: torch.Generator) -> Tensor:
        weights = torch.full((encoder.features,), -APART / encoder.features**0.5)
        return torch.cat([weights, torch.tensor([TOGETHER])])

    def compare(support: Tensor, queries: Tensor, head: Tensor, _: Batch) -> Tensor:
        return logits(queries, support, head).sigmoid()

    def answer(support: Tensor, queries: Tensor, head: Tensor, batch: Batch) -> Tensor:
        return class_scores(logits(queries, support, head), batch.way).log_softmax(-1)

    def loss(support: Tensor, queries: Tensor, head: Tensor, batch: Batch) -> Tensor:
        same = batch.query_y[:, :, None] == batch.support_y[:, None]
        return pair_loss(logits(queries, support, head), same, config.negatives)

    return metric.Comparison(encoder, encoder.features + 1, start, compare, answer, loss, pairs=True)


def train(config: SiameseConfig, resume: Snapshot | None = None) -> Iterator[Event]:
    """Train encoder and head on pairs; yields the events of core.events. Raises DivergedError."""
    return metric.train(comparison(config), config, resume)


def evaluate(theta: Tensor, config: SiameseConfig, iteration: int = 0) -> Evaluation | FewShotEvaluation:
    """Return the accuracy on `config.test_tasks` unseen episodes of `config.test_way` and `config.test_shots`."""
    return metric.evaluate(comparison(config), theta, config, iteration)
