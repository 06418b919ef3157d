"""What each process of tests/core/test_processes.py does: outer directions of one meta-batch, written by the first."""

import sys

import numpy as np
import torch

from core.bench.timing import result_of
from core.methods.maml import algorithm as maml
from core.methods.maml.config import MamlConfig
from core.methods.reptile import algorithm as reptile
from core.methods.reptile.config import ReptileConfig
from core.parallel import processes
from core.seeding import generator
from core.tasks import families
from core.tasks.config import Episodes, Sinusoid
from core.training.problem import problem_of

CHARACTERS = Episodes(data="glyphs", width=8, queries=2)
CASES = {
    "maml, sinusoid": MamlConfig(meta_batch=25, inner_steps=3),
    "first order, sinusoid": MamlConfig(meta_batch=24, order=1),
    "reptile, sinusoid": ReptileConfig(task=Sinusoid(shots=5), meta_batch=7),
    "maml, characters": MamlConfig(task=CHARACTERS, meta_batch=5, inner_rate=0.4),
    "reptile, characters": ReptileConfig(task=CHARACTERS, meta_batch=3, inner_steps=2, inner_rate=0.1),
}


def directions() -> dict[str, np.ndarray]:
    """Of each case: the mean loss and the outer direction, over all processes."""
    found = {}
    for name, config in CASES.items():
        problem = problem_of(config.task)
        theta = problem.model.init(generator(0, "init"))
        batch = processes.local_shard(next(families.stream(config.task, config.meta_batch, 0)))
        step = maml.meta_gradient if isinstance(config, MamlConfig) else reptile.outer_direction
        losses, direction = processes.all_reduce_mean(*result_of(step(problem, theta, batch, config)))
        found[name] = torch.cat([losses.mean()[None], direction]).numpy()
    return found


if __name__ == "__main__":
    processes.join()
    found = directions()
    if processes.leads():
        np.savez(sys.argv[1], processes=torch.distributed.get_world_size(), **found)
