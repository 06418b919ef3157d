"""The settings that training runs share, by family, free of torch."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from core.options import Config, ConfigError, option
from core.tasks import sizes
from core.tasks.config import Episodes, Sinusoid, Task
from core.words import Words

TEST_QUERIES = 5  # of each class in an episode of an evaluation


@dataclass(frozen=True)
class Descent:
    """How a task's own parameters go down its loss: plain gradient steps, or Adam without momentum.

    rate: of all parameters, or one for each [parameters]. pull: lambda of a loss that grows by lambda / 2 times the
    squared distance from where the task began.
    """

    rate: Any
    optimizer: str = "sgd"
    pull: float = 0.0


@dataclass(frozen=True)
class TrainingConfig(Config):
    """The settings of every training run: its tasks, its length and its seed.

    bound_to_way: whether a trained network can only tell as many classes apart as it was trained with, because its
    last layer has an output for each class.
    """

    bound_to_way: ClassVar[bool] = True

    task: Task = field(default_factory=Sinusoid)
    meta_batch: int = option(25, "tasks per outer update", low=1, high=1024)
    iterations: int = option(10_000, "outer updates", low=0, high=10_000_000)
    seconds: float = option(0.0, "stop after this time; 0 is no limit", unit="s", low=0.0, high=86_400.0)
    seed: int = option(0, "seed of the run", low=0, high=2**31 - 1)
    anneal: bool = option(False, "let the outer rate fall in a line to zero at the last of `iterations`")
    report_every: int = option(25, "outer updates between two reports", low=1, high=100_000)
    snapshot_every: int = option(0, "outer updates between two snapshots of theta; 0 is none", low=0, high=10_000_000)
    test_tasks: int = option(1000, "unseen tasks of the evaluation", low=2, high=10_000)
    trace: bool = option(False, "yield every update as an event too")

    @property
    def parameters(self) -> int:
        """The length of theta: here of the sinusoids' perceptron or the few-shot classifier. Raises ConfigError."""
        if isinstance(self.task, Sinusoid):
            return sizes.mlp(1, 40, 40, 1)
        return sizes.encoder(self.episodes.width) + sizes.mlp(self.episodes.features, self.episodes.way)

    def check_fits(self, theta: np.ndarray) -> None:
        """Raise ConfigError where theta is not as long as the network of these settings is large, or not finite."""
        if theta.shape != (self.parameters,):
            text = "the parameters do not fit the network: there are {given}, and with these settings it has {wanted}"
            raise ConfigError(Words(text, given=theta.size, wanted=self.parameters))
        if not np.isfinite(theta).all():
            raise ConfigError(Words("the parameters are not finite numbers"))

    @property
    def episodes(self) -> Episodes:
        """The task, if it is one of episodes. Raises ConfigError if it is not."""
        if not isinstance(self.task, Episodes):
            raise ConfigError(Words("this needs episodes of characters"))
        return self.task

    @property
    def outer_step(self) -> str:
        """The name of the field that scales an outer update."""
        return "outer_rate"

    @property
    def advice(self) -> Words:
        """What to try when the loss is no longer finite: to make smaller what makes this run move."""
        values = self.flat()
        inner = values.get("inner_rate", 0) > 0 and values.get("inner_steps", 0) > 0
        outer = self.outer_step if values.get(self.outer_step, 0) > 0 else ""
        match inner, outer:
            case True, "outer_rate":
                return Words("try a smaller inner rate or a smaller outer rate")
            case True, "epsilon":
                return Words("try a smaller inner rate or a smaller epsilon")
            case True, _:
                return Words("try a smaller inner rate")
            case _, "epsilon":
                return Words("try a smaller epsilon")
        return Words("try a smaller outer rate")


