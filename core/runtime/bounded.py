"""What a server holds of a run's events is bounded, however often the run reports."""

from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from core.events import Event, Snapshot

MOST_EVENTS = 4000  # of one type
MOST_BYTES = 24 * 2**20  # of the events of one type
LARGEST_ANSWER = 64 * 2**20  # bytes of the events that answer a question
SMALL = 200  # bytes of an event without arrays


def size(value: Any) -> int:
    """Return how many bytes an event, or a value in it, takes at least."""
    if isinstance(value, np.ndarray):
        return value.nbytes + SMALL
    if isinstance(value, str | bytes):
        return len(value) + SMALL
    if isinstance(value, dict):
        return sum(map(size, value.values())) + SMALL
    if isinstance(value, list | tuple):
        return sum(map(size, value)) + SMALL
    if is_dataclass(value):
        return sum(size(getattr(value, field.name)) for field in fields(value)) + SMALL
    return 8


def without_optimizers(events: list[Event]) -> list[Event]:
    """Drop the optimizer's state from all snapshots but the last: a run goes on only from that."""
    last = max((i for i, event in enumerate(events) if isinstance(event, Snapshot)), default=0)
    return [
        replace(event, optimizer={}) if isinstance(event, Snapshot) and event.optimizer and i != last else event
        for i, event in enumerate(events)
    ]


def thinned(events: list[Event]) -> list[Event]:
    """Return a run's events, of each type at most MOST_EVENTS and MOST_BYTES. Where there are more, half as many stay:
    the first, the last, and others evenly over the iterations.
    """
    for kind in {type(event) for event in events}:
        places = [i for i, event in enumerate(events) if type(event) is kind]
        most = max(2, min(MOST_EVENTS, MOST_BYTES // size(events[places[0]])))
        if len(places) > most:
            at = np.array([getattr(events[i], "iteration", i) for i in places])
            even = np.linspace(at[0], at[-1], max(2, most // 2))
            stay = {places[i] for i in np.abs(at - even[:, None]).argmin(1)} | {places[-1]}
            events = [event for i, event in enumerate(events) if type(event) is not kind or i in stay]
    return events
