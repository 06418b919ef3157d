"""The typed events that every algorithm yields: small, frozen, picklable, plain numpy.

The same stream serves the page, the command line, the tests and the bench. `OuterStep`, `Snapshot` and one
`Scored` always come; every single update only when `config.trace` asks for it.
"""

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from core.words import Words

if TYPE_CHECKING:
    from torch import Tensor

Array = np.ndarray


def arrays(*tensors: "Tensor") -> list[Array]:
    """Return the tensors as numpy arrays that later updates do not change."""
    return [tensor.detach().numpy().copy() for tensor in tensors]


@dataclass(frozen=True, eq=False)
class Event:
    """Base of all events."""

    def to_json(self) -> dict[str, Any]:
        """Return the event as plain JSON values, with its name in snake case under "event"."""
        name = "".join("_" + c.lower() if c.isupper() else c for c in type(self).__name__).lstrip("_")
        values = {field.name: _plain(getattr(self, field.name)) for field in fields(self)}
        return {"event": name} | values


def _plain(value: Any) -> Any:
    """Return a value for JSON, which has no infinity and no NaN: they become null."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list):
        return [_plain(element) for element in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@dataclass(frozen=True, eq=False)
class Progress(Event):
    """How far a job without a learning curve is: `done` of `total` (0 where not known); `what`: its activity."""

    what: str
    done: int
    total: int


@dataclass(frozen=True, eq=False)
class TasksDrawn(Event):
    """A meta-batch was drawn. Shapes: points [tasks, n]; amplitude, phase [tasks]; theta [parameters]."""

    iteration: int
    support_x: Array
    support_y: Array
    query_x: Array
    query_y: Array
    amplitude: Array
    phase: Array
    theta: Array


@dataclass(frozen=True, eq=False)
class EpisodesDrawn(Event):
    """A meta-batch of episodes. x [tasks, points, 28, 28], ink 1; y [tasks, points]; theta [parameters]."""

    iteration: int
    support_x: Array
    support_y: Array
    query_x: Array
    query_y: Array
    theta: Array


@dataclass(frozen=True, eq=False)
class InnerStep(Event):
    """Every task took inner step `step` (from 1).

    losses [tasks]: before this step, on the points that it learns from (for MAML the support); gradient, phi
    [tasks, parameters]: the inner gradient, and the parameters after the step.
    """

    iteration: int
    step: int
    losses: Array
    gradient: Array
    phi: Array


@dataclass(frozen=True, eq=False)
class OuterGradient(Event):
    """The outer step that each task proposes: `arrows` [tasks, parameters], which point downhill.

    For MAML, minus the gradient of the query loss `losses` [tasks] with respect to theta; for
    Reptile, phi - theta, with the loss before the last inner step, on the points of that step.
    """

    iteration: int
    losses: Array
    arrows: Array


@dataclass(frozen=True, eq=False)
class Compared(Event):
    """Queries were compared with the support. support [tasks, s, f], queries [tasks, q, f]: embeddings.

    attention [tasks, q, s]: that of a Matching network, or a Siamese network's probability that two pictures are of
    the same character; answers [tasks, q, way]: probabilities of the classes, or [tasks, q, 1] predicted values;
    losses [tasks]; head: the method's own parameters, for a Siamese network the weight of each difference and a bias.
    """

    iteration: int
    support: Array
    queries: Array
    attention: Array
    answers: Array
    losses: Array
    head: Array

    def to_json(self) -> dict[str, Any]:
        """Return the losses alone: the rest is for figures."""
        return {"event": "compared", "iteration": self.iteration, "losses": _plain(self.losses)}


@dataclass(frozen=True, eq=False)
class Verified(Event):
    """How well a Siamese network tells pairs apart: for each threshold of the probability, the share of pairs of
    different characters that reach it (false alarms) and of pairs of the same character (hits), [n] each.

    area: how often a pair of the same character gets more than a pair of different ones (area under the ROC curve).
    """

    iteration: int
    thresholds: Array
    false_alarms: Array
    hits: Array
    area: float

    def to_json(self) -> dict[str, Any]:
        """Return the event without its curve."""
        return {"event": "verified", "iteration": self.iteration, "area": self.area}


@dataclass(frozen=True, eq=False)
class Mistake(Event):
    """A query that was assigned the wrong class, by numbers: characters [way], drawings [way, points].

    query: its index in the episode; truth, chosen: classes; lead: the log of how many times as likely as the true
    class the chosen one is, which between two pairs is the difference of their logits.
    """

    characters: Array
    drawings: Array
    query: int
    truth: int
    chosen: int
    lead: float


@dataclass(frozen=True, eq=False)
class OuterMove(Event):
    """Theta moved. before, after [parameters]."""

    iteration: int
    before: Array
    after: Array


@dataclass(frozen=True, eq=False)
class OuterStep(Event):
    """A report after `iteration` outer updates; the update itself is `OuterMove`.

    before, after: mean query loss on a fixed set of unseen tasks, at theta and after the config's inner steps, the
    same where a method takes none; for a MANN the error at the first point and the mean error, or the loss.
    accuracy_before, accuracy_after: of the queries, where there are classes; for a MANN of the first and the second
    picture of a class.
    """

    iteration: int
    before: float
    after: float
    accuracy_before: float | None = None
    accuracy_after: float | None = None


@dataclass(frozen=True, eq=False)
class Snapshot(Event):
    """All that a run needs to go on: theta [parameters] and the outer optimizer's arrays by name."""

    iteration: int
    theta: Array
    optimizer: dict[str, Array]

    def to_json(self) -> dict[str, Any]:
        """Return only the iteration: parameters go to a checkpoint, not to a log."""
        return {"event": "snapshot", "iteration": self.iteration}


