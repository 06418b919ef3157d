"""The method that a learner has written: which run of it is theirs, and what it answers, from a process of labs."""

import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from threading import Thread

import streamlit as st

from core.demos.questions import CompareMethods, Plane
from core.events import Arrows, MethodScore, Walk
from core.labs import methods
from core.labs.methods import MethodError
from core.registry import WRITTEN
from core.storage import run_store, sources
from core.storage.checkpoints import Checkpoint
from core.storage.run_store import RunStoreError
from core.words import Words
from pages.session import labs
from pages.session.progress import learner

_KNOWN, _FAILED = "_own_method", "_own_method_failed"  # in the session: the last run of its kind; what its file did
SLOW = Words("on this system a file takes seconds to start, too long for a picture that follows your hand")
NOT_HERE = Words("this server runs no code that its visitors have written")


@dataclass(frozen=True, eq=False)
class Own:
    """A learner's last run of a method of their own. source: its file; "" where it cannot run, as `why` says."""

    id: str
    run: Checkpoint
    source: str
    why: Words | None = None


@dataclass
class Contest:
    """How a learner's method does on the tasks of a contest: its scores so far, and why it gave up, if it did."""

    scores: list[MethodScore] = field(default_factory=list)
    why: Words | None = None
    given_up: bool = False
    ended: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing more is awaited of it."""
        return self.ended or self.given_up


def keep(run: Checkpoint, source: str, seconds: float) -> Words | None:
    """Keep a run of a file, so that it takes part wherever methods are compared; return why it cannot be kept."""
    try:
        sources.keep(source)
        run_store.store(run, learner(), state="done", seconds=seconds)
    except (RunStoreError, OSError) as error:
        return Words("{error}", error=error.args[0] if isinstance(error, RunStoreError) else str(error))
    return None


def own() -> Own | None:
    """Return this learner's last kept run of a method of their own, if there is one."""
    try:
        row = run_store.last_of(learner(), WRITTEN.name)
        if row is None:
            return None
        last: Own | None = st.session_state.get(_KNOWN)
        if last is None or last.id != row.id or (last.source != "") != labs.allowed():
            last = st.session_state[_KNOWN] = _opened(row.id)
    except RunStoreError:
        return None  # the page of runs says why
    return last


def able() -> Own | None:
    """Return the run that `own` returns, if its file can run here."""
    mine = own() if labs.allowed() else None
    return mine if mine and mine.source else None


def _opened(id: str) -> Own:
    run = run_store.open_run(id)
    if not labs.allowed():
        return Own(id, run, "", NOT_HERE)
    try:
        return Own(id, run, sources.source_of(run.config.code))
    except sources.LostError as error:
        return Own(id, run, "", error.args[0])


def contest(mine: Own, question: CompareMethods) -> Contest:
    """Begin to let a learner's method play, in the background."""
    played = Contest()
    scores = methods.contest(labs.bench("train"), mine.source, mine.run, question)
    Thread(target=_follow, args=(played, scores), daemon=True).start()
    return played


def _follow(played: Contest, scores: Iterator[MethodScore]) -> None:
    try:
        with closing(scores) as each:  # type: ignore[type-var]
            for score in each:
                played.scores.append(score)
                if played.given_up:
                    return
    except MethodError as error:
        played.why = error.args[0]
    finally:
        played.ended = True


def on_plane(mine: Own, question: Plane) -> tuple[Arrows, Walk] | Words:
    """Return what a learner's method does on the plane, or why it does not: then it is not asked again."""
    if sys.platform != "linux":
        return SLOW
    failed: dict[str, Words] = st.session_state.setdefault(_FAILED, {})
    if mine.id not in failed:
        try:
            return methods.on_plane(labs.bench("check"), mine.source, mine.run, question)
        except MethodError as error:
            failed[mine.id] = error.args[0]
    return failed[mine.id]
