"""Where labs run: judges for the whole server, and whether it may run what its learners write."""

import os
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from threading import Thread

import streamlit as st

from core.labs import methods
from core.labs.lab import Lab
from core.labs.verdict import Ended, Point, Verdict
from core.labs.workbench import Workbench
from core.words import Words
from pages.session.server import from_this_machine

KEY = "META_LABS"  # the environment variable with which an operator lets labs run for everyone, 1, or for nobody, 0
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def allowed() -> bool:
    """Return whether this server runs what its learners write: it listens to its own machine alone and the learner is
    there, or its operator has said so.
    """
    said = os.environ.get(KEY)
    if said in ("0", "1"):
        return said == "1"
    alone = st.get_option("server.address") in LOOPBACK
    return alone and from_this_machine(st.context.ip_address or "127.0.0.1", st.context.headers)


@cache
def bench(what: str) -> Workbench:
    """Return the judge for checks, or the one for trainings, so that no check waits for a training."""
    return Workbench()


def warm() -> None:
    """Start the judge of checks in the background, so that the first check need not wait for PyTorch."""
    Thread(target=bench("check").warm, daemon=True).start()


def check(source: str, lab: Lab) -> Verdict:
    """Return what the lab's checks say about a learner's file, within some two seconds."""
    return bench("check").check(source, lab)


@dataclass
class Training:
    """A training with a learner's file: its points so far, and how it ended, if it has."""

    lab: str
    source: str
    points: list[Point] = field(default_factory=list)
    ended: Ended | None = None
    given_up: bool = False
    seconds: float = 0.0  # that it took
    used: bool = False  # whether a demo answers with it, or it is compared with others
    refused: Words | None = None  # why it cannot be kept


def train(source: str, lab: Lab) -> Training:
    """Begin to train with a learner's file in place of our function, in the background."""
    training = Training(lab.name, source)
    if lab.whole:
        events = methods.trained(bench("train"), source, lambda: training.given_up)
    else:
        events = bench("train").train(source, lab, lambda: training.given_up)
    Thread(target=_follow, args=(training, events), daemon=True).start()
    return training


def _follow(training: Training, events: Iterator[Point | Ended]) -> None:
    begun = time.monotonic()
    with closing(events) as answers:  # type: ignore[type-var]
        for event in answers:
            if training.given_up:
                break
            if isinstance(event, Point):
                training.points.append(event)
            else:
                training.seconds, training.ended = time.monotonic() - begun, event


def close() -> None:
    """End all judges."""
    for what in ("check", "train"):
        bench(what).close()
    bench.cache_clear()
