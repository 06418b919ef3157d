"""The methods that a learner has written: which run takes part, and what it answers, from a process of labs."""

import json
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
from core.storage.run_store import RunStoreError, StoredRun
from core.words import Words
from pages.session import labs
from pages.session.progress import learner

# in the session: the run that takes part, with its file; the file that the learner chose for it; what a file did
_KNOWN, _CHOSEN, _FAILED = "_own_method", "_own_chosen", "_own_method_failed"
SLOW = Words("on this system a file takes seconds to start, too long for a picture that follows your hand")
NOT_HERE = Words("this server runs no code that its visitors have written")


@dataclass(frozen=True, eq=False)
class Own:
    """A learner's run of a method of their own. source: its file; "" where it cannot run, as `why` says."""

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


def written() -> dict[str, StoredRun]:
    """Return this learner's last kept run of each method of their own, by the hash of its file, the newest first."""
    last: dict[str, StoredRun] = {}
    try:
        for row in run_store.of_method(learner(), WRITTEN.name):
            last.setdefault(str(json.loads(row.config).get("code")), row)
    except RunStoreError:
        return {}  # the page of runs says why
    return last


def choose(code: str) -> None:
    """Let the method of another file take part from now on."""
    st.session_state[_CHOSEN] = code


def own() -> Own | None:
    """Return this learner's run of a method of their own that takes part, if there is one: the newest, or the newest
    of the file that was chosen.
    """
    rows = written()
    if not rows:
        return None
    row = rows.get(st.session_state.get(_CHOSEN, "")) or next(iter(rows.values()))
    known: Own | None = st.session_state.get(_KNOWN)
    try:
        if known is None or known.id != row.id or (known.source != "") != labs.allowed():
            known = st.session_state[_KNOWN] = _opened(row.id)
    except RunStoreError:
        return None
    return known


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
    scores = methods.contest(labs.bench("train"), mine.source, mine.run, question, lambda: played.given_up)
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
        played.why = None if played.given_up else error.args[0]
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
