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
