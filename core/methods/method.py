"""How a method describes itself: its settings by task, and where its algorithm is. Free of torch."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from core.events import Event, Snapshot
from core.events.evaluations import Evaluation, FewShotEvaluation, Scored
from core.tasks.config import Episodes, Sinusoid, Task
from core.training.config import TrainingConfig

Changes = Mapping[str, Any]  # values by field name, for `Config.updated`


class Algorithm(Protocol):
    """The module of an algorithm. That of a metric method has `comparison(config)` as well."""

    @property
    def train(self) -> Callable[[Any, Snapshot | None], Iterator[Event]]:
        """The stream of events of a run with a config, from scratch or resumed at a snapshot."""

    @property
    def evaluate(self) -> Callable[[Any, Any, int], Scored]:
        """The score of theta [parameters] with a config, after so many outer updates."""


@dataclass(frozen=True)
class Contender:
    """An entry on the page that compares all methods.

    name: its name there. checkpoint: the shipped run that answers. classes: whether it classifies characters, else it
    continues sinusoids. steps: inner steps on the support, where it adapts. wider: the run that answers tasks of more
    classes than `checkpoint` has outputs for, if there is one.
    """

    name: str
    checkpoint: str
    classes: bool = True
    steps: int = 0
    wider: str = ""


@dataclass(frozen=True)
class Method:
    """A learning method.

    name: its name on the command line, in saved runs and on pages. config: the class of its settings. summary: one
    line. algorithm: imports and returns the module of the algorithm, with torch; so a server may import this.
    tasks: the kinds of task it learns, each with its differences from the config's defaults. demos: by kind of task,
    settings that learn fast from scratch, for pages and bench; long runs want a smaller outer step. splits_tasks:
    whether torchrun may split its meta-batch over processes. contenders: its entries in the comparison of all
    methods; a method that neither adapts nor compares has `solver(config, theta)` in its algorithm for that.
    evaluations: what a run ends with, by kind of task.
    """

    name: str
    config: type[TrainingConfig]
    summary: str
    algorithm: Callable[[], Algorithm]
    tasks: Mapping[type[Task], Changes]
    demos: Mapping[type[Task], Changes] = field(default_factory=dict)
    splits_tasks: bool = False
    contenders: tuple[Contender, ...] = ()
    evaluations: Mapping[type[Task], type[Scored]] = field(
        default_factory=lambda: {Sinusoid: Evaluation, Episodes: FewShotEvaluation}
    )
