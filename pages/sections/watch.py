"""Watch it learn: a slider through the training of the shipped network, or of the learner's own run as it goes."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from core.events import Snapshot
from core.runtime.job import Job
from core.runtime.shared import pool
from core.storage import run_store
from core.storage.checkpoints import Checkpoint
from core.training.config import TrainingConfig
from lessons.demos import moments
from lessons.engine.language import t
from lessons.figures.replay import Moment, moment
from lessons.notices.moments import about_moment
from pages.sections.training import jobs_of, number_of
from pages.session.questions import remembered
from pages.widgets import controls
from pages.widgets.figure import show_live, unrecorded

EVERY = 0.8  # seconds for each moment while it plays, and between two looks at a run
Stage = Callable[[Any], None] | None
SHIPPED, MOMENT = "shipped", "moment"


def watch(key: str, shipped: Checkpoint[Any], data: str = "", stage: Stage = None) -> None:
    """Draw the moments of the page `key`: of the training that made `shipped`, and of this session's runs.

    data: which pictures the network is asked about, where it is asked about any; stage: draws an answer, where the
    lesson has a stage that does; else it is a figure.
    """
    st.header(t("Watch it learn"), anchor="watch")
    own = {str(number_of(job)): job for job in reversed(jobs_of(key)) if job.steps}
    names = {SHIPPED: t("the shipped network")} | {name: t("run {number}", number=name) for name in own}
    text_column, choose_column, play_column = st.columns([6, 4, 1], vertical_alignment="center")
    with text_column:
        st.markdown(
            t("Move through the training. At each moment it is asked the same question: only the weights differ.")
        )
    with choose_column:
        chosen = st.selectbox(t("The training of"), list(names), key=f"_watched_{key}", format_func=names.__getitem__,
                              label_visibility="collapsed")  # fmt: skip
    with play_column:
        plays = st.toggle(t("Play"), key=f"_plays_{key}", on_change=_from_the_start)
    job = own.get(chosen)
    alive = job is not None and not job.settled
    draw = _recorded if job is None else partial(_own, job)
    st.fragment(run_every=EVERY if plays or alive else None)(lambda: draw(key, shipped, data, plays, stage))()


def _thetas(job: Job) -> Sequence[tuple[int, np.ndarray]]:
    """Return the moments of a run that are there: updates so far, and theta. Of a stored run the job holds the last."""
    if job.kept == "kept":
        known, frames = st.session_state.get("_frames", ("", None))
        if known != job.id:
            with suppress(run_store.RunStoreError):
                frames = run_store.replay_of(job.id, run_store.open_run(job.id))
                st.session_state["_frames"] = (job.id, frames)  # of one run, as they may be some megabytes
        if frames is not None:
            return list(zip(frames.iterations.tolist(), frames.thetas, strict=True))
    return [(event.iteration, event.theta) for event in list(job.events) if isinstance(event, Snapshot)]


def _recorded(key: str, shipped: Checkpoint[Any], data: str, plays: bool, stage: Stage) -> None:
    recorded = moments.recorded_for(key, data)
    shown = _moment(shipped.config, shipped.snapshot.theta, data)
    if not recorded or not shown:
        unrecorded("moments")
        return
    number = _number([at for at, _ in recorded], len(recorded), plays)
    _draw(
        key, shown, recorded, number, stage,
        t(
            "Moment {number} of {last}. The training was repeated from the recorded settings and seed; the last moment "
            "is the shipped network itself.",
            number=number + 1, last=len(recorded),
        ),
    )  # fmt: skip


def _own(job: Job, key: str, _: Checkpoint[Any], data: str, plays: bool, stage: Stage) -> None:
    pool().poll(job)
    thetas = _thetas(job)
    if not thetas:
        return
    assert isinstance(job.config, TrainingConfig)
    every = max(1, job.config.snapshot_every)
    coming = range((thetas[-1][0] // every + 1) * every, job.config.iterations + 1, every)
    number = min(_number([*(at for at, _ in thetas), *coming], len(thetas), plays), len(thetas) - 1)
    at, theta = thetas[number]
    shown = _moment(job.config, theta.astype(np.float32), data)
    if shown is None:
        st.info(t("There is no picture for a moment of this kind of run."))
        return
    answers = remembered(f"watch {key}", shown.question)
    if answers:
        which = t("Moment {number} of {last}", number=number + 1, last=len(thetas))
        _draw(key, shown, [(at, answers[0])], 0, stage, which)


def _moment(config: TrainingConfig, theta: np.ndarray, data: str) -> Moment | None:
    return moment(config.updated(data=data) if data else config, theta)


def _number(updates: Sequence[int], there: int, plays: bool) -> int:
    """Draw the slider over moments after so many updates, of which the first are `there`, and return its place."""
    last = len(updates) - 1
    if plays and MOMENT in st.session_state:
        st.session_state[MOMENT] = min(st.session_state[MOMENT] + 1, there - 1)
    if st.session_state.get(MOMENT, last) > last:
        st.session_state[MOMENT] = last
    return controls.stops(MOMENT, "Updates so far", [str(at) for at in updates])


def _from_the_start() -> None:
    """Play from before the training."""
    st.session_state[MOMENT] = 0


def _draw(
    key: str, shown: Moment, answers: Sequence[tuple[int, Any]], chosen: int, stage: Stage, which: str
) -> None:  # fmt: skip
    at, event = answers[chosen]
    if stage:
        stage(event)
    else:
        show_live(shown.draw([event], at), f"moment_{key}", "", moves=False)
    noticed, named = st.columns([5, 3], gap="small")
    noticed.info(about_moment(answers, chosen), icon=":material/visibility:")
    named.caption(which)
