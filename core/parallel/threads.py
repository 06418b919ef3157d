"""Give the tasks of a meta-batch to several cores, in one of two ways.

Tasks are cut into shards that fit a core's cache, each done by a thread of its own. Too few for that, they stay
together; where the cores are all ours, PyTorch cuts each operation of those: then no thread waits for Python's lock.
But each operation waits for the slowest core, so beside a server and a browser this takes up to twice as long.
Tasks do not depend on each other: in either way the same run on one core or on eight gives the same bits.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor

Result = TypeVar("Result")
# losses [tasks], gradient [tasks, parameters], and the map from v [tasks, parameters] to H v
Derivatives = tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]

SHARD = 128  # pictures whose activations fit the cache next to a core
EVEN = 2  # a multiple of this many shards, so that two cores have the same work
FEW = 50  # a task with at most this many points has few, and each operation on them is short:
TOGETHER = 320  # then a shard has this many pictures
UNCUT, UNCUT_TASKS = 100, 8  # at most 100 pictures of 8 tasks are not cut: two threads would be slower
WIDE = 640  # points of all tasks from which a network of numbers is worth more than one core

_threads = 1
_alone = False
_pool: ThreadPoolExecutor | None = None


def use_threads(count: int, alone: bool = False) -> None:
    """Work on `count` cores at the same time from now on; alone: nobody else works on them."""
    global _threads, _alone, _pool  # noqa: PLW0603  one pool a process, like torch's own
    _alone = alone
    if count != _threads:
        _threads = max(1, count)
        _pool = ThreadPoolExecutor(_threads, initializer=torch.set_num_threads, initargs=(1,)) if count > 1 else None


def shards(tasks: int, points: int) -> list[slice]:
    """Even slices of `tasks` tasks with `points` pictures each; how many does not depend on the threads."""
    if points <= FEW and tasks <= UNCUT_TASKS and tasks * points <= UNCUT:
        return [slice(0, tasks)]
    size = TOGETHER if points <= FEW else SHARD
    count = min(tasks, EVEN * max(1, round(tasks * points / size / EVEN)))
    return [slice(tasks * i // count, tasks * (i + 1) // count) for i in range(count)]


def _cut(points: int) -> bool:
    return _alone and _threads > 1 and points <= FEW


def map_shards(function: Callable[[slice], Result], tasks: int, points: int) -> list[Result]:
    """`function` of each shard of `tasks` tasks with `points` pictures, in order."""
    parts = shards(tasks, points)
    if len(parts) > 1 or not _cut(points) or tasks % _threads:  # cut within a task, sums are in another order
        return in_threads(function, parts)
    with _cut_operations():
        return [function(part) for part in parts]


def in_threads(function: Callable[[slice], Result], parts: list[slice]) -> list[Result]:
    """`function` of each part, in order, several at the same time."""
    if _pool is None or len(parts) == 1:
        return [function(part) for part in parts]
    return list(_pool.map(function, parts))


def in_shards(derivatives: Callable[..., Derivatives]) -> Callable[..., Derivatives]:
    """The same derivatives as `derivatives` (see `core.training.problem.Problem`), shard by shard."""

    def of_all(phi: Tensor, x: Tensor, y: Tensor, curvature: bool = False) -> Derivatives:
        def of_one(part: slice) -> tuple[Tensor, Tensor, Callable[[Tensor], Tensor] | None]:
            loss, gradient, product = derivatives(phi[part], x[part], y[part], curvature)
            # the map holds on to every activation of its shard: let go of it where nobody will ask
            return loss, gradient, product if curvature else None

        size = x.shape[:2]
        of_shards = map_shards(of_one, *size)

        def hessian_times(v: Tensor) -> Tensor:
            maps = {part.start: product for part, (*_, product) in zip(shards(*size), of_shards, strict=True)}

            def product_of(part: slice) -> Tensor:
                product = maps[part.start]
                assert product, "the curvature was not asked for"
                return product(v[part])

            return torch.cat(map_shards(product_of, *size))

        losses, gradients, _ = zip(*of_shards, strict=True)
        return torch.cat(losses), torch.cat(gradients), hessian_times

    return of_all


def intra_op_parallel(derivatives: Callable[..., Derivatives]) -> Callable[..., Derivatives]:
    """The same derivatives as `derivatives`, of a network of numbers: on all cores where the tasks are many."""

    def of_all(phi: Tensor, x: Tensor, y: Tensor, curvature: bool = False) -> Derivatives:
        if not _cut(x.shape[1]) or x.shape[0] * x.shape[1] < WIDE:
            return derivatives(phi, x, y, curvature)
        with _cut_operations():
            loss, gradient, product = derivatives(phi, x, y, curvature)

        def hessian_times(v: Tensor) -> Tensor:
            with _cut_operations():
                return product(v)

        return loss, gradient, hessian_times

    return of_all


@contextmanager
def _cut_operations() -> Iterator[Any]:
    before = torch.get_num_threads()
    torch.set_num_threads(_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