@dataclass(frozen=True)
class AdaptationConfig(TrainingConfig):
    """A run whose tasks adapt by gradient steps."""

    inner_rate: float = option(0.01, "inner learning rate alpha", low=0.0, high=10.0)
    inner_steps: int = option(1, "inner gradient steps in training", low=0, high=50)
    test_steps: int = option(10, "inner gradient steps on unseen tasks in the evaluation", low=0, high=100)

    @property
    def descent(self) -> Descent:
        """How a task adapts."""
        return Descent(self.inner_rate)

    @property
    def layers(self) -> list[int]:
        """How many parameters each layer of the network that adapts has, in the order of its vector, the head last."""
        if isinstance(self.task, Sinusoid):
            return [sizes.mlp(1, 40), sizes.mlp(40, 40), sizes.mlp(40, 1)]
        return [*sizes.blocks(self.episodes.width), sizes.mlp(self.episodes.features, self.episodes.way)]

    def parts(self, theta: Any) -> tuple[Any, Descent]:
        """Return where a task begins [parameters of its network], and how it goes down, from all that is learned."""
        return theta, self.descent

    def moving(self, theta: np.ndarray, moves: Sequence[bool]) -> tuple[np.ndarray, Descent]:
        """Return what `parts` does of theta, with a rate of zero for all layers that do not move.

        theta [parameters]; moves: a value for each of `layers`.
        """
        init, descent = self.parts(theta)
        rates = np.repeat(np.array(moves, dtype=np.float32), self.layers) * np.asarray(descent.rate)
        return init, replace(descent, rate=rates.astype(np.float32))


@dataclass(frozen=True)
class MetricConfig(TrainingConfig):
    """A run that learns to compare: nothing adapts to a task, so any way and shot can be tested."""

    bound_to_way: ClassVar[bool] = False

    outer_rate: float = option(0.001, "learning rate of Adam", low=0.0, high=1.0)
    test_way: int = option(5, "classes of an episode in the evaluation", low=2, high=20)
    test_shots: int = option(1, "support drawings of each class in the evaluation", low=1, high=10)

    @property
    def encoder_parameters(self) -> int:
        """The part of theta that embeds, with the statistics of its normalization."""
        if not isinstance(self.task, Episodes):
            return sizes.mlp(1, 40, 40)
        return sizes.encoder(self.task.width) + sizes.statistics(self.task.width)

    def kept(self, way: int, shots: int) -> int:
        """Return how many embeddings the network keeps of a task."""
        return way * shots

    @property
    def tested(self) -> Task:
        """The tasks of the evaluation."""
        return self.tested_episodes if isinstance(self.task, Episodes) else self.task

    @property
    def tested_episodes(self) -> Episodes:
        """The episodes of the evaluation. Raises ConfigError where the task is another one."""
        changes = {"way": self.test_way, "shots": self.test_shots, "queries": TEST_QUERIES}
        return self.episodes.updated(**changes, transductive=False)


@dataclass(frozen=True)
class MemoryConfig(TrainingConfig):
    """A run that learns to use a memory, on sequences."""

    meta_batch: int = option(16, "sequences per update", low=1, high=256)
    outer_rate: float = option(0.001, "learning rate of Adam", low=0.0, high=1.0)
    clip: float = option(10.0, "largest norm of a gradient", low=0.01, high=1000.0)


@dataclass(frozen=True)
class ContextConfig(MemoryConfig):
    """A run that learns to answer from the points of a function that it is given, without a step on them."""

    meta_batch: int = option(64, "functions per update", low=1, high=1024)
    outer_rate: float = option(0.004, "learning rate of Adam", low=0.0, high=1.0)
    clip: float = option(1.0, "largest norm of a gradient", low=0.01, high=1000.0)
    few: int = option(0, "train on this many functions, again and again; 0: always new ones", low=0, high=100_000)
    warm_up: int = option(100, "updates in which the outer rate rises in a line", low=0, high=10_000)

    @property
    def functions(self) -> Sinusoid:
        """The task. Raises ConfigError where it is not one of functions."""
        if not isinstance(self.task, Sinusoid):
            raise ConfigError(Words("this needs functions of one number"))
        return self.task


@dataclass(frozen=True, eq=False)
class Init:
    """Where a few-shot network starts and how it goes on: theta [parameters], its network, its descent."""

    theta: np.ndarray
    network: Episodes
    descent: Descent
