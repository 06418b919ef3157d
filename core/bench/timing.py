"""Interleaved timing: contenders take turns, so that a busy moment of the machine hits all of them."""

import platform
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any


@dataclass(frozen=True)
class Row:
    """One workload: median milliseconds an iteration of each contender, and how much faster ours is.

    ratio: the plain version's time over ours, median of the rounds; low, high: its quartiles.
    """

    workload: str
    milliseconds: dict[str, float]
    ratio: float
    low: float
    high: float

    def to_json(self) -> dict[str, Any]:
        """The row with the machine and versions it was measured on."""
        return {"event": "bench"} | asdict(self) | machine()

    def to_text(self) -> str:
        """One line for people."""
        times = ", ".join(f"{name} {ms:.2f} ms" for name, ms in self.milliseconds.items())
        return f"{self.workload:44s} {times}; {self.ratio:.1f}x (quartiles {self.low:.1f} to {self.high:.1f})"


def machine() -> dict[str, Any]:
    """Processor, cores and versions, for the record."""
    import os

    import torch

    return {
        "cpu": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "torch": str(torch.__version__),
        "python": platform.python_version(),
    }


def compare(
    workload: str, ours: Callable[[], object], plain: Callable[[], object], rounds: int = 15, seconds: float = 0.1
) -> Row:
    """Time `ours` against `plain` in turns of about `seconds` each, after warming both up."""
    repeats = {}
    for name, function in (("ours", ours), ("loop", plain)):
        function()
        started = perf_counter()
        function()
        repeats[name] = max(1, int(seconds / (perf_counter() - started)))
    times: dict[str, list[float]] = {"ours": [], "loop": []}
    for _ in range(rounds):
        for name, function in (("ours", ours), ("loop", plain)):
            started = perf_counter()
            for _ in range(repeats[name]):
                function()
            times[name].append((perf_counter() - started) / repeats[name] * 1000)
    ratios = [loop / own for own, loop in zip(times["ours"], times["loop"], strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return Row(workload, {name: statistics.median(found) for name, found in times.items()}, middle, low, high)