class DivergedError(ArithmeticError):
    """The loss is no longer finite after `iteration` outer updates. last: the state of the last report, if any."""

    def __init__(self, iteration: int, advice: Words, last: Snapshot | None = None) -> None:
        text = "the loss is no longer finite (outer update {iteration}): {advice}"
        super().__init__(Words(text, iteration=iteration, advice=advice))
        self.iteration, self.advice, self.last = iteration, advice, last

    def __reduce__(self) -> tuple[type, tuple[int, Words, Snapshot | None]]:
        return type(self), (self.iteration, self.advice, self.last)


@dataclass(frozen=True, eq=False)
class Fitted(Event):
    """An initialization fitted to a task. grid [n]; curves [steps + 1, n]: the prediction after each step;
    support_loss, query_loss [steps + 1]: MSE on the support, and against the true function.
    """

    name: str
    grid: Array
    curves: Array
    support_loss: Array
    query_loss: Array


@dataclass(frozen=True, eq=False)
class PointsRead(Event):
    """A network read n points of a function one after the other, without a step.

    grid [g]; curves [n + 1, g]: its answers after 0, 1, ... points; spread [n + 1, g]: their standard deviation, where
    the network says how sure it is, else [0, g]. attention [n + 1, blocks, heads, n + 1]: how much the query looks at
    the token before all points, and at each of them, after 0, 1, ... points; [n + 1, 0, 0, n + 1] without attention.
    """

    grid: Array
    curves: Array
    spread: Array
    attention: Array


@dataclass(frozen=True, eq=False)
class FittedEpisode(Event):
    """An initialization adapted to an episode. probabilities [steps + 1, queries, way]: of each query after each
    step; support_loss, query_loss, accuracy [steps + 1].
    """

    name: str
    probabilities: Array
    support_loss: Array
    query_loss: Array
    accuracy: Array


@dataclass(frozen=True, eq=False)
class Surface(Event):
    """Exact loss of each task over the plane: amplitudes [n], phases [m], losses [tasks, n, m]."""

    amplitudes: Array
    phases: Array
    losses: Array


@dataclass(frozen=True, eq=False)
class Arrows(Event):
    """An algorithm's inner paths on the plane [steps + 1, tasks, 2], and contributions [tasks, 2], whose mean is the
    outer arrow.
    """

    name: str
    path: Array
    contributions: Array


@dataclass(frozen=True, eq=False)
class Walk(Event):
    """Where an algorithm's outer steps take theta on the plane: places [steps + 1, 2], the first of them theta.

    before, after [steps + 1]: the mean loss of the tasks at each place, and after the inner steps from there.
    """

    name: str
    places: Array
    before: Array
    after: Array


@dataclass(frozen=True, eq=False)
class PlaneAnswer(Event):
    """The plane's loss at each place, and after the inner steps from there; arrows and outer walks by algorithm."""

    surface: Surface
    after: Surface
    arrows: tuple[Arrows, ...]
    walks: tuple[Walk, ...]


@dataclass(frozen=True, eq=False)
class Traced(Event):
    """A detailed event with all that a page needs to show it.

    grid [n]; curves [tasks or 1, n]: the predictions of the event's parameters there, if it has any; for
    episodes the grid is empty and curves [tasks, queries, way] are probabilities of the classes;
    file, line: where in the source the event was yielded.
    """

    event: Event
    grid: Array
    curves: Array | None
    file: str
    line: int


@dataclass(frozen=True, eq=False)
class ProgramPass(Event):
    """A pass of a published program over a few tasks. losses [steps + 1]: mean support loss after each inner step;
    move [parameters]: how far the pass moved theta.
    """

    losses: Array
    move: Array


@dataclass(frozen=True, eq=False)
class MethodScore(Event):
    """A contender's score on the tasks so far; see core.demos.compare.

    score: accuracy, or mean squared error; half: half width of its 95% interval; milliseconds: of a task, support
    and queries; passes: pictures or points that go through its network for a task, forward or back; parameters:
    fixed between tasks; memory: how many numbers it stores of a task; latest [n]: its scores on the last n tasks.
    """

    name: str
    score: float
    half: float
    tasks: int
    milliseconds: float
    passes: int
    parameters: int
    memory: int
    latest: Array


@dataclass(frozen=True, eq=False)
class MethodAnswer(Event):
    """A contender's answer to drawings, and its reasons. probabilities [queries, way]; milliseconds: it took.

    before [queries, way]: the same before any inner step, or [queries, 0] where nothing adapts. attention [queries,
    support]: as in `Compared`, or for a memory how much of its read was written for each drawing; else [queries, 0].
    """

    name: str
    probabilities: Array
    before: Array
    attention: Array
    milliseconds: float


@dataclass(frozen=True, eq=False)
class Swept(Event):
    """Mean query MSE over `tasks` unseen tasks by inner rate. rates [n]; losses [steps + 1, n]: by inner step."""

    name: str
    rates: Array
    losses: Array
    tasks: int
