"""How long each live demo of a page takes to its target: seconds of a run, from its first update to the report
that reaches it. A run that never reaches it has no time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

from core.bench.timing import Measured
from core.dispatch import run
from core.events import OuterStep
from core.parallel.threads import use_threads
from core.registry import demo_for
from core.tasks import omniglot
from core.training.config import TrainingConfig


@dataclass(frozen=True)
class Target:
    """The target of a demo: an error or an accuracy on unseen tasks."""

    method: str
    task: str
    error: float | None = None
    accuracy: float | None = None

    def reached(self, report: OuterStep) -> bool:
        """Return whether this report reaches the target."""
        if self.error is not None:
            return report.after <= self.error
        return self.accuracy is not None and (report.accuracy_after or 0.0) >= self.accuracy

    def __str__(self) -> str:
        return f"error {self.error:g}" if self.error is not None else f"{self.accuracy:.0%} right"


def targets() -> list[Target]:
    """Return the targets of all demos, on Omniglot if it is available."""
    data = "omniglot" if omniglot.available() else "glyphs"
    return [
        Target("maml", "sinusoid", error=0.6),
        Target("reptile", "sinusoid", error=0.7),
        Target("maml", data, accuracy=0.88),
        Target("reptile", data, accuracy=0.8),
        Target("matching", data, accuracy=0.95),
        Target("siamese", data, accuracy=0.9),
        Target("ntm", "copy", accuracy=0.99),
        Target("mann", data, accuracy=0.4),
    ]


@dataclass(frozen=True)
class Reached(Measured):
    """A demo: seconds and updates until its target."""

    event = "demo"
    workload: str
    target: str
    seconds: float | None
    updates: int

    def to_text(self) -> str:
        """Return a line for people."""
        time = "not reached" if self.seconds is None else f"after {self.seconds:.1f} s"
        return f"{self.workload:44s} {self.target} {time}, {self.updates} updates"


def rows() -> Iterator[Reached]:
    """Run each demo once."""
    import os

    use_threads(os.cpu_count() or 1)
    try:
        for target in targets():
            yield _run(target, demo_for(target.method, target.task))
    finally:
        use_threads(1)


def _run(target: Target, config: TrainingConfig) -> Reached:
    name, began, iteration = f"demo, {target.method}, {target.task}", perf_counter(), 0
    for event in run(config):
        if isinstance(event, OuterStep):
            iteration = event.iteration
            if not iteration:
                began = perf_counter()
            elif target.reached(event):
                return Reached(name, str(target), perf_counter() - began, iteration)
    return Reached(name, str(target), None, iteration)
