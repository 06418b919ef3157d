"""A background run: its config, its state, and the events that it has yielded."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from core.events import Event, OuterStep, Progress, Snapshot
from core.options import Config
from core.runtime import bounded
from core.training.config import TrainingConfig

TOO_MUCH = "the answer takes more memory than this server gives to one"
FIRST_GUESS = 0.5  # seconds before a guess at the remaining time is worth showing
ENDED = ("done", "failed", "cancelled")
SETTLING = 3.0  # seconds that a page waits to hear whether a run has been stored


@dataclass(eq=False)
class Job:
    """A run: its config, its state, and the events that it has yielded. Read it through `Pool.poll`.

    page: where it was started, so that its learner finds it there again.
    """

    config: Config
    owner: str
    page: str = ""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: str = "queued"
    reason: str = ""
    events: list[Event] = field(default_factory=list)
    submitted_at: float = field(default_factory=time.monotonic)
    started: float = 0.0
    first_event: float = 0.0
    ended: float = 0.0
    seen: float = field(default_factory=time.monotonic)
    kept: str = ""  # "kept" when it is stored, or why it could not be
    watched: Callable[[], bool] | None = None  # whether the learner is still connected, where that is known
    stopping: str = ""  # why it must end
    paused: bool = False
    lost: bool = False  # its worker is gone: the same may go well the next time
    size: int = 0  # bytes of its events, at least
    _looked: tuple[int, int] = (bounded.MOST_EVENTS, bounded.MOST_BYTES)  # how many, and how large, before some go

    def take(self, events: list[Event]) -> None:
        """Add events, within the bounds of `core.runtime.bounded`: too large an answer to a question is stopped, and of
        a run's events some are dropped.
        """
        self.first_event = self.first_event or time.monotonic()
        self.size += sum(map(bounded.size, events))
        held = self.events + events
        if isinstance(self.config, TrainingConfig):
            if any(isinstance(event, Snapshot) for event in events):
                held = bounded.without_optimizers(held)
            if len(held) > self._looked[0] or self.size > self._looked[1]:
                held = bounded.thinned(held)
                self.size = sum(map(bounded.size, held))
                # not again at the next event: that would be a look through all of them each time
                least = len(held) + bounded.MOST_EVENTS // 8, self.size + bounded.MOST_BYTES // 4
                self._looked = max(bounded.MOST_EVENTS, least[0]), max(bounded.MOST_BYTES, least[1])
        elif self.size > bounded.LARGEST_ANSWER:
            self.stopping, held = TOO_MUCH, []
        self.events = held

    def release(self) -> None:
        """Forget what only a replay needs, which is stored: all snapshots but the last, and what continues it."""
        places = [i for i, event in enumerate(self.events) if isinstance(event, Snapshot)]
        self.events = [
            replace(event, optimizer={}) if isinstance(event, Snapshot) else event
            for i, event in enumerate(self.events)
            if i not in places[:-1]
        ]
        self.size = sum(map(bounded.size, self.events))

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ENDED

    @property
    def settled(self) -> bool:
        """Whether it is over and it is known whether it was stored, or SETTLING seconds have passed."""
        return self.over and (bool(self.kept) or time.monotonic() - self.ended > SETTLING)

    @property
    def steps(self) -> list[OuterStep]:
        """The learning curve so far."""
        return [event for event in list(self.events) if isinstance(event, OuterStep)]

    def progress(self) -> tuple[float, float | None]:
        """Return the fraction done, 0 to 1, and the seconds that remain (None while not known)."""
        if self.over:
            return (1.0 if self.state == "done" else self._fraction()), 0.0
        fraction = self._fraction()
        taken = time.monotonic() - self.first_event if self.first_event else 0.0
        return fraction, taken * (1 - fraction) / fraction if fraction and taken > FIRST_GUESS else None

    def _fraction(self) -> float:
        config = self.config
        progress = next((event for event in reversed(self.events) if isinstance(event, Progress)), None)
        if progress:
            return min(progress.done / progress.total, 1.0) if progress.total else 0.0
        if not isinstance(config, TrainingConfig) or not self.events:
            return 0.0
        last = next((event.iteration for event in reversed(self.events) if isinstance(event, OuterStep)), 0)
        fraction = last / config.iterations if config.iterations else 1.0
        if config.seconds and self.first_event:
            end = self.ended or time.monotonic()
            fraction = max(fraction, (end - self.first_event) / config.seconds)
        return min(fraction, 1.0)
