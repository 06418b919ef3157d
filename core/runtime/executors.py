"""Where the runs of a pool are trained: in processes of this machine, or on a Ray cluster."""

import os
from dataclasses import dataclass
from importlib.util import find_spec

from core.options import ConfigError

KILLED = "the training process was stopped from outside; the next run gets a fresh one"
LOST = "the process on the cluster that ran this was lost, or its machine; the next run gets another one"


@dataclass(frozen=True)
class Executor:
    """Where jobs run: the module of a worker's process, why it may be gone, and the cores that a lone run may use."""

    module: str
    lost: str
    cores: int


HERE = Executor("core.runtime.worker", KILLED, os.cpu_count() or 1)
EXECUTORS = {"processes": HERE, "ray": Executor("core.runtime.ray_worker", LOST, 1)}


def executor() -> Executor:
    """Return the executor that METALEARN_EXECUTOR names. Raises ConfigError."""
    name = os.environ.get("METALEARN_EXECUTOR", "") or "processes"
    if name not in EXECUTORS:
        raise ConfigError(f"METALEARN_EXECUTOR={name[:40]!r}: allowed are {', '.join(EXECUTORS)}")
    if name == "ray" and find_spec("ray") is None:
        raise ConfigError("METALEARN_EXECUTOR=ray: Ray is missing; pip install -r requirements-cluster.txt")
    return EXECUTORS[name]
