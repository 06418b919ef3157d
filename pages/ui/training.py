"""The run panel: start a real run in a worker, watch its curves, cancel it, lay it over another."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.configs import Maml, Reptile, Training
from core.events import Snapshot
from core.jobs import Job, shared
from core.options import Option, own_options
from lessons import sinusoid
from lessons.figures import curves
from lessons.figures.theme import INITS, MUTED, OUTER
from lessons.notice import about_curve
from pages.ui import controls
from pages.ui.figure import show

POLL = 0.1  # seconds between two looks at a live run
MOST_RUNS = 6
CONFIGS: dict[str, type[Training]] = {"maml": Maml, "reptile": Reptile}
NOTHING, RECORDED = "nothing", "the recorded run"


@dataclass(frozen=True)
class Field:
    """How one config field is asked for on the page; its meaning and range stay in the config."""

    name: str
    label: str
    step: float
    format: str | None = None
    low: float | None = None
    high: float | None = None


SHARED = (
    Field("inner_rate", "Inner rate α", 0.005, "%.3f"),
    Field("inner_steps", "Inner steps", 1, high=10),
    Field("meta_batch", "Meta-batch (tasks per update)", 1, high=256),
)
LENGTH = (
    Field("seed", "Seed", 1),
    Field("iterations", "Outer updates", 500, low=100, high=50_000),
)
FIELDS = {
    "maml": (*SHARED, Field("outer_rate", "Outer rate (Adam)", 0.001, "%.4f"), *LENGTH),
    "reptile": (*SHARED, Field("epsilon", "Epsilon ε", 0.1, "%.2f"), *LENGTH),
}
ORDERS = {"2": "second order", "1": "first order"}
DEFAULT_ITERATIONS = 4000


def _option(config: type[Training], field: Field) -> Option:
    one = next(one for one in own_options(config) if one.name == field.name)
    low = one.low if field.low is None else field.low
    high = one.high if field.high is None else field.high
    default = DEFAULT_ITERATIONS if field.name == "iterations" else one.default
    return Option(one.name, one.kind, default, one.doc, one.unit, low, high)


def config_controls(method: str) -> Training:
    """The fields of one run, each bound to the URL."""
    config = CONFIGS[method]
    values = {}
    fields = FIELDS[method]
    # a row at a time, so that a phone stacks them in this order
    columns = [column for _ in range(0, len(fields), 3) for column in st.columns(3)]
    for column, field in zip(columns, fields, strict=False):
        with column:
            values[field.name] = controls.number(_option(config, field), field.label, field.step, format=field.format)
    if method == "maml":
        order = controls.choice("order", "Order", ORDERS, "2", "second order goes back through the inner steps")
        values["order"] = int(order)
    # heavier updates report more often, so that the curve moves at any setting
    work = values["meta_batch"] * max(1, values["inner_steps"])
    return config().updated(**values, report_every=max(1, min(25, 1000 // work)))


def jobs_of(method: str) -> list[Job]:
    """This session's runs of `method`, oldest first. Other sessions have their own."""
    runs: list[Job] = st.session_state.setdefault(f"_runs_{method}", [])
    return runs


def own_theta(method: str) -> np.ndarray | None:
    """Theta of this session's last finished run of `method`, if there is one."""
    for job in reversed(jobs_of(method)):
        if job.state == "done":
            return next(event.theta for event in reversed(job.events) if isinstance(event, Snapshot))
    return None


def label_of(method: str, job: Job) -> str:
    """A run by its number and by what differs from the defaults."""
    default = CONFIGS[method]()
    number = st.session_state.get(f"_number_{job.id}", 0)
    told = {"inner_rate": "α", "inner_steps": "steps", "meta_batch": "tasks", "outer_rate": "outer",
            "epsilon": "ε", "order": "order", "seed": "seed"}  # fmt: skip
    changed = [
        f"{word} {getattr(job.config, name):g}"
        for name, word in told.items()
        if hasattr(default, name) and getattr(job.config, name) != getattr(default, name)
    ]
    return f"run {number}" + (f" ({', '.join(changed)})" if changed else "")


