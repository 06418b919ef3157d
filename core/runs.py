"""The registry of what can be run, found by name. Imports no torch until something is run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TypeVar

from core.configs import Fit, Maml, Plane, Reptile, Sinusoid, Sweep, Trace, Training
from core.events import Event, Snapshot
from core.options import Config, ConfigError

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Algorithm:
    """One learning algorithm: its config and the `module:function` that trains it."""

    name: str
    config: type[Training]
    entry: str
    summary: str


ALGORITHMS = {
    one.name: one
    for one in (
        Algorithm("maml", Maml, "core.algorithms.maml:train", "model-agnostic meta-learning, order 1 or 2"),
        Algorithm("reptile", Reptile, "core.algorithms.reptile:train", "move theta towards trained copies"),
    )
}

TASKS: dict[str, tuple[type[Sinusoid], str]] = {
    "sinusoid": (Sinusoid, "regression on y = A sin(x - phase), network 1-40-40-1"),
}

REQUESTS: dict[type[Config], str] = {
    Fit: "core.algorithms.fit:run",
    Plane: "core.algorithms.plane:run",
    Sweep: "core.algorithms.sweep:run",
    Trace: "core.algorithms.trace:run",
}


def find(kind: str, name: str, among: dict[str, Entry]) -> Entry:
    """The entry `name` of a registry; raises ConfigError that names the allowed ones."""
    if name not in among:
        raise ConfigError(f"unknown {kind} {name!r}: allowed are {', '.join(among)}")
    return among[name]


def config_for(algorithm: str, task: str, assignments: list[str] | None = None) -> Training:
    """The validated config of `algorithm` on `task` with `field=value` texts applied.

    Raises ConfigError on an unknown name or a value out of range.
    """
    found = find("algorithm", algorithm, ALGORITHMS)
    task_config, _ = find("task", task, TASKS)
    return found.config(task=task_config()).with_text(assignments or [])


def name_of(config: Training) -> str:
    """The registered name of the algorithm that `config` belongs to."""
    return next(one.name for one in ALGORITHMS.values() if one.config is type(config))


def run(config: Config, resume: Snapshot | None = None) -> Iterator[Event]:
    """The event stream of `config`, whatever it is a config of; the mathematics is imported here."""
    if isinstance(config, Training):
        return entry(ALGORITHMS[name_of(config)].entry)(config, resume)
    return entry(REQUESTS[type(config)])(config)


def entry(path: str) -> Callable[..., Iterator[Event]]:
    """The function named by `module:function`."""
    module, _, function = path.partition(":")
    return getattr(import_module(module), function)
