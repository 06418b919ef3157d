"""How long each live demo of a page takes to its target: seconds of one run, from its first update to the report
that reaches it. A run that never does has no time.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

from core.bench.timing import machine
from core.dispatch import run
from core.events import OuterStep
from core.parallel.threads import use_threads
from core.registry import demo_for
from core.tasks import omniglot
from core.training.config import TrainingConfig


@dataclass(frozen=True)
class Target:
    """What a demo is to reach: an error of unseen tasks, or a share of right answers."""

    method: str
    task: str
    error: float | None = None
    right: float | None = None

    def reached(self, report: OuterStep) -> bool:
        """Whether this report does."""
        if self.error is not None:
            return report.after <= self.error
        return self.right is not None and (report.accuracy_after or 0.0) >= self.right

    def __str__(self) -> str:
        """In words."""
        return f"error {self.error:g}" if self.error is not None else f"{self.right:.0%} right"


def targets() -> list[Target]:
    """Of all demos, on Omniglot where it is there."""
    data = "omniglot" if omniglot.available() else "glyphs"
    return [
        Target("maml", "sinusoid", error=0.6),
        Target("reptile", "sinusoid", error=0.7),
        Target("maml", data, right=0.88),
        Target("reptile", data, right=0.8),
        Target("matching", data, right=0.95),
        Target("siamese", data, right=0.9),
        Target("ntm", "copy", right=0.99),
        Target("mann", data, right=0.4),
    ]


@dataclass(frozen=True)
class Reached:
    """A demo: seconds and updates until its target."""

    workload: str
    target: str
    seconds: float | None
    updates: int

    def to_json(self) -> dict[str, Any]:
        """With the machine it was measured on."""
        return {"event": "demo"} | asdict(self) | machine()

    def to_text(self) -> str:
        """One line for people."""
        told = "not reached" if self.seconds is None else f"after {self.seconds:.1f} s"
        return f"{self.workload:44s} {self.target} {told}, {self.updates} updates"


def rows() -> Iterator[Reached]:
    """One run of each demo."""
    import os

    use_threads(os.cpu_count() or 1)
    try:
        for target in targets():
            yield _run(target, demo_for(target.method, target.task))
    finally:
        use_threads(1)


def _run(target: Target, config: TrainingConfig) -> Reached:
    name, began, at = f"demo, {target.method}, {target.task}", perf_counter(), 0
    for event in run(config):
        if isinstance(event, OuterStep):
            at = event.iteration
            if not at:
                began = perf_counter()
            elif target.reached(event):
                return Reached(name, str(target), perf_counter() - began, at)
    return Reached(name, str(target), None, at)