def panel(method: str) -> None:
    """Controls, Retrain and Cancel, the live curves, and what to notice in them."""
    config = config_controls(method)
    runs = jobs_of(method)
    current = runs[-1] if runs else None
    alive = current is not None and not current.over
    start, stop, against = st.columns([1, 1, 3], vertical_alignment="bottom")
    with start:
        st.button("Retrain", type="primary", icon=":material/play_arrow:", on_click=_start, args=(method, config),
                  width="stretch")  # fmt: skip
    with stop:
        st.button("Cancel", icon=":material/stop:", disabled=not alive, on_click=_cancel, args=(current,),
                  width="stretch")  # fmt: skip
    with against:
        others = {job.id: job for job in runs[:-1] if job.steps}
        options = [RECORDED, *reversed(others), NOTHING]
        other = st.selectbox(
            "Lay over", options, key=f"_over_{method}",
            format_func=lambda name: label_of(method, others[name]) if name in others else name,
        )  # fmt: skip
    draw: Callable[[], None] = st.fragment(run_every=POLL if alive else None)(
        lambda: _live(method, current, others.get(other) if other in others else None, other == RECORDED)
    )
    draw()


def _start(method: str, config: Training) -> None:
    owner = st.session_state.setdefault("_owner", uuid.uuid4().hex)
    job = shared().start(config, owner)
    runs = jobs_of(method)
    st.session_state[f"_number_{job.id}"] = st.session_state["_count"] = st.session_state.get("_count", 0) + 1
    runs.append(job)
    del runs[:-MOST_RUNS]


def _cancel(job: Job | None) -> None:
    if job:
        shared().cancel(job)


def _live(method: str, job: Job | None, other: Job | None, with_recorded: bool) -> None:
    """Draw the state of `job`; runs ten times a second while it lives, in the page's fragment."""
    over = True
    if job:
        shared().poll(job)
        over = job.over  # read before the events: nothing may come between the last look and the end
        _status(job)
    drawn = []
    if with_recorded or not job:
        drawn.append(curves.Curve("recorded run", sinusoid.recorded(method).steps, MUTED, 1.8))
    if other:
        drawn.append(curves.Curve(label_of(method, other), other.steps, INITS["own"].colour, 2))
    if job:
        drawn.append(curves.Curve(label_of(method, job), job.steps, OUTER))
    longest = job.config.iterations if job and isinstance(job.config, Training) else 0
    longest = max(
        [longest, *(c.steps[-1].iteration for c in drawn if c.steps and (not job or c.label != "recorded run"))]
    )
    show(curves.learning(drawn, longest), f"learning_{method}", data=over)
    if over:
        steps = job.steps if job else sinusoid.recorded(method).steps
        inner = (job.config if job else sinusoid.recorded(method).config).flat()["inner_steps"]
        notice = about_curve(steps, inner)
        if notice:
            st.info(notice, icon=":material/visibility:")
        if job and st.session_state.get("_drawn") != job.id:
            st.session_state["_drawn"] = job.id
            st.rerun()  # the run is over: stop polling, let the demo use its init


def _status(job: Job) -> None:
    share, remaining = job.progress()
    done = job.steps[-1].iteration if job.steps else 0
    match job.state:
        case "queued":
            place = shared().place(job)
            st.progress(0.0, "Waiting for a free worker" + (f", {place} before you" if place else "") + " …")
        case "running":
            left = "" if remaining is None else f", about {remaining:.0f} s left"
            st.progress(share, f"{done} outer updates{left}")
        case "done":
            st.progress(
                1.0, f"Done: {done} outer updates in {job.ended - job.started:.1f} s. The demo above uses its init."
            )
        case "cancelled":
            st.progress(share, f"Cancelled after {done} outer updates; the curve so far is kept.")
        case "failed":
            st.progress(share, f"Stopped after {done} outer updates; the curve so far is kept.")
            st.error(f"{job.reason[0].upper()}{job.reason[1:]}.", icon=":material/error:")
