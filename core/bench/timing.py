"""Interleaved timing: contenders take turns, so that a busy moment of the machine affects all of them."""

import math
import platform
import statistics
from collections.abc import Callable, Generator, Mapping
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any, ClassVar, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Measured:
    """A line of the bench; `event` says of which kind."""

    event: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """Return the values with the machine and versions of the measurement."""
        return {"event": self.event} | asdict(self) | machine()


@dataclass(frozen=True)
class Row(Measured):
    """A workload: median milliseconds an iteration of each contender, and how much faster ours is.

    ratios: each contender's time over ours: lower quartile, median and upper quartile of the rounds.
    """

    event = "bench"
    workload: str
    milliseconds: dict[str, float]
    ratios: dict[str, tuple[float, float, float]]

    def to_json(self) -> dict[str, Any]:
        """Return the row; "ratio" is that to the first contender."""
        return super().to_json() | {"ratio": next(iter(self.ratios.values()))[1]}

    def to_text(self) -> str:
        """Return a line for people."""
        times = [f"ours {self.milliseconds['ours']:.2f} ms"]
        for name, (low, middle, high) in self.ratios.items():
            times.append(f"{name} {self.milliseconds[name]:.2f} ms: {middle:.1f}x ({low:.1f} to {high:.1f})")
        return f"{self.workload:44s} " + "; ".join(times)


@dataclass(frozen=True)
class Growth(Measured):
    """How our time grows with the size of a workload: median milliseconds by size, and the fitted exponent p of
    time ~ size^p.
    """

    event = "growth"
    workload: str
    milliseconds: dict[int, float]
    exponent: float

    def to_text(self) -> str:
        """Return a line for people."""
        times = ", ".join(f"{size}: {time:.2f} ms" for size, time in self.milliseconds.items())
        return f"{self.workload:44s} {times}; time grows as size^{self.exponent:.2f}"


def median_ms(function: Callable[[], object], rounds: int = 9, seconds: float = 0.1) -> float:
    """Return the median time of `function` in milliseconds, warmed up."""
    return compare("", function, {}, rounds, seconds).milliseconds["ours"]


def growth(
    workload: str, by_size: Mapping[int, Callable[[], object]], rounds: int = 9, seconds: float = 0.05
) -> Growth:
    """Time each size in turns, and fit the exponent on logarithmic axes."""
    first, *larger = by_size
    row = compare(workload, by_size[first], {str(size): by_size[size] for size in larger}, rounds, seconds)
    times = dict(zip(by_size, row.milliseconds.values(), strict=True))
    return Growth(workload, times, slope([*map(math.log, times)], [*map(math.log, times.values())]))


def slope(x: list[float], y: list[float]) -> float:
    """Return the slope of the line of least squares."""
    return statistics.linear_regression(x, y).slope


def machine() -> dict[str, Any]:
    """Return processor, cores and versions, for the record."""
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
    functions = {"ours": ours, **contenders}
    repeats, times = {}, {}
    for name, function in functions.items():
        function()
        started = perf_counter()
        function()
        repeats[name], times[name] = max(1, int(seconds / (perf_counter() - started))), list[float]()
    for _ in range(rounds):
        for name, function in functions.items():
            started = perf_counter()
            for _ in range(repeats[name]):
                function()
            times[name].append((perf_counter() - started) / repeats[name] * 1000)
    ratios = {}
    for name in contenders:
        low, middle, high = statistics.quantiles([a / b for a, b in zip(times[name], times["ours"], strict=True)], n=4)
        ratios[name] = (low, middle, high)
    return Row(workload, {name: statistics.median(values) for name, values in times.items()}, ratios)


def result_of(events: Generator[Any, None, Result]) -> Result:
    """Return the result of a stream without events. Raises AssertionError if it yields any: a trace costs time."""
    try:
        next(events)
    except StopIteration as done:
        result: Result = done.value
        return result
    raise AssertionError("a trace was not asked for")


def on_threads(count: int, function: Callable[..., Result], *arguments: Any) -> Result:
    """Call `function` with `arguments`, with `count` threads for each of PyTorch's operations."""
    import torch

    torch.set_num_threads(count)
    return function(*arguments)
