"""The registry of what can be run, found by name. Imports no torch until something is run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeVar

from core.configs import (
    Episodes,
    Fit,
    FitEpisode,
    Maml,
    Matching,
    Plane,
    Prepare,
    Pretrain,
    Reptile,
    Score,
    Sinusoid,
    Sweep,
    Task,
    Trace,
    Training,
)
from core.events import Event, Snapshot
from core.options import Config, ConfigError

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Algorithm:
    """One learning algorithm: its config and the `module:function` that trains it.

    episodes: what differs from the config's defaults on episodes of characters; None where the
    algorithm does not play them; sinusoids: whether it fits sinusoids; score: the `module:function`
    that judges a theta with a config.
    """

    name: str
    config: type[Training]
    entry: str
    summary: str
    episodes: dict[str, Any] | None = None
    sinusoids: bool = True
    score: str = "core.evaluation:evaluate_run"


ALGORITHMS = {
    one.name: one
    for one in (
        Algorithm(
            "maml", Maml, "core.algorithms.maml:train", "model-agnostic meta-learning, order 1 or 2",
            {"inner_rate": 0.4, "meta_batch": 8, "test_steps": 1, "iterations": 3000},
        ),
        Algorithm(
            "reptile", Reptile, "core.algorithms.reptile:train", "move theta towards trained copies",
            {"inner_rate": 0.3, "inner_batch": 10, "meta_batch": 5, "epsilon": 1.0, "shots": 1, "queries": 9,
             "test_steps": 20, "iterations": 5000},
        ),
        Algorithm(
            "pretrain", Pretrain, "core.algorithms.pretrain:train", "no meta-learning: one classifier for all classes",
            {"inner_steps": 10, "iterations": 3000}, sinusoids=False,
        ),
        Algorithm(
            "matching", Matching, "core.algorithms.matching:train", "classify by attention to the support",
            {"way": 20, "iterations": 5000}, sinusoids=False, score="core.algorithms.matching:evaluate",
        ),
    )
}  # fmt: skip

TASKS: dict[str, tuple[Task, str]] = {
    "sinusoid": (Sinusoid(), "regression on y = A sin(x - phase), network 1-40-40-1"),
    "omniglot": (Episodes(), "N-way K-shot classification of handwritten characters, four-block network"),
    "glyphs": (Episodes(data="glyphs"), "the same on generated characters, for when there are no data"),
}

REQUESTS: dict[type[Config], str] = {
    Fit: "core.algorithms.fit:run",
    FitEpisode: "core.algorithms.fit:run_episode",
    Plane: "core.algorithms.plane:run",
    Prepare: "core.tasks.omniglot:prepare",
    Score: "core.evaluation:score",
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
    few_shot = isinstance(task_config, Episodes)
    if not (found.sinusoids or few_shot) or (few_shot and found.episodes is None):
        able = [name for name, (one, _) in TASKS.items() if isinstance(one, Episodes) != few_shot]
        raise ConfigError(f"{algorithm} does not run on {task}: allowed are {', '.join(able)}")
    config = found.config(task=task_config)
    if few_shot:
        config = config.updated(**found.episodes or {})
    return config.with_text(assignments or [])


def task_name(config: Training) -> str:
    """The registered name of the task that `config` trains on."""
    return config.task.data if isinstance(config.task, Episodes) else "sinusoid"


def name_of(config: Training) -> str:
    """The registered name of the algorithm that `config` belongs to."""
    return next(one.name for one in ALGORITHMS.values() if one.config is type(config))


def run(config: Config, resume: Snapshot | None = None) -> Iterator[Event]:
    """The event stream of `config`, whatever it is a config of; the mathematics is imported here."""
    if isinstance(config, Training):
        return entry(ALGORITHMS[name_of(config)].entry)(config, resume)
    return entry(REQUESTS[type(config)])(config)


def entry(path: str) -> Callable[..., Any]:
    """The function named by `module:function`."""
    module, _, function = path.partition(":")
    return getattr(import_module(module), function)
