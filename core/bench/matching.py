"""A Matching network from scratch to 95% of 5-way 1-shot, against the version that one writes first.

The plain reference is four torch.nn blocks of 64 filters with max-pooling, cosine attention of scale
10 and Adam at 1e-3, on 20-way 1-shot episodes with 5 queries a class. Ours is the page's demo: 32
filters with strides, scale 25 and a rate that falls to zero. Both learn from the same training
characters, and are judged on the same unseen episodes while the clock stands still. First the two
are one: with the reference's settings, our gradient is checked against autograd's and timed.
"""

import os
from collections.abc import Callable, Iterator
from functools import partial
from time import perf_counter

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.bench.timing import Row, compare, on_threads
from core.methods.matching.config import MatchingConfig
from core.models.encoder import EPSILON
from core.parallel.threads import use_threads
from core.registry import comparison_of, config_for, demo_for
from core.seeding import generator
from core.tasks import episodes, families, omniglot
from core.tasks.config import Episodes
from core.tasks.episodes import EpisodeBatch
from core.training import metric
from core.training.problem import accuracy

ENOUGH, LONGEST, LOOK_EVERY = 0.95, 180.0, 1.0  # share of right answers; seconds of training
JUDGED = 200  # unseen episodes
ALIKE = 0.01  # of the gradient's length
REFERENCE = {"queries": 5, "width": 64, "downsample": "pool", "meta_batch": 1}


def rows() -> Iterator[Row]:
    """One update of the same network, then the time to 95%; raises AssertionError if the gradients differ."""
    cores = os.cpu_count() or 1
    data = "omniglot" if omniglot.available() else "glyphs"
    use_threads(cores)
    try:
        plain = config_for("matching", data).updated(**REFERENCE)
        assert isinstance(plain, MatchingConfig)
        for name, config in (("1 episode", plain), ("4 episodes", plain.updated(meta_batch=4))):
            yield _update(f"matching, {data}, 20-way 1-shot, 5 queries, {name}", config, cores)
        demo = demo_for("matching", data)
        assert isinstance(demo, MatchingConfig)
        ours = on_threads(1, lambda: _time_of_ours(demo))
        reference = on_threads(cores, lambda: _time_of_plain(plain))
        ratio = reference / ours
        name = f"matching, {data}, from scratch to {ENOUGH:.0%} 5-way 1-shot"
        yield Row(name, {"ours": ours * 1000, "plain": reference * 1000}, {"plain": (ratio, ratio, ratio)})
    finally:
        torch.set_num_threads(1)
        use_threads(1)


def _update(name: str, config: MatchingConfig, cores: int) -> Row:
    batch = episodes.draw(config.episodes, config.meta_batch, generator(0, "bench"))
    method = comparison_of(config)
    theta = method.init(0, batch)
    network = plain_network(config.episodes)
    copy_into(method, theta, network)

    def ours() -> Tensor:
        return metric.learn(method, theta, batch).gradient

    def plain() -> Tensor:
        network.zero_grad()
        _plain_loss(network, batch, config).backward()  # type: ignore[no-untyped-call]
        return gradient_of(network)

    gradient, wanted = on_threads(1, ours), on_threads(cores, plain)
    # where two pixels of a pooling window are equal, rounding decides which of them gets the gradient
    off = (gradient - wanted).norm() / wanted.norm()
    assert off < ALIKE, f"the gradients differ by {off:.1%}"
    # our shards run in threads of their own, the reference uses PyTorch's
    return compare(name, partial(on_threads, 1, ours), {"plain": partial(on_threads, cores, plain)}, rounds=7)


def plain_network(task: Episodes) -> nn.Sequential:
    """The four blocks as one writes them first."""
    blocks: list[nn.Module] = []
    for depth in range(4):
        blocks += [
            nn.Conv2d(task.width if depth else 1, task.width, 3, padding=1, bias=False),
            nn.BatchNorm2d(task.width, eps=EPSILON), nn.ReLU(), nn.MaxPool2d(2)
        ]  # fmt: skip
    return nn.Sequential(*blocks, nn.Flatten())


