"""Interleaved timing: contenders take turns, so that a busy moment of the machine hits all of them."""

import platform
import statistics
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Row:
    """One workload: median milliseconds an iteration of each contender, and how much faster ours is.

    ratios: each contender's time over ours: lower quartile, median and upper quartile of the rounds.
    """

    workload: str
    milliseconds: dict[str, float]
    ratios: dict[str, tuple[float, float, float]]

    def to_json(self) -> dict[str, Any]:
        """The row with the machine and versions it was measured on; "ratio" is that to the first contender."""
        return {"event": "bench"} | asdict(self) | {"ratio": next(iter(self.ratios.values()))[1]} | machine()

    def to_text(self) -> str:
        """One line for people."""
        told = [f"ours {self.milliseconds['ours']:.2f} ms"]
        for name, (low, middle, high) in self.ratios.items():
            told.append(f"{name} {self.milliseconds[name]:.2f} ms: {middle:.1f}x ({low:.1f} to {high:.1f})")
        return f"{self.workload:44s} " + "; ".join(told)


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
    workload: str,
    ours: Callable[[], object],
    contenders: Mapping[str, Callable[[], object]],
    rounds: int = 15,
    seconds: float = 0.1,
) -> Row:
    """Time `ours` against `contenders` in turns of about `seconds` each, after warming all of them up."""
    all_of_them = {"ours": ours, **contenders}
    repeats, times = {}, {}
    for name, function in all_of_them.items():
        function()
        started = perf_counter()
        function()
        repeats[name], times[name] = max(1, int(seconds / (perf_counter() - started))), list[float]()
    for _ in range(rounds):
        for name, function in all_of_them.items():
            started = perf_counter()
            for _ in range(repeats[name]):
                function()
            times[name].append((perf_counter() - started) / repeats[name] * 1000)
    ratios = {}
    for name in contenders:
        low, middle, high = statistics.quantiles([a / b for a, b in zip(times[name], times["ours"], strict=True)], n=4)
        ratios[name] = (low, middle, high)
    return Row(workload, {name: statistics.median(found) for name, found in times.items()}, ratios)


def on_threads(count: int, function: Callable[..., Result], *arguments: Any) -> Result:
    """`function` of `arguments`, with `count` threads for each of PyTorch's operations."""
    import torch

    torch.set_num_threads(count)
    return function(*arguments)
