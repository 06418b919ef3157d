"""What the metric methods share: one encoder for all tasks, trained so that comparing its embeddings answers.

Nothing is adapted to a new task. A comparison says how two sets of embeddings are compared and what loss
follows; this module trains the encoder for it and judges it. All parameters are one flat theta:
the encoder's, the comparison's own (its head), and the statistics of batch normalization that training
met, with which a picture is embedded alone afterwards: no answer depends on another query.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor

from core.events import Compared, Event, OuterMove, OuterStep, Snapshot, Verified, arrays
from core.events.evaluations import Evaluation, FewShotEvaluation
from core.models import frozen
from core.models.encoder import Encoder
from core.parallel.threads import map_shards
from core.seeding import generator
from core.tasks import families, oneshot
from core.tasks.batch import Batch
from core.tasks.config import Episodes
from core.tasks.episodes import EpisodeBatch, every_drawing
from core.training.config import TEST_QUERIES, MetricConfig
from core.training.evaluation import few_shot_score, regression_score
from core.training.outer_loop import FlatAdam, TrainingClock, snapshot
from core.training.problem import accuracy, cross_entropy, mean_squared_error

WATCHED = 50  # unseen tasks that a learning curve is measured on
TINY = 1e-12
FOLLOW = 0.05  # how fast the statistics follow those of the batches


class Embedder(Protocol):
    """What `core.models.encoder.Encoder` and `core.models.mlp.Features` have in common."""

    @property
    def features(self) -> int:
        """Length of an embedding."""

    @property
    def parameters(self) -> int:
        """Length of its flat parameter vector."""

    @property
    def statistics(self) -> int:
        """How many statistics of normalization it has."""

    def init(self, generator: torch.Generator) -> Tensor:
        """Random parameters."""

    def __call__(self, phi: Tensor, x: Tensor) -> Tensor:
        """Embeddings [tasks, points, features]."""

    def forward(self, phi: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Embeddings, and the statistics [tasks, self.statistics] that normalized them."""


