"""A meta-batch on several processes, of one machine or of many: PyTorch's own torchrun starts them.

    torchrun --nproc-per-node 2 -m core train maml --task omniglot --set meta_batch=64

All draw the same meta-batch from the same seed. Each adapts to its own part of the tasks; the mean is over all
tasks, so all processes make the same outer update. Without torchrun this module changes nothing.
"""

import atexit
import os
import signal
from datetime import timedelta
from typing import NoReturn, TypeVar

import torch
from torch import Tensor, distributed

from core.options import ConfigError
from core.tasks.batch import Batch

LOST = "another process of this run was lost, or it was stopped; --resume goes on from what was saved with --save"
PATIENCE = timedelta(minutes=5)  # until a silent process counts as lost
Tasks = TypeVar("Tasks", bound=Batch)


class LostError(RuntimeError):
    """Another process of this run is gone, or all of them must end."""


def count() -> int:
    """Return how many processes torchrun has started for this run; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def join() -> None:
    """Join the processes that torchrun has started, if it has."""
    if count() == 1:
        return
    distributed.init_process_group("gloo", timeout=PATIENCE)
    signal.signal(signal.SIGTERM, _end)  # so torchrun ends the others after a loss, often before they notice it
    atexit.register(distributed.destroy_process_group)  # its threads must not outlive Python


def leads() -> bool:
    """Return whether this is the process that prints and saves."""
    return not distributed.is_initialized() or distributed.get_rank() == 0


def local_shard(batch: Tasks) -> Tasks:
    """Return this process's part of a meta-batch. Raises ConfigError where there are fewer tasks than processes."""
    if not distributed.is_initialized():
        return batch
    rank, size = distributed.get_rank(), distributed.get_world_size()
    if batch.tasks < size:
        raise ConfigError(f"meta_batch={batch.tasks}: fewer tasks than the {size} processes")
    return batch.part(slice(batch.tasks * rank // size, batch.tasks * (rank + 1) // size))


def all_reduce_mean(losses: Tensor, direction: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean over the tasks of all processes, given this one's losses [tasks] and direction [parameters].

    Over processes the loss is a mean [1] and the direction has the same bits in each; a process alone gets back what
    it gave. Raises LostError.
    """
    if not distributed.is_initialized():
        return losses, direction
    tasks = float(len(losses))
    total = torch.cat([direction * tasks, losses.sum()[None], losses.new_tensor([tasks])])
    _add_up(total)
    return total[-2:-1] / total[-1], total[:-2] / total[-1]


def agreed(vote: bool) -> bool:
    """Return whether any process votes yes; all get the same answer, so that none waits for ever. Raises LostError."""
    if not distributed.is_initialized():
        return vote
    votes = torch.tensor([float(vote)])
    _add_up(votes)
    return bool(votes.item())


def _add_up(values: Tensor) -> None:
    try:
        distributed.all_reduce(values)
    except RuntimeError:
        _end()


def _end(*_: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the process ends already, with a message
    raise LostError(LOST) from None
