"""Questions of pages to the algorithms: to fit, to compare, to follow, to score. They are checked like any config.

A question has the type of the events that answer it, so that an answer needs no check of its type.
"""

import math
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from core import events
from core.demos.answers import LayersMoved, LayersScored, Travelled
from core.events.evaluations import FewShotEvaluation
from core.events.memory import Addressed, Recalled, TapeAnswer
from core.methods.cnp.config import CnpConfig
from core.methods.in_context.config import InContextConfig
from core.methods.mann.config import MannConfig
from core.methods.matching.config import MatchingConfig
from core.methods.ntm.config import NtmConfig
from core.methods.reading.config import ReadingConfig
from core.methods.siamese.config import SiameseConfig
from core.options import Config, ConfigError, option
from core.tasks.config import Sinusoid
from core.training.config import AdaptationConfig, Init, MetricConfig, TrainingConfig
from core.words import Words

Answer = TypeVar("Answer", bound=events.Event)
MOST_READ = 60  # points


def check_points(x: tuple[float, ...], y: tuple[float, ...]) -> None:
    """Raise ConfigError where points are not finite numbers, an x and a y each, or too many."""
    if len(x) != len(y) or len(x) > MOST_READ:
        raise ConfigError(Words("at most {most} points are read, each with an x and a y", most=MOST_READ))
    if not np.isfinite([*x, *y]).all():
        raise ConfigError(Words("support points must be finite numbers"))


class Question(Config, Generic[Answer]):
    """A question; its answer is a stream of events of the type `Answer`. One about a trained network has `training`,
    the config of the run that made it, and theta [parameters], which must fit it.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        training, theta = getattr(self, "training", None), getattr(self, "theta", None)
        if isinstance(training, TrainingConfig) and theta is not None:
            training.check_fits(theta)


@dataclass(frozen=True, eq=False)
class FollowNtm(Question[TapeAnswer]):
    """Show every step of a machine on a sequence; see core.demos.follow. theta [parameters]."""

    training: NtmConfig
    theta: np.ndarray
    length: int = option(10, "vectors of the sequence; in recall, items", low=1, high=120)
    number: int = option(1, "which sequence", low=0, high=1_000_000)


@dataclass(frozen=True)
class Address(Question[Addressed]):
    """Move a head by hand; see core.demos.follow.

    memory [rows][width]; key [width]; before [rows]; shift: how much to move by -1, 0 and 1 rows.
    """

    memory: tuple[tuple[float, ...], ...]
    key: tuple[float, ...]
    before: tuple[float, ...]
    shift: tuple[float, float, float] = (0.0, 1.0, 0.0)
    strength: float = option(5.0, "key strength beta", low=0.0, high=100.0)
    gate: float = option(1.0, "gate g: 1 is all content, 0 is where the head was", low=0.0, high=1.0)
    gamma: float = option(1.0, "sharpness gamma", low=1.0, high=50.0)


@dataclass(frozen=True, eq=False)
class RunProgram(Question[events.ProgramPass]):
    """Run a pass of a program, faulty and repaired; see core.methods.reading.algorithm. theta [parameters]."""

    training: ReadingConfig
    theta: np.ndarray
    number: int = option(0, "which tasks", low=0, high=1_000_000)


@dataclass(frozen=True, eq=False)
class FollowMann(Question[Recalled]):
    """Show a memory-augmented network on a sequence of unseen characters; see core.demos.follow."""

    training: MannConfig
    theta: np.ndarray
    number: int = option(1, "which sequence", low=0, high=1_000_000)
    wipe: int = option(0, "empty the memory before this step; 0 is never", low=0, high=400)


@dataclass(frozen=True, eq=False)
class Fit(Question[events.Fitted]):
    """Fit one sinusoid task from several initializations; see core.demos.adapt.

    x, y: the support points, n values each; inits: theta [parameters] by name.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    inits: dict[str, np.ndarray]
    amplitude: float = option(2.5, "amplitude of the true function", low=0.0, high=10.0)
    phase: float = option(1.0, "phase of the true function", unit="rad", low=-2 * math.pi, high=2 * math.pi)
    inner_rate: float = option(0.01, "inner learning rate alpha", low=0.0, high=10.0)
    inner_steps: int = option(10, "gradient steps", low=0, high=100)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.x or len(self.x) != len(self.y):
            raise ConfigError(Words("a fit needs at least one support point, each with an x and a y"))
        if not np.isfinite([*self.x, *self.y]).all():
            raise ConfigError(Words("support points must be finite numbers"))
        for theta in self.inits.values():
            TrainingConfig().check_fits(theta)