@dataclass(frozen=True)
class Comparison:
    """How embeddings are compared: by functions of support [tasks, s, f], queries [tasks, q, f], head and batch.

    head: how many parameters it has besides the encoder's; start: draws them. compare: the attention of each query
    to each support point [tasks, q, s], or the probability that both are of one class. answer: log probabilities of
    the classes [tasks, q, way], or predicted values [tasks, q, 1]. loss: one value a task. pairs: whether `compare`
    judges each pair by itself.
    """

    encoder: Embedder
    head: int
    start: Callable[[torch.Generator], Tensor]
    compare: Callable[[Tensor, Tensor, Tensor, Batch], Tensor]
    answer: Callable[[Tensor, Tensor, Tensor, Batch], Tensor]
    loss: Callable[[Tensor, Tensor, Tensor, Batch], Tensor]
    pairs: bool = False

    @property
    def parameters(self) -> int:
        """How much of theta is trained by gradients; the rest are statistics."""
        return self.encoder.parameters + self.head

    def init(self, seed: int, first: Batch) -> Tensor:
        """Return a random theta, with the statistics that it has on the batch `first`."""
        source = generator(seed, "init")
        weights, head = self.encoder.init(source), self.start(source)
        x = torch.cat([first.support_x, first.query_x], 1)
        with torch.no_grad():
            _, statistics = self.encoder.forward(weights.expand(len(x), -1), x)
        return torch.cat([weights, head, statistics.mean(0)])

    def parts(self, theta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return views of theta: the encoder's parameters, the head, the statistics."""
        encoder, head, statistics = theta.split([self.encoder.parameters, self.head, self.encoder.statistics])
        return encoder, head, statistics

    def embed(self, theta: Tensor, x: Tensor) -> Tensor:
        """Return the embeddings [..., f] of points, each seen alone."""
        encoder, _, statistics = self.parts(theta)
        if isinstance(self.encoder, Encoder):
            return frozen.embed(self.encoder, encoder, statistics, x)
        with torch.no_grad():
            return self.encoder(encoder.expand(len(x), -1), x)

    def look(self, theta: Tensor, batch: Batch, iteration: int = 0) -> Compared:
        """Return how the queries of a batch are answered, whatever its way and shot, every point seen alone."""
        embedding = self.embed(theta, torch.cat([batch.support_x, batch.query_x], 1))
        return compared(self, theta, embedding, batch, iteration)


@dataclass(frozen=True)
class Learned:
    """What one meta-batch teaches: losses [tasks], the gradient of their mean in the trained part of
    theta, the statistics of each task, and the embeddings [tasks, s + q, f].
    """

    losses: Tensor
    gradient: Tensor
    statistics: Tensor
    embedding: Tensor


def learn(comparison: Comparison, theta: Tensor, batch: Batch) -> Learned:
    """Return the losses and their gradient. In training all points of a task are normalized together."""
    x, supports = torch.cat([batch.support_x, batch.query_x], 1), batch.support_x.shape[1]

    def of_shard(part: slice) -> tuple[Tensor, ...]:
        trained = theta[: comparison.parameters].clone().requires_grad_()
        weights, head = trained.split([comparison.encoder.parameters, comparison.head])
        embedding, statistics = comparison.encoder.forward(weights.expand(len(x[part]), -1), x[part])
        losses = comparison.loss(embedding[:, :supports], embedding[:, supports:], head, batch.part(part))
        (gradient,) = torch.autograd.grad(losses.sum(), trained)
        return losses.detach(), gradient, statistics, embedding.detach()

    shards = map_shards(of_shard, *x.shape[:2])
    losses, gradients, statistics, embeddings = zip(*shards, strict=True)
    return Learned(
        torch.cat(losses), torch.stack(gradients).sum(0) / batch.tasks, torch.cat(statistics), torch.cat(embeddings)
    )


class MetricTrainer(TrainingClock):
    """A run of `comparison`: its theta, its optimizer, its reports and its score."""

    config: MetricConfig

    def __init__(self, comparison: Comparison, config: MetricConfig, resume: Snapshot | None) -> None:
        super().__init__(config, resume)
        self.comparison = comparison
        first = families.draw(config.task, config.meta_batch, generator(config.seed, "train"))
        self.theta = torch.from_numpy(resume.theta.copy()) if resume else comparison.init(config.seed, first)
        self.trained = self.theta[: comparison.parameters]  # a view: Adam moves theta through it
        self.adam = FlatAdam(self.trained, config.outer_rate, resume)

    @cached_property
    def _watched(self) -> Batch:
        return families.unseen(self.config.tested, "watched", WATCHED, TEST_QUERIES)

    def descend(self, learned: Learned, lr_scale: float) -> None:
        """Make one outer update."""
        self.adam.step(learned.gradient, lr_scale)
        _, _, statistics = self.comparison.parts(self.theta)
        statistics.lerp_(learned.statistics.mean(0), FOLLOW)

    def report(self) -> Iterator[Event]:
        """Yield loss and accuracy on fixed unseen tasks, and what the first of them looks like.

        There is no adapting, so before and after are the same.
        """
        batch = self._watched
        shown = self.comparison.look(self.theta, batch, self.iteration)
        answers = torch.from_numpy(shown.answers)
        if not batch.classes:
            loss, right = mean_squared_error(answers, batch.query_y).mean().item(), None
        else:
            loss = cross_entropy(answers.clamp_min(TINY).log(), batch.query_y).mean().item()
            right = accuracy(answers, batch.query_y).mean().item()
        self.check(loss, self.theta, self.adam)
        yield OuterStep(self.iteration, loss, loss, right, right)
        parts = (shown.support, shown.queries, shown.attention, shown.answers, shown.losses)
        yield Compared(self.iteration, *(part[:1] for part in parts), shown.head)
        if self.comparison.pairs:
            yield verified(self.iteration, torch.from_numpy(shown.attention), batch)


def train(comparison: Comparison, config: MetricConfig, resume: Snapshot | None) -> Iterator[Event]:
    """Train theta on meta-batches; yields the events of core.events. Raises DivergedError."""
    run = MetricTrainer(comparison, config, resume)
    yield snapshot(run.iteration, run.theta, run.adam)
    yield from run.report()

    for batch, lr_scale in run.meta_batches():
        if config.trace:
            yield batch.drawn(run.iteration, run.theta)
        learned = learn(comparison, run.theta, batch)
        if config.trace:
            yield compared(comparison, run.theta, learned.embedding, batch, run.iteration, learned.losses)
            (before,) = arrays(run.theta)
        run.descend(learned, lr_scale)
        if config.trace:
            yield OuterMove(run.iteration, before, *arrays(run.theta))
        if run.record_update(learned.losses):
            yield from run.report()
        if run.snapshot_due:
            yield snapshot(run.iteration, run.theta, run.adam)

    yield snapshot(run.iteration, run.theta, run.adam)
    yield evaluate(comparison, run.theta, config, run.iteration)


def compared(
    comparison: Comparison,
    theta: Tensor,
    embedding: Tensor,
    batch: Batch,
    iteration: int = 0,
    losses: Tensor | None = None,
) -> Compared:
    """Return the event that shows how the queries of a batch were answered, from embeddings [tasks, s + q, f]."""
    support, queries = embedding.split([batch.support_x.shape[1], batch.query_x.shape[1]], 1)
    _, head, _ = comparison.parts(theta)
    with torch.no_grad():
        attention = comparison.compare(support, queries, head, batch)
        answers = comparison.answer(support, queries, head, batch)
        losses = comparison.loss(support, queries, head, batch) if losses is None else losses
    if batch.classes:
        answers = answers.exp()
    return Compared(iteration, *arrays(support, queries, attention, answers, losses, head))


def verified(iteration: int, probabilities: Tensor, batch: Batch) -> Verified:
    """Return the verification curve of all pairs of a query with a support picture, [tasks, q, s]."""
    same = batch.query_y[:, :, None] == batch.support_y[:, None]
    alike, different = probabilities[same].double().sort().values, probabilities[~same].double().sort().values
    thresholds = torch.linspace(-12, 12, 97, dtype=torch.double).sigmoid()
    false_alarms, hits = (1 - torch.searchsorted(kind, thresholds) / len(kind) for kind in (different, alike))
    below = torch.searchsorted(different, alike) + torch.searchsorted(different, alike, right=True)
    area = (below.double().mean() / 2 / len(different)).item()
    return Verified(iteration, thresholds.numpy(), false_alarms.numpy(), hits.numpy(), area)


def evaluate(
    comparison: Comparison, theta: Tensor, config: MetricConfig, iteration: int = 0
) -> Evaluation | FewShotEvaluation:
    """Return the score on `config.test_tasks` unseen tasks."""
    task = config.tested
    if isinstance(task, Episodes):
        return judge(comparison, theta, task, iteration)(task.way, task.shots, config.test_tasks)

    def answers(batch: Batch) -> list[Tensor]:
        return [torch.from_numpy(comparison.look(theta, batch).answers)]

    return regression_score(answers, task, config.test_tasks, iteration)


def judge(
    comparison: Comparison, theta: Tensor, task: Episodes, iteration: int = 0
) -> Callable[[int, int, int], FewShotEvaluation]:
    """Return the score on unseen episodes as a function of way, shots and how many episodes.

    Every unseen picture is embedded once: episodes share them.
    """
    numbers, pictures = every_drawing(task)
    known = torch.zeros(int(numbers.max()) + 1, dtype=torch.long)
    known[numbers] = torch.arange(len(numbers))
    table = comparison.embed(theta, pictures)
    _, head, _ = comparison.parts(theta)

    def answers(batch: EpisodeBatch) -> list[Tensor]:
        embeddings = table[known[batch.characters][..., None], batch.drawings].transpose(1, 2).flatten(1, 2)
        support, queries = embeddings.split([batch.support_x.shape[1], batch.query_x.shape[1]], 1)
        return [comparison.answer(support, queries, head, batch)]

    def score(way: int, shots: int, episodes: int) -> FewShotEvaluation:
        return few_shot_score(answers, task.updated(way=way, shots=shots), episodes, [0], 0.0, iteration)

    return score


def one_shot_trials(comparison: Comparison, theta: Tensor, split: str, iteration: int = 0) -> FewShotEvaluation:
    """Return the share of Lake's 400 trials answered rightly, its interval over the 20 runs. Raises DataError."""
    runs = oneshot.load()
    support, queries = (torch.from_numpy(side).float() / 255 for side in (runs.support, runs.queries))
    y = torch.from_numpy(runs.answers)
    labels = torch.arange(oneshot.WAY).expand_as(y)
    embedding = comparison.embed(theta, torch.cat([support, queries], 1))
    _, head, _ = comparison.parts(theta)
    log_p = comparison.answer(*embedding.split(oneshot.WAY, 1), head, Batch(support, labels, queries, y))
    right, loss = accuracy(log_p, y), cross_entropy(log_p, y).mean()
    half = 1.96 * right.std() / oneshot.RUNS**0.5
    rows = (value.numpy()[None] for value in (right.mean(), half, loss))
    return FewShotEvaluation(
        iteration, right.mean().item(), half.item(), oneshot.WAY, 1, oneshot.RUNS, False, "omniglot-oneshot",
        split, 0.0, [0], *rows
    )  # fmt: skip
