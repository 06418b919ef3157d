"""How a command reports that it failed, and how it uses the machine."""

import contextlib
import os
import sys

from core.runtime.allocator import keep_freed_memory


class Terminated(BaseException):
    """The command was asked to end by SIGTERM."""


def silence() -> None:
    """Let what is still to be printed go nowhere: whoever read it has gone."""
    with contextlib.suppress(OSError, ValueError):  # a test's output is no file
        sys.stdout.flush()
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def failed(reason: str) -> int:
    """Print why a command failed; returns its exit status."""
    print(f"error: {reason}", file=sys.stderr)
    return 1


def use_cores() -> None:
    """Use one thread for each operation, and as many shards at once as there are cores."""
    import torch  # only now: errors in the command appear at once

    from core.parallel.threads import use_threads

    keep_freed_memory()
    torch.set_num_threads(1)
    cores = (os.cpu_count() or 1) // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))  # torchrun may start several
    use_threads(int(os.environ.get("META_THREADS", "0")) or max(1, cores), alone=True)
