"""A worker on a Ray cluster: to the pool it is like `core.runtime.worker`, but its runs happen on a node.

The pool starts such a process for each trainer where `METALEARN_EXECUTOR=ray`. It imports Ray, which the server
does not: a driver of Ray ends with its cluster, and the pages must not. It joins the cluster that RAY_ADDRESS
names, or the local cluster, takes one core of it, and passes messages on, both ways. It needs the extra
`requirements-cluster.txt`. The code goes to the nodes with it; their own environment says where Omniglot is.
"""

import logging
import os
import pickle
import re
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from core.runtime.worker import Orders, limit_memory, own_pipes, serve

REACHED = 5.0  # seconds in which the cluster's address must answer
LOOK = 1.0  # seconds between two looks at whether the worker's thread still lives


class Remote:
    """The worker on a node: `core.runtime.worker` with calls in place of pipes."""

    def __init__(self, memory: int) -> None:
        limit_memory(memory)
        self._orders, self._sent = Orders(), SimpleQueue[bytes]()

    def tell(self, message: bytes) -> None:
        """Take a message of the server."""
        self._orders.take(pickle.loads(message))

    def messages(self) -> Iterator[bytes]:
        """Yield the worker's messages until it ends."""
        # as bytes: arrays would stay in the node's shared memory for as long as the server holds a run
        thread = threading.Thread(
            target=serve, args=(self._orders, lambda message: self._sent.put(pickle.dumps(message))), daemon=True
        )
        thread.start()
        while thread.is_alive():
            try:
                yield self._sent.get(timeout=LOOK)
            except Empty:
                continue


def main() -> None:
    """Pass messages on until standard input or the node ends."""
    source, sink = own_pipes()
    if (Path.home() / ".ray" / "auth_token").exists():  # then `ray start` asks for it, and a driver must set this
        os.environ.setdefault("RAY_AUTH_MODE", "token")

    import ray

    from core.runtime.ray_worker import Remote  # by its full name, which nodes know; here this module is __main__

    memory = int(os.environ.get("META_MEMORY", "0"))
    address = os.environ.get("RAY_ADDRESS", "auto")
    try:
        if re.fullmatch(r"[\w.-]+:\d+", address):  # Ray itself tries for 40 s
            host, port = address.split(":")
            socket.create_connection((host, int(port)), REACHED).close()
        ray.init(
            address, log_to_driver=False, logging_level=logging.WARNING, namespace="learn-meta-learning",
            runtime_env={"py_modules": [str(Path(__file__).parents[1])], "env_vars": {"OMP_NUM_THREADS": "1"}}
        )  # fmt: skip
    except (OSError, ValueError, ray.exceptions.RayError) as error:
        sys.exit(f"no Ray cluster answers; set RAY_ADDRESS or start one with `ray start --head` ({error})")
    # an endless call for messages from the worker, and another for messages to it
    actor: Any = ray.remote(Remote).options(num_cpus=1, max_concurrency=2).remote(memory)
    threading.Thread(target=_pass_on, args=(source, actor), daemon=True).start()
    try:
        for reference in actor.messages.options(num_returns="streaming").remote():
            sink.write(ray.get(reference))
            sink.flush()
    except ray.exceptions.RayError as error:
        sys.exit(f"a worker on the cluster is gone ({type(error).__name__})")


def _pass_on(source: Any, actor: Any) -> None:
    while True:
        try:
            actor.tell.remote(pickle.dumps(pickle.load(source)))
        except (EOFError, OSError):
            os._exit(0)  # the server is gone, and the worker ends with its driver


if __name__ == "__main__":
    main()