def _layers(network: nn.Sequential) -> Iterator[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    for convolution, normal in zip(list(network)[0:16:4], list(network)[1:16:4], strict=True):
        assert isinstance(convolution, nn.Conv2d) and isinstance(normal, nn.BatchNorm2d)
        yield convolution, normal


def copy_into(method: metric.Comparison, theta: Tensor, network: nn.Sequential) -> None:
    """Give the reference our initial weights."""
    weights, _, _ = method.parts(theta)
    at = 0
    for convolution, normal in _layers(network):
        out, into = convolution.weight.shape[:2]
        size = 9 * into * out
        with torch.no_grad():
            convolution.weight.copy_(weights[at : at + size].view(3, 3, into, out).permute(3, 2, 0, 1))
            normal.weight.copy_(weights[at + size : at + size + out])
            normal.bias.copy_(weights[at + size + out : at + size + 2 * out])
        at += size + 2 * out


def gradient_of(network: nn.Sequential) -> Tensor:
    """What backward left in the reference, in our order."""
    parts = []
    for convolution, normal in _layers(network):
        assert convolution.weight.grad is not None and normal.weight.grad is not None and normal.bias.grad is not None
        parts += [convolution.weight.grad.permute(2, 3, 1, 0).flatten(), normal.weight.grad, normal.bias.grad]
    return torch.cat(parts)


def _plain_answers(network: nn.Sequential, batch: EpisodeBatch, task: int, scale: float) -> Tensor:
    """Log probabilities [queries, way] of one episode with one shot."""
    x = torch.cat([batch.support_x[task], batch.query_x[task]])[:, None]
    embedding = functional.normalize(network(x), dim=1)
    support, queries = embedding.split([len(batch.support_x[task]), len(batch.query_x[task])])
    return (scale * queries @ support.T).log_softmax(1)


def _plain_loss(network: nn.Sequential, batch: EpisodeBatch, config: MatchingConfig) -> Tensor:
    losses = [
        functional.nll_loss(_plain_answers(network, batch, i, config.scale), batch.query_y[i])
        for i in range(batch.tasks)
    ]
    return torch.stack(losses).mean()


def _time_of_plain(config: MatchingConfig) -> float:
    torch.manual_seed(0)
    network = plain_network(config.episodes)
    adam = torch.optim.Adam(network.parameters(), lr=config.outer_rate)
    unseen = families.unseen(config.tested, "evaluation", JUDGED, 5)
    assert isinstance(unseen, EpisodeBatch)
    batches = episodes.stream(config.episodes, config.meta_batch, config.seed)

    def update() -> None:
        adam.zero_grad()
        _plain_loss(network, next(batches), config).backward()  # type: ignore[no-untyped-call]
        adam.step()

    def right() -> float:
        network.eval()
        with torch.no_grad():
            answers = torch.stack([_plain_answers(network, unseen, i, config.scale) for i in range(JUDGED)])
        network.train()
        return accuracy(answers, unseen.query_y).mean().item()

    return _time_to_enough(update, right)


def _time_of_ours(config: MatchingConfig) -> float:
    method = comparison_of(config)
    run = metric.MetricTrainer(method, config, None)
    batches = run.meta_batches()

    def update() -> None:
        batch, share = next(batches)
        learned = metric.learn(method, run.theta, batch)
        run.descend(learned, share)
        run.record_update(learned.losses)

    return _time_to_enough(update, lambda: metric.judge(method, run.theta, config.tested)(5, 1, JUDGED).accuracy)  # type: ignore[arg-type]


def _time_to_enough(update: Callable[[], None], right: Callable[[], float]) -> float:
    """Seconds of training until the unseen episodes are answered well enough; infinite if they never are."""
    spent, looked = 0.0, 0.0
    while spent < LONGEST:
        started = perf_counter()
        try:
            update()
        except StopIteration:
            return spent if right() >= ENOUGH else float("inf")
        spent += perf_counter() - started
        if spent - looked >= LOOK_EVERY:
            looked = spent
            if right() >= ENOUGH:
                return spent
    return float("inf")
