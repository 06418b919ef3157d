"""A meta-batch split over processes with a thread each: measured for 1 and 2 processes, and a model for more.

The model is only a model: drawing is not divided, the tasks' own work is, and the sums over the processes go around
a ring, 2 (n - 1) / n of them through each, at the speed measured between two. All is scaled so that the model
agrees with the time of two processes, which share a machine's memory and caches.
"""

import json
import os
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, check_output
from time import perf_counter

from core.bench.timing import Measured, result_of
from core.methods.maml.config import MamlConfig
from core.tasks import omniglot
from core.tasks.config import Episodes

MODELLED = (4, 8, 16)
ROUNDS, UPDATES = 3, 8


@dataclass(frozen=True)
class Scaling(Measured):
    """Milliseconds of an outer update by number of processes: measured, and by the model."""

    event = "scaling"
    workload: str
    milliseconds: dict[int, float]
    modelled: dict[int, float]

    def to_text(self) -> str:
        """Return a line for people."""
        first = self.milliseconds[1]
        measured = [f"{count}: {time:.0f} ms ({first / time:.2f}x)" for count, time in self.milliseconds.items()]
        model = [f"{count}: {time:.0f} ms ({first / time:.1f}x)" for count, time in self.modelled.items()]
        return f"{self.workload:44s} {', '.join(measured)}; by a model, not measured: {', '.join(model)}"


def rows() -> Iterator[Scaling]:
    """Time 1 and 2 processes in turns."""
    rounds = [{count: _on(count) for count in (1, 2)} for _ in range(ROUNDS)]
    update, drawing, adding = (
        {count: statistics.median(times[count][part] for times in rounds) for count in (1, 2)}
        for part in ("update", "drawing", "adding")
    )

    def model(n: int) -> float:
        return drawing[1] + (update[1] - drawing[1]) / n + adding[2] * 2 * (n - 1) / n

    modelled = {n: model(n) * update[2] / model(2) for n in MODELLED}
    task = _config().episodes
    yield Scaling(f"maml, {task.data}, {_config().meta_batch} tasks, by processes", update, modelled)


def _config() -> MamlConfig:
    data = "omniglot" if omniglot.available() else "glyphs"
    return MamlConfig(task=Episodes(data=data), meta_batch=64, inner_rate=0.4)


def _on(count: int) -> dict[str, float]:
    """Start `count` processes once and return their median times in milliseconds."""
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count), "-m", __name__]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    root = Path(__file__).parents[2]
    output = check_output([sys.executable, *command], env=environment, cwd=root, text=True, stderr=DEVNULL)
    return json.loads(output.strip().splitlines()[-1])  # type: ignore[no-any-return]


def _measure() -> None:
    """Time outer updates and their parts in each process; the first process prints."""
    from core.runtime.allocator import keep_freed_memory

    keep_freed_memory()
    import torch

    from core.methods.maml import algorithm as maml
    from core.parallel import processes
    from core.seeding import generator
    from core.tasks import families
    from core.training.problem import problem_of

    torch.set_num_threads(1)
    processes.join()
    config = _config()
    problem = problem_of(config.task)
    theta = problem.model.init(generator(0, "init"))
    batches = families.stream(config.task, config.meta_batch, 0)

    def update() -> None:
        batch = processes.local_shard(next(batches))
        processes.all_reduce_mean(*result_of(maml.meta_gradient(problem, theta, batch, config)))

    losses = torch.zeros(config.meta_batch // 2)
    parts: dict[str, Callable[[], object]] = {
        "update": update,
        "drawing": lambda: next(batches),
        "adding": lambda: processes.all_reduce_mean(losses, theta),
    }
    medians = {}
    for name, part in parts.items():
        part()
        times = []
        for _ in range(UPDATES):
            began = perf_counter()
            part()
            times.append((perf_counter() - began) * 1000)
        medians[name] = statistics.median(times)
    if processes.leads():
        print(json.dumps(medians))


if __name__ == "__main__":
    _measure()