@dataclass(frozen=True, eq=False)
class ReadPoints(Question[events.PointsRead]):
    """Read points without a step on them; see core.demos.read. theta [parameters]; x, y: the points, n values each."""

    training: InContextConfig | CnpConfig
    theta: np.ndarray
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()
    query: float = option(0.0, "the x whose attention is returned", low=-10.0, high=10.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_points(self.x, self.y)


@dataclass(frozen=True, eq=False)
class MoveLayers(Question[LayersMoved]):
    """Adapt to the points of one sinusoid while only some layers move; see core.demos.layers. theta [parameters]; x, y:
    the points, n values each; moves: whether each layer may.
    """

    training: AdaptationConfig
    theta: np.ndarray
    x: tuple[float, ...]
    y: tuple[float, ...]
    moves: tuple[bool, ...]
    amplitude: float = option(2.5, "amplitude of the true function", low=0.0, high=10.0)
    phase: float = option(1.0, "phase of the true function", unit="rad", low=-2 * math.pi, high=2 * math.pi)
    inner_steps: int = option(5, "gradient steps", low=0, high=100)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.x:
            raise ConfigError(Words("a fit needs at least one support point, each with an x and a y"))
        check_points(self.x, self.y)
        _check_moves(self.training, self.moves)
        if not isinstance(self.training.task, Sinusoid):
            raise ConfigError(Words("this needs functions of one number"))


@dataclass(frozen=True, eq=False)
class ScoreLayers(Question[LayersScored]):
    """Score a network on unseen tasks while only some layers move; see core.demos.layers. theta [parameters]."""

    training: AdaptationConfig
    theta: np.ndarray
    moves: tuple[bool, ...]
    inner_steps: int = option(5, "gradient steps", low=0, high=100)
    tasks: int = option(1000, "unseen tasks", low=40, high=10_000)

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_moves(self.training, self.moves)


def _check_moves(training: AdaptationConfig, moves: tuple[bool, ...]) -> None:
    if len(moves) != len(training.layers):
        text = "the network has {layers} layers, not {given}"
        raise ConfigError(Words(text, layers=len(training.layers), given=len(moves)))


@dataclass(frozen=True)
class Plane(Question[events.PlaneAnswer]):
    """Show three algorithms on the two-parameter model: their outer arrows and walks, and the loss that they go down;
    see core.demos.plane.

    amplitudes, phases: of each task.
    """

    amplitudes: tuple[float, ...] = (1.5, 3.0, 4.0)
    phases: tuple[float, ...] = (0.4, 1.6, 2.6)
    amplitude: float = option(1.0, "theta_1, the amplitude it starts from", low=0.0, high=5.0)
    phase: float = option(1.1, "theta_2, the phase it starts from", unit="rad", low=0.0, high=math.pi)
    inner_rate: float = option(0.15, "inner learning rate alpha", low=0.0, high=2.0)
    inner_steps: int = option(3, "inner gradient steps", low=0, high=20)
    outer_rate: float = option(0.1, "outer rate of MAML, first order and joint training", low=0.0, high=2.0)
    epsilon: float = option(1.0, "outer rate of Reptile", low=0.0, high=2.0)
    outer_steps: int = option(30, "outer steps of each walk", low=0, high=30)


@dataclass(frozen=True, eq=False)
class FitEpisode(Question[events.FittedEpisode]):
    """Adapt to one episode from several initializations; see core.demos.adapt.

    characters: [way] numbers in `data`; drawings: [way][points] the person who drew each, the first `shots` for the
    support and the rest as queries.
    """

    data: str
    characters: tuple[int, ...]
    drawings: tuple[tuple[int, ...], ...]
    shots: int
    inits: dict[str, Init]
    inner_steps: int = option(10, "gradient steps", low=0, high=100)


@dataclass(frozen=True, eq=False)
class AnswerEpisode(Question[events.Compared]):
    """Let a metric method answer one episode; see core.demos.metric.

    training: the run that made theta [parameters]; characters, drawings, shots: as in `FitEpisode`.
    """

    training: MetricConfig
    theta: np.ndarray
    data: str
    characters: tuple[int, ...]
    drawings: tuple[tuple[int, ...], ...]
    shots: int


@dataclass(frozen=True, eq=False)
class AnswerCurve(Question[events.Compared]):
    """Let a Matching network answer along x from support points x, y; see core.demos.metric."""

    training: MatchingConfig
    theta: np.ndarray
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Verify(Question[events.Verified]):
    """Judge all pairs of 50 unseen episodes by a Siamese network; see core.demos.metric. theta [parameters]."""

    training: SiameseConfig
    theta: np.ndarray


@dataclass(frozen=True, eq=False)
class Mistakes(Question[events.Mistake]):
    """Show queries of unseen episodes that a metric method gets wrong; see core.demos.metric."""

    training: MetricConfig
    theta: np.ndarray
    episodes: int = option(100, "unseen episodes to look at", low=1, high=1000)
    most: int = option(12, "mistakes to return, the largest lead first", low=1, high=100)


@dataclass(frozen=True, eq=False)
class Table(Question[FewShotEvaluation]):
    """Score a metric method for every way and number of shots; see core.demos.metric."""

    training: MetricConfig
    theta: np.ndarray
    ways: tuple[int, ...] = (2, 5, 10, 20)
    shots: tuple[int, ...] = (1, 2, 5, 10)
    episodes: int = option(200, "unseen episodes of each", low=2, high=1000)


@dataclass(frozen=True, eq=False)
class Score(Question[FewShotEvaluation]):
    """Score an initialization on unseen episodes; see core.training.evaluation."""

    init: Init
    episodes: int = option(1000, "unseen episodes", low=2, high=10_000)
    inner_steps: int = option(10, "gradient steps", low=0, high=100)


@dataclass(frozen=True)
class CompareMethods(Question[events.MethodScore]):
    """Score all methods on the same unseen tasks; see core.demos.compare."""

    kind: str = option("pictures", "pictures, or curves", choices=("pictures", "curves"))
    data: str = option("omniglot", "omniglot, or glyphs that are generated", choices=("omniglot", "glyphs"))
    change: str = option("none", "what is done to all drawings of a task", choices=("none", "turned", "thick"))
    way: int = option(5, "classes of an episode (N)", low=2, high=20)
    shots: int = option(1, "drawings of each class (K), or points of a sinusoid", low=1, high=20)
    queries: int = option(3, "queries of each class, or of a sinusoid", low=1, high=100)
    tasks: int = option(200, "unseen tasks", low=2, high=2000)
    number: int = option(1, "which tasks", low=0, high=1_000_000)


@dataclass(frozen=True, eq=False)
class JudgeDrawings(Question[events.MethodAnswer]):
    """Let all methods classify drawings of a learner; see core.demos.compare.

    support [way, shots, 28, 28], queries [queries, 28, 28]: bytes, ink 255.
    """

    support: np.ndarray
    queries: np.ndarray

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, dimensions in (("support", 4), ("queries", 3)):
            pictures = getattr(self, name)
            fits = pictures.dtype == np.uint8 and pictures.ndim == dimensions
            if not fits or pictures.shape[-2:] != (28, 28) or 0 in pictures.shape:
                raise ConfigError(Words("{name}: expected pictures of 28 by 28 bytes", name=name))
        if not 2 <= len(self.support) <= 5 or self.support.shape[1] > 5 or len(self.queries) > 20:
            raise ConfigError(Words("2 to 5 classes with 1 to 5 drawings each, and up to 20 queries"))


@dataclass(frozen=True)
class Prepare(Question[events.Event]):
    """Find or download Omniglot and make its array file; see core.tasks.omniglot."""


@dataclass(frozen=True, eq=False)
class Trace(Question[events.Traced]):
    """Show an outer iteration of `training` in full detail, resumed at `start`; see core.demos.trace."""

    training: TrainingConfig
    start: events.Snapshot | None = None


@dataclass(frozen=True, eq=False)
class Sweep(Question[events.Swept]):
    """Show the loss after adaptation over a range of inner rates; inits: theta [parameters] by name."""

    inits: dict[str, np.ndarray]
    inner_steps: int = option(1, "gradient steps", low=0, high=20)


@dataclass(frozen=True, eq=False)
class Travel(Question[Travelled]):
    """Show how far each initialization goes on unseen tasks, and what that gains; inits: theta [parameters] by name."""

    inits: dict[str, np.ndarray]
    inner_rate: float = option(0.01, "inner learning rate alpha", low=0.0, high=10.0)
    inner_steps: int = option(10, "gradient steps", low=1, high=100)
    tasks: int = option(1000, "unseen tasks", low=2, high=10_000)
