"""What this machine can do at most, measured, and how much of that our workloads reach.

A workload needs multiplications and it needs bytes; the machine has so many FLOP/s in a large matrix product and so
many bytes/s in a large copy. The share of the limit is the time that the scarcer of the two would take at least,
over the time it takes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from timeit import repeat

import torch

from core.bench.maml import ours
from core.bench.timing import Measured, median_ms
from core.methods.maml.config import MamlConfig
from core.models.encoder import Encoder
from core.seeding import generator
from core.tasks import episodes
from core.tasks.config import Episodes
from core.training.problem import episodes_problem

SIDE = 1024  # of the square matrices
BYTES = 64 * 2**20  # of the copy: far above any cache


@dataclass(frozen=True)
class Share(Measured):
    """One workload: what it needs, and the share of the machine's limit that it reaches.

    flop, bytes: of one iteration, counted by hand; limit: "FLOP/s" or "bytes/s", whichever is scarcer.
    """

    event = "roofline"
    workload: str
    milliseconds: float
    flop: float
    bytes: float
    share: float
    limit: str

    def to_text(self) -> str:
        """One line for people."""
        rate = self.flop / self.milliseconds / 1e6
        rates = f"{self.milliseconds:.2f} ms, {rate:.1f} GFLOP/s: {self.share:.0%} of the {self.limit} limit"
        return f"{self.workload:44s} {rates}"


def peak() -> tuple[float, float]:
    """FLOP/s of a large matrix product and bytes/s of a large copy, on one thread: the best of some rounds."""
    a, b = torch.randn(SIDE, SIDE), torch.randn(SIDE, SIDE)
    source, target = torch.zeros(BYTES // 4), torch.zeros(BYTES // 4)
    product, copy = (min(repeat(once, number=1, repeat=7)) for once in (lambda: a @ b, lambda: target.copy_(source)))
    return 2 * SIDE**3 / product, 2 * BYTES / copy


def rows() -> Iterator[Share]:
    """The machine's own limits, then MAML on sinusoids and on characters."""
    flops, bandwidth = peak()
    square = 2 * SIDE**3
    yield Share(f"matrix product of {SIDE} x {SIDE}", 1000 * square / flops, square, 12 * SIDE**2, 1.0, "FLOP/s")
    yield Share(f"copy of {BYTES >> 20} MB", 2000 * BYTES / bandwidth, 0.0, 2 * BYTES, 1.0, "bytes/s")
    for tasks in (25, 256):
        config = MamlConfig(meta_batch=tasks)
        iteration, theta = ours(config)
        # support, query and Hessian-vector product are about 3, 3 and 5 passes over the layers' products
        passes, points = 11, 10
        flop = 2.0 * tasks * points * (40 + 1600 + 40) * passes
        moved = 4.0 * tasks * len(theta) * 10  # phi, gradients and products, each read or written
        yield share(f"MAML, sinusoid, {tasks} tasks, 1 step", median_ms(iteration), flop, moved, flops, bandwidth)
    yield conv4(flops, bandwidth)


def conv4(flops: float, bandwidth: float) -> Share:
    """One gradient of 8 episodes, 5-way 1-shot with 5 queries, on the four-block network."""
    task, encoder = Episodes(data="glyphs"), Encoder()
    problem, tasks = episodes_problem(task), 8
    batch = episodes.draw(task, tasks, generator(0, "bench"))
    phi = problem.model.init(generator(0, "init")).repeat(tasks, 1)
    pictures = tasks * batch.query_x.shape[1]
    sides, width = encoder.sides, encoder.width
    products = sum(9 * (width if i else 1) * width * side**2 for i, side in enumerate(sides))
    took = median_ms(lambda: problem.derivatives(phi, batch.query_x, batch.query_y))
    moved = 4.0 * pictures * 6 * width * sum(side**2 for side in sides)
    return share(
        "conv-4 gradient, 8 episodes of 25 queries", took, 3 * 2.0 * pictures * products, moved, flops, bandwidth
    )


def share(workload: str, took: float, flop: float, moved: float, flops: float, bandwidth: float) -> Share:
    """The share of the limit that matters."""
    least = {"FLOP/s": 1000 * flop / flops, "bytes/s": 1000 * moved / bandwidth}
    limit = max(least, key=lambda name: least[name])
    return Share(workload, took, flop, moved, least[limit] / took, limit)
