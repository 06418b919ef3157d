"""Cut the tasks of a meta-batch into shards that fit a core's cache, and give them to several threads.

Tasks do not depend on each other, so a shard's numbers do not depend on which thread makes them:
the same run on one core or on eight gives the same bits. PyTorch lets go of Python's lock inside
each operation, which is what makes threads worth it.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from torch import Tensor

Result = TypeVar("Result")

SHARD = 128  # pictures whose activations fit the cache next to a core
EVEN = 2  # a multiple of this many shards, so that two cores have the same work

_threads = 1
_pool: ThreadPoolExecutor | None = None


def use_threads(count: int) -> None:
    """Work on `count` shards at the same time from now on."""
    global _threads, _pool  # noqa: PLW0603  one pool a process, like torch's own
    if count != _threads:
        _threads = max(1, count)
        _pool = ThreadPoolExecutor(_threads, initializer=torch.set_num_threads, initargs=(1,)) if count > 1 else None


def shards(tasks: int, points: int) -> list[slice]:
    """Even slices of `tasks` tasks with `points` pictures each; how many does not depend on the threads."""
    count = min(tasks, EVEN * max(1, round(tasks * points / SHARD / EVEN)))
    return [slice(tasks * i // count, tasks * (i + 1) // count) for i in range(count)]


def in_shards(function: Callable[[slice], Result], parts: list[slice]) -> list[Result]:
    """`function` of each shard, in order."""
    if _pool is None or len(parts) == 1:
        return [function(part) for part in parts]
    return list(_pool.map(function, parts))


def sharded(
    derivatives: Callable[[Tensor, Tensor, Tensor, bool], tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]],
) -> Callable[..., tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]]:
    """The same derivatives as `derivatives` (see `core.problems.Problem`), shard by shard."""

    def of_all(
        phi: Tensor, x: Tensor, y: Tensor, curvature: bool = False
    ) -> tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]:
        parts = shards(*x.shape[:2])

        def of_one(part: slice) -> tuple[Tensor, Tensor, Callable[[Tensor], Tensor] | None]:
            loss, gradient, product = derivatives(phi[part], x[part], y[part], curvature)
            # the map holds on to every activation of its shard: let go of it where nobody will ask
            return loss, gradient, product if curvature else None

        found = in_shards(of_one, parts)

        def hessian_times(v: Tensor) -> Tensor:
            maps = {part.start: one[2] for part, one in zip(parts, found, strict=True)}

            def product_of(part: slice) -> Tensor:
                product = maps[part.start]
                assert product, "the curvature was not asked for"
                return product(v[part])

            return torch.cat(in_shards(product_of, parts))

        return torch.cat([one[0] for one in found]), torch.cat([one[1] for one in found]), hessian_times

    return of_all
