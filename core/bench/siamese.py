"""One update of a Siamese network on all pairs of some characters, against the same network in plain PyTorch."""

import os
from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from core.bench.matching import ALIKE, copy_into, gradient_of, plain_network
from core.bench.timing import Growth, Row, compare, growth, on_threads
from core.methods.siamese.config import SiameseConfig
from core.parallel.threads import use_threads
from core.registry import comparison_of, config_for
from core.seeding import generator
from core.tasks import episodes, omniglot
from core.training import metric

WAYS = (5, 10, 20, 40)


def rows() -> Iterator[Row | Growth]:
    """All pairs of 20 characters, two drawings each; then our time by characters.

    Raises AssertionError if the gradients differ.
    """
    cores = os.cpu_count() or 1
    data = "omniglot" if omniglot.available() else "glyphs"
    config = config_for("siamese", data).updated(meta_batch=1, width=64, downsample="pool", negatives="all")
    assert isinstance(config, SiameseConfig)
    use_threads(cores)
    try:
        yield _against_plain(f"siamese, {data}, all pairs of 20 characters", config, cores)
        yield growth("siamese, by characters of a group", {way: _ours(config.updated(way=way)) for way in WAYS})
    finally:
        torch.set_num_threads(1)
        use_threads(1)


def _ours(config: SiameseConfig) -> partial:
    batch = episodes.draw(config.episodes, config.meta_batch, generator(0, "bench"))
    method = comparison_of(config)
    return partial(metric.learn, method, method.init(0, batch), batch)


def _against_plain(name: str, config: SiameseConfig, cores: int) -> Row:
    ours = _ours(config)
    method, theta, batch = ours.args
    network = plain_network(config.episodes)
    copy_into(method, theta, network)
    head = method.parts(theta)[1].clone().requires_grad_()

    def plain() -> Tensor:
        network.zero_grad()
        head.grad = None
        support, queries = network(torch.cat([batch.support_x[0], batch.query_x[0]])[:, None]).split(
            [len(batch.support_x[0]), len(batch.query_x[0])]
        )
        scores = (queries[:, None] - support[None]).abs() @ head[:-1] + head[-1]
        same = (batch.query_y[0][:, None] == batch.support_y[0][None]).float()
        weight = torch.where(same > 0, 0.5 / same.sum(), 0.5 / (1 - same).sum())
        loss = binary_cross_entropy_with_logits(scores, same, weight, reduction="sum")
        loss.backward()  # type: ignore[no-untyped-call]
        assert head.grad is not None
        return torch.cat([gradient_of(network), head.grad])

    gradient, wanted = on_threads(1, lambda: ours().gradient), on_threads(cores, plain)
    off = (gradient - wanted).norm() / wanted.norm()
    assert off < ALIKE, f"the gradients differ by {off:.1%}"
    return compare(name, partial(on_threads, 1, ours), {"plain": partial(on_threads, cores, plain)}, rounds=9)
