"""The registry of methods and tasks, by name. Free of torch.

A new method is a folder in `core/methods`, imported and named in METHODS.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from core.events import Event, Snapshot
from core.methods import (
    anil,
    cnp,
    imaml,
    in_context,
    linear_attention,
    maml,
    mann,
    matching,
    meta_sgd,
    ntm,
    pretrain,
    prototypes,
    reading,
    reptile,
    siamese,
    written,
)
from core.methods.method import Method
from core.options import ConfigError
from core.tasks.config import Episodes, Linear, Sequences, Sinusoid, Task
from core.training.config import MetricConfig, TrainingConfig
from core.words import Words

if TYPE_CHECKING:
    from core.training.metric import Comparison

Entry = TypeVar("Entry")

METHODS: dict[str, Method] = {
    module.METHOD.name: module.METHOD
    for module in (
        maml, reptile, anil, meta_sgd, imaml, siamese, matching, prototypes, mann, ntm, in_context, cnp,
        linear_attention, pretrain, reading,
    )
}  # fmt: skip
WRITTEN = written.METHOD  # what learners write: stored like the others, but trained where labs run
FORMER_METHODS = {"published": "reading"}  # names in old saved runs and commands, and the present names

TASKS: dict[str, tuple[Task, str]] = {
    "sinusoid": (Sinusoid(), "regression on y = A sin(x - phase), network 1-40-40-1"),
    "linear": (Linear(), "regression on y = w . x, for a layer of attention"),
    "omniglot": (Episodes(), "N-way K-shot classification of handwritten characters, four-block network"),
    "glyphs": (Episodes(data="glyphs"), "the same on generated characters, for when there are no data"),
    "copy": (Sequences(), "tell a sequence of bits again"),
    "repeat-copy": (Sequences(kind="repeat", longest=10), "tell it as often as asked, then an end marker"),
    "recall": (Sequences(kind="recall", bits=6, shortest=2, longest=6), "which item followed the one that is shown?"),
}


def find(kind: str, name: str, among: dict[str, Entry]) -> Entry:
    """Return the entry `name` of a registry. Raises ConfigError that names the allowed ones."""
    if name not in among:
        words = Words(
            "unknown {kind} {name!r}: allowed are {allowed}", kind=Words(kind), name=name, allowed=", ".join(among)
        )
        raise ConfigError(words)
    return among[name]


def find_method(name: str) -> Method:
    """Return the method whose present or former name is `name`. Raises ConfigError."""
    return WRITTEN if name == WRITTEN.name else find("method", FORMER_METHODS.get(name, name), METHODS)


def config_for(method: str, task: str, assignments: list[str] | None = None) -> TrainingConfig:
    """Return the validated config of `method` on `task` with `field=value` texts applied.

    Raises ConfigError on an unknown name or a value out of range.
    """
    chosen = find_method(method)
    task_config, _ = find("task", task, TASKS)
    if type(task_config) not in chosen.tasks:
        able = [name for name, (config, _) in TASKS.items() if type(config) in chosen.tasks]
        name = Words("a method from a file") if chosen is WRITTEN else chosen.name
        words = Words(
            "{method} does not run on {task}: allowed are {able}", method=name, task=task, able=", ".join(able)
        )
        raise ConfigError(words)
    return chosen.config(task=task_config).updated(**chosen.tasks[type(task_config)]).with_text(assignments or [])


def stored_config(method: str, task: str, values: Mapping[str, Any]) -> TrainingConfig:
    """Return the config of which a file holds the `values`, perhaps one of an older version. Raises ConfigError."""
    config = config_for(method, task)
    return config.updated(**{**config.FORMER_DEFAULTS, **values})


def demo_for(method: str, task: str) -> TrainingConfig:
    """Return the config that a page trains with unless a learner changes it. Raises ConfigError."""
    config = config_for(method, task)
    return config.updated(**find_method(method).demos.get(type(config.task), {}))


def task_name(config: TrainingConfig) -> str:
    """Return the registered name of the task that `config` trains on."""
    task = config.task
    if isinstance(task, Sequences):
        return next(name for name, (config, _) in TASKS.items() if getattr(config, "kind", None) == task.kind)
    if isinstance(task, Episodes):
        return task.data
    return "linear" if isinstance(task, Linear) else "sinusoid"


def method_of(config: TrainingConfig) -> Method:
    """Return the method that `config` belongs to."""
    return next(method for method in (*METHODS.values(), WRITTEN) if method.config is type(config))


def train(config: TrainingConfig, resume: Snapshot | None = None) -> Iterator[Event]:
    """Return the stream of events of a training run, from scratch or resumed at a snapshot."""
    return method_of(config).algorithm().train(config, resume)


def comparison_of(config: TrainingConfig) -> "Comparison":
    """Return how a metric run compares embeddings. Raises ConfigError where the run is of another family."""
    method = method_of(config)
    if not isinstance(config, MetricConfig):
        raise ConfigError(Words("{method} adapts to a task; this needs a method that compares", method=method.name))
    comparison: Comparison = method.algorithm().comparison(config)  # type: ignore[attr-defined]
    return comparison
