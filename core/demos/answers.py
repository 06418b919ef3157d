"""Events that answer questions of pages about a whole set of unseen tasks; as small and frozen as those of events."""

from dataclasses import dataclass

from core.events import Array, Event


@dataclass(frozen=True, eq=False)
class Travelled(Event):
    """How far an initialization goes from theta on `tasks` unseen tasks, and what it gains.

    losses, ci95 [steps + 1]: mean query MSE after 0, 1, ... inner steps, and half of its 95% interval; distances
    [steps + 1]: mean length of phi - theta; length: that of theta; shared: the length of the tasks' mean first step
    over the mean length of their first steps, 1 where all tasks step in the same direction.
    """

    name: str
    losses: Array
    ci95: Array
    distances: Array
    length: float
    shared: float
    tasks: int


@dataclass(frozen=True, eq=False)
class LayersMoved(Event):
    """What a network makes of the points of one sinusoid where only some of its layers move.

    grid [n]: where the curves are drawn; curves [steps + 1, n] and query_loss [steps + 1]: after 0, 1, ... inner steps,
    the mean squared error to the true function on the grid; distances [steps + 1, layers]: how far each layer is from
    where it began; lengths [layers]: of each layer's parameters there.
    """

    grid: Array
    curves: Array
    query_loss: Array
    distances: Array
    lengths: Array


@dataclass(frozen=True, eq=False)
class LayersScored(Event):
    """How good a network is on `tasks` unseen tasks where only some of its layers move.

    score, ci95: mean accuracy, or of sinusoids the mean squared error, and half of its 95% interval; distances
    [layers]: how far each layer goes in the mean; lengths [layers]: of each layer's parameters at the start.
    """

    score: float
    ci95: float
    distances: Array
    lengths: Array
    tasks: int
