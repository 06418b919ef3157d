"""The runs of a server for its instructor: who waits, what runs, and buttons to let it pause or to end it."""

import time

import streamlit as st

from core.registry import method_of, task_name
from core.runtime.job import Job
from core.runtime.pool import ENDED_HERE
from core.runtime.shared import pool
from core.training.config import TrainingConfig
from lessons.engine.language import plural, t

MOST = 40  # runs that are listed


def runs() -> None:
    """List the runs that are not over, each with its buttons. Nothing says whose a run is."""
    jobs = pool().runs()
    st.subheader(t("Runs now"), anchor="runs")
    if not jobs:
        st.caption(t("None."))
    for number, job in enumerate(jobs[:MOST], 1):
        words, pause, end = st.columns([5, 1, 1], vertical_alignment="center")
        words.markdown(f"{number} · {_about(job)}")
        if job.state == "running":
            label = t("Go on") if job.paused else t("Pause")
            pause.button(label, key=f"_pause_{job.id}", on_click=_pause, args=(job,), width="stretch")
        end.button(t("End"), key=f"_end_{job.id}", on_click=_end, args=(job,), width="stretch")
    if len(jobs) > MOST:
        st.caption(t("and {count} more", count=len(jobs) - MOST))
    if pool().unkept:
        text = plural(
            pool().unkept, "{count} run could not be stored, because {reason}.",
            "{count} runs could not be stored; the last one because {reason}.", reason=t(pool().why_unkept),
        )  # fmt: skip
        st.error(text, icon=":material/save:")


def _about(job: Job) -> str:
    config = job.config
    if isinstance(config, TrainingConfig):
        what = f"{method_of(config).name} · {task_name(config)}"
        if job.steps:
            what += " · " + plural(
                config.iterations, "{done} of {count} update", "{done} of {count} updates", done=job.steps[-1].iteration
            )
    else:
        what = t(type(config).__name__)
    if job.state == "queued":
        return f"{what} · " + t("waits {seconds:.0f} s", seconds=time.monotonic() - job.submitted_at)
    state = t("paused") if job.paused else t("runs")
    return f"{what} · {state} · {time.monotonic() - job.started:.0f} s"


def _pause(job: Job) -> None:
    pool().pause(job, not job.paused)


def _end(job: Job) -> None:
    pool().cancel(job, ENDED_HERE)
