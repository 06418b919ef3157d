"""The registry of what can be run, found by name. Imports no torch until something is run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeVar

from core.configs import (
    Episodes,
    Maml,
    Mann,
    Matching,
    Ntm,
    Pretrain,
    Published,
    Reptile,
    Sequences,
    Siamese,
    Sinusoid,
    Task,
    Training,
)
from core.events import Event, Snapshot
from core.options import Config, ConfigError
from core.requests import (
    Address,
    Compare,
    CompareCurve,
    Contest,
    Fit,
    FitEpisode,
    FollowMann,
    FollowNtm,
    Judge,
    Look,
    Mistakes,
    Plane,
    Prepare,
    Score,
    Sweep,
    Table,
    Trace,
)

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Algorithm:
    """One learning algorithm: its config and the `module:function` that trains it.

    tasks: the kinds of tasks it learns, each with what differs from the config's defaults there;
    score: the `module:function` that judges a theta with a config; method: for a metric algorithm,
    the `module:function` of its comparison.
    """

    name: str
    config: type[Training]
    entry: str
    summary: str
    tasks: dict[type[Task], dict[str, Any]]
    score: str = "core.evaluation:evaluate_run"
    method: str = ""


ALGORITHMS = {
    one.name: one
    for one in (
        Algorithm(
            "maml", Maml, "core.algorithms.maml:train", "model-agnostic meta-learning, order 1 or 2",
            {Sinusoid: {}, Episodes: {"inner_rate": 0.4, "meta_batch": 8, "test_steps": 1, "iterations": 3000}},
        ),
        Algorithm(
            "reptile", Reptile, "core.algorithms.reptile:train", "move theta towards trained copies",
            {Sinusoid: {}, Episodes: {"inner_rate": 0.3, "inner_batch": 10, "meta_batch": 5, "epsilon": 1.0, "shots": 1,
                                      "queries": 9, "test_steps": 20, "iterations": 5000}},
        ),
        Algorithm(
            "published", Published, "core.algorithms.published:train", "the article's programs, faults and all",
            {Sinusoid: {"iterations": 3000}},
        ),
        Algorithm(
            "pretrain", Pretrain, "core.algorithms.pretrain:train", "no meta-learning: one classifier for all classes",
            {Episodes: {"inner_steps": 10, "iterations": 3000}},
        ),
        Algorithm(
            "matching", Matching, "core.algorithms.matching:train", "answer by attention to the support",
            {Sinusoid: {}, Episodes: {"way": 20, "iterations": 5000, "transductive": False}},
            "core.algorithms.matching:evaluate", "core.algorithms.matching:method",
        ),
        Algorithm(
            "siamese", Siamese, "core.algorithms.siamese:train", "tell whether two pictures are of one character",
            {Episodes: {"way": 20, "queries": 1, "within": 1.0, "iterations": 5000, "transductive": False}},
            "core.algorithms.siamese:evaluate", "core.algorithms.siamese:method",
        ),
        Algorithm(
            "ntm", Ntm, "core.algorithms.ntm:train", "Neural Turing Machine: a controller with a memory",
            {Sequences: {"iterations": 20_000}}, "core.algorithms.ntm:evaluate",
        ),
        Algorithm(
            "mann", Mann, "core.algorithms.mann:train", "memory-augmented network: write where it was least used",
            {Episodes: {"iterations": 20_000, "transductive": False}, Sinusoid: {"iterations": 20_000}},
            "core.algorithms.mann:evaluate",
        ),
    )
}  # fmt: skip

# what learns fast from scratch, for pages and bench, by the kind of task; long runs want a smaller outer step
DEMOS: dict[str, dict[type[Task], dict[str, Any]]] = {
    "maml": {
        Sinusoid: {"iterations": 4000, "outer_rate": 0.006},
        Episodes: {
            "iterations": 1000, "anneal": True, "meta_batch": 16, "outer_rate": 0.01, "average": 0.95,
            "rotations": False, "report_every": 10,
        },
    },
    "reptile": {
        Sinusoid: {"iterations": 4000, "epsilon": 1.0},
        Episodes: {"iterations": 1500, "anneal": True},
    },
    "matching": {Episodes: {"iterations": 2000, "queries": 2, "outer_rate": 0.008, "scale": 25.0, "anneal": True}},
    "siamese": {Episodes: {"iterations": 1500, "distort": True, "outer_rate": 0.004, "anneal": True}},
    "ntm": {Sequences: {"iterations": 2000, "longest": 8, "outer_rate": 0.003, "test_lengths": "8,16,32,64"}},
    "mann": {Episodes: {"iterations": 2000, "rows": 64, "side": 14, "test_tasks": 200}},
}  # fmt: skip

TASKS: dict[str, tuple[Task, str]] = {
    "sinusoid": (Sinusoid(), "regression on y = A sin(x - phase), network 1-40-40-1"),
    "omniglot": (Episodes(), "N-way K-shot classification of handwritten characters, four-block network"),
    "glyphs": (Episodes(data="glyphs"), "the same on generated characters, for when there are no data"),
    "copy": (Sequences(), "tell a sequence of bits again"),
    "repeat-copy": (Sequences(kind="repeat", longest=10), "tell it as often as asked, then an end marker"),
    "recall": (Sequences(kind="recall", bits=6, shortest=2, longest=6), "which item followed the one that is shown?"),
}

REQUESTS: dict[type[Config], str] = {
    Address: "core.algorithms.follow:address",
    Contest: "core.algorithms.contest:run",
    Judge: "core.algorithms.contest:judge",
    Compare: "core.algorithms.compare:episode",
    CompareCurve: "core.algorithms.compare:curve",
    Fit: "core.algorithms.fit:run",
    FitEpisode: "core.algorithms.fit:run_episode",
    FollowMann: "core.algorithms.follow:recall",
    FollowNtm: "core.algorithms.follow:tape",
    Look: "core.algorithms.published:look",
    Mistakes: "core.algorithms.compare:mistakes",
    Plane: "core.algorithms.plane:run",
    Prepare: "core.tasks.omniglot:prepare",
    Score: "core.evaluation:score",
    Table: "core.algorithms.compare:table",
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
    if type(task_config) not in found.tasks:
        able = [name for name, (one, _) in TASKS.items() if type(one) in found.tasks]
        raise ConfigError(f"{algorithm} does not run on {task}: allowed are {', '.join(able)}")
    return found.config(task=task_config).updated(**found.tasks[type(task_config)]).with_text(assignments or [])


def demo_for(algorithm: str, task: str) -> Training:
    """What a page trains of `algorithm` on `task` unless a learner changes it. Raises ConfigError."""
    config = config_for(algorithm, task)
    return config.updated(**DEMOS[algorithm][type(config.task)])


def task_name(config: Training) -> str:
    """The registered name of the task that `config` trains on."""
    task = config.task
    if isinstance(task, Sequences):
        return next(name for name, (one, _) in TASKS.items() if isinstance(one, Sequences) and one.kind == task.kind)
    return task.data if isinstance(task, Episodes) else "sinusoid"


def name_of(config: Training) -> str:
    """The registered name of the algorithm that `config` belongs to."""
    return next(one.name for one in ALGORITHMS.values() if one.config is type(config))


def run(config: Config, resume: Snapshot | None = None) -> Iterator[Event]:
    """The event stream of `config`, whatever it is a config of; the mathematics is imported here."""
    if isinstance(config, Training):
        return entry(ALGORITHMS[name_of(config)].entry)(config, resume)
    return entry(REQUESTS[type(config)])(config)


def method_of(config: Training) -> Any:
    """The comparison of a metric run, a core.algorithms.metric.Method. Raises ConfigError where it is none."""
    path = ALGORITHMS[name_of(config)].method
    if not path:
        raise ConfigError(f"{name_of(config)} adapts to a task; this needs a method that compares")
    return entry(path)(config)


def entry(path: str) -> Callable[..., Any]:
    """The function named by `module:function`."""
    module, _, function = path.partition(":")
    return getattr(import_module(module), function)
