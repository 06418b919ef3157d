"""The run panel: start a real run in a worker, watch its curves, cancel it, lay it over another."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from core.events import Event, OuterStep, Snapshot
from core.options import Option, options
from core.registry import demo_for
from core.runtime.job import Job
from core.runtime.shared import pool
from core.storage.checkpoints import Checkpoint
from core.training.config import TrainingConfig
from lessons.demos import measuring, sinusoid
from lessons.engine.language import error_text, named, sentence, t
from lessons.engine.links import link
from lessons.figures import curves
from lessons.figures.theme import INITS, MUTED, OUTER, Shown
from lessons.notices.optimization import about_curve
from pages.session.progress import learner
from pages.session.questions import resumed, start
from pages.widgets import controls
from pages.widgets.figure import show_live

POLL = 0.1  # seconds between two polls of a live run
POLL_WAITING = 1.0  # the same for a run that waits for a worker: thirty waiting learners cost no more than three
PATIENCE = 0.12  # seconds that the first poll waits for an event
SAME_CLICK = 1.0  # seconds in which a second click with the same settings is ignored
MOST_RUNS = 6
SNAPSHOTS = 20  # snapshots of a run, evenly spaced
NOTHING, RECORDED = "nothing", "the recorded run"
_starting = threading.Lock()


@dataclass(frozen=True)
class Field:
    """How the page asks for one config field. The config defines its meaning and range."""

    name: str
    label: str
    step: float
    format: str | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Choice:
    """How the page asks for one config field with few values: a label for each value, in the field's own order."""

    name: str
    label: str
    labels: dict[str, str]
    kind: Callable[[str], Any] = str


def is_on(text: str) -> bool:
    """Return the value of a choice between on and off."""
    return text == "True"


@dataclass(frozen=True)
class Panel:
    """The training of one page: `base` with its `fields` and `choices` for the learner, and how its curve is drawn.

    key: names the page, its widgets and its runs; report_every: outer updates between two reports;
    more: from a run's config and events to the other figures that move while it trains, by key; shipped: what the page
    calls the run `recorded`; prefix: of its controls' names in the link, where a page has two panels; used: whether
    the page's demo shows the last run.
    """

    key: str
    base: TrainingConfig
    fields: tuple[Field, ...]
    recorded: Checkpoint
    figure: Callable[[Sequence[curves.Curve], int], Shown]
    notice: Callable[[Sequence[OuterStep], int], str]
    report_every: Callable[[TrainingConfig], int]
    choices: tuple[Choice, ...] = ()
    more: Callable[[TrainingConfig, Sequence[Event]], dict[str, Shown]] = lambda *_: {}
    shipped: str = "recorded run"
    prefix: str = ""
    used: bool = True


SHARED = (
    Field("inner_rate", "Inner rate α", 0.005, "%.3f"),
    Field("inner_steps", "Inner steps", 1, high=10),
    Field("meta_batch", "Meta-batch (tasks per update)", 1, high=256),
)
LENGTH = (
    Field("seed", "Seed", 1),
    Field("iterations", "Outer updates", 500, low=100, high=50_000),
)
OUTER_FIELDS = {
    "maml": Field("outer_rate", "Outer rate (Adam)", 0.001, "%.4f"),
    "reptile": Field("epsilon", "Epsilon ε", 0.1, "%.2f"),
}
ORDER = Choice("order", "Order", {"2": "second order", "1": "first order"}, int)


def sinusoid_panel(method: str) -> Panel:
    """Return the panel for runs of "maml" or "reptile" on sinusoids."""
    base = demo_for(method, "sinusoid")
    return Panel(
        method, base, (*SHARED, OUTER_FIELDS[method], *LENGTH), sinusoid.recorded(method), curves.learning,
        partial(about_curve, method=method),
        # heavier updates report more often, so that the curve moves at any setting
        lambda config: max(1, min(25, 1000 // work_of(config))), (ORDER,) * (method == "maml"),
    )  # fmt: skip


def work_of(config: TrainingConfig) -> int:
    """Return the work of an outer update, in tasks times inner steps."""
    return config.meta_batch * max(1, config.flat().get("inner_steps", 1))


def _option(base: TrainingConfig, field: Field) -> Option:
    option = next(option for option in options(base) if option.name == field.name)
    low = option.low if field.low is None else field.low
    high = option.high if field.high is None else field.high
    return Option(option.name, option.kind, base.flat()[field.name], option.doc, option.unit, low, high)


def config_controls(panel: Panel) -> TrainingConfig:
    """Draw a control for each field, bound to the URL, and return the config of their values."""
    values = {}
    # one row after the other, so that a phone stacks the fields in this order
    columns = [column for _ in range(0, len(panel.fields), 2) for column in st.columns(2)]
    for column, field in zip(columns, panel.fields, strict=False):
        with column:
            values[field.name] = controls.number(
                _option(panel.base, field), field.label, field.step, panel.prefix + field.name, format=field.format
            )
    with st.container(horizontal=True, gap="medium"):
        for choice in panel.choices:
            # a link may hold the former name of a field
            option = next(
                option for option in options(panel.base) if option.name == panel.base.present_name(choice.name)
            )
            default = str(panel.base.flat()[option.name])
            text = controls.choice(choice.name, choice.label, choice.labels, default, option.doc)
            values[choice.name] = choice.kind(text)
    config = panel.base.updated(**values)
    # snapshots during training: a cancelled run still has its last theta, and every run can be replayed
    return config.updated(
        report_every=panel.report_every(config), snapshot_every=max(1, config.iterations // SNAPSHOTS)
    )


def jobs_of(key: str) -> list[Job]:
    """Return this session's runs of the page `key`, oldest first. Other sessions have their own; one that begins finds
    the run that its learner has left a moment ago.
    """
    runs: list[Job] = st.session_state.setdefault(f"_runs_{key}", [])
    if not runs and (earlier := resumed(key)):
        _number(earlier)
        runs.append(earlier)
    return runs


def _number(job: Job) -> None:
    """Give a run the number by which this session calls it."""
    st.session_state[f"_number_{job.id}"] = st.session_state["_count"] = st.session_state.get("_count", 0) + 1


def number_of(job: Job) -> int:
    """Return the number by which this session calls a run."""
    number: int = st.session_state.get(f"_number_{job.id}", 0)
    return number


def last_finished(key: str) -> Job | None:
    """Return this session's last finished run of the page `key`, if there is one."""
    return next((job for job in reversed(jobs_of(key)) if job.state == "done"), None)


def own_theta(key: str) -> np.ndarray | None:
    """Return theta of this session's last finished run of the page `key`, if there is one."""
    job = last_finished(key)
    return theta_of(job) if job else None


def adopt(key: str, run: Checkpoint, seconds: float) -> None:
    """Take a run that was made elsewhere, in so many `seconds`, for the last finished one of the page `key`."""
    end = time.monotonic()
    snapshots = Snapshot(0, run.start, {}), run.snapshot
    job = Job(
        run.config, learner(), key, state="done", events=[snapshots[0], *run.steps, snapshots[1]],
        started=end - seconds, ended=end,
    )  # fmt: skip
    _number(job)
    jobs_of(key).append(job)


def theta_of(job: Job) -> np.ndarray:
    """Return the last theta of a run."""
    return next(event.theta for event in reversed(job.events) if isinstance(event, Snapshot))


def label_of(panel: Panel, job: Job) -> str:
    """Label a run with its number and the values that differ from the page's defaults."""
    labels = {"inner_rate": "α", "inner_steps": t("steps"), "meta_batch": t("tasks"), "outer_rate": t("outer rate"),
              "epsilon": "ε", "order": t("order"), "way": "N", "scale": t("scale"), "seed": t("seed")}  # fmt: skip
    base, values = panel.base.flat(), job.config.flat()
    changed = [f"{labels[name]} {values[name]:g}" for name in labels if name in values and values[name] != base[name]]
    return t("run {number}", number=number_of(job)) + (f" ({named(changed)})" if changed else "")


@st.fragment
def show_panel(panel: Panel) -> None:
    """Draw the controls, Retrain and Cancel, the live curves, and what to notice in them.

    It is a fragment: a click here redraws no other part of the page, so that the first event appears at once.
    """
    settings, results = st.columns(2 if len(panel.choices) > 1 else [2, 3], gap="medium")
    with settings:
        config = config_controls(panel)
    runs = jobs_of(panel.key)
    current = runs[-1] if runs else None
    alive = current is not None and not current.settled
    earlier = {job.id: job for job in runs[:-1] if job.steps}
    names = {RECORDED: f"the {panel.shipped}", NOTHING: NOTHING}
    with settings:
        start_column, stop_column = st.columns(2)
        with start_column:
            st.button(t("Retrain"), type="primary", icon=":material/play_arrow:", on_click=_start,
                      args=(panel.key, config), width="stretch", key=f"_retrain_{panel.key}")  # fmt: skip
        with stop_column:
            st.button(t("Cancel"), icon=":material/stop:", disabled=current is None or current.over, on_click=_cancel,
                      args=(current,), width="stretch", key=f"_cancel_{panel.key}")  # fmt: skip
    with results if len(panel.choices) > 2 else settings:  # where there is room
        overlaid = st.selectbox(
            t("Lay over"), [RECORDED, *reversed(earlier), NOTHING], key=f"_over_{panel.key}",
            format_func=lambda name: label_of(panel, earlier[name]) if name in earlier else t(names[name]),
        )  # fmt: skip
    waits = current is not None and current.state == "queued"
    draw: Callable[[], None] = st.fragment(run_every=(POLL_WAITING if waits else POLL) if alive else None)(
        lambda: _live(panel, current, earlier.get(overlaid), overlaid == RECORDED, waits)
    )
    with results:
        draw()


def _start(key: str, config: TrainingConfig) -> None:
    """Start a run. A double click counts once, and so does a click that Streamlit delivers twice: a click that
    arrives together with another message of the browser can reach two threads of its session.
    """
    with _starting:
        runs = jobs_of(key)
        last = runs[-1] if runs else None
        if last and not last.over and last.config == config and time.monotonic() - last.submitted_at < SAME_CLICK:
            return
        job = start(config, key)
        _number(job)
        runs.append(job)
        del runs[:-MOST_RUNS]


def _cancel(job: Job | None) -> None:
    if job:
        pool().cancel(job)


def _live(panel: Panel, job: Job | None, other: Job | None, with_recorded: bool, waited: bool) -> None:
    """Draw the state of `job`, in a fragment that reruns ten times a second while the run is alive."""
    over = True
    if job:
        pool().poll(job)
        if waited and job.state != "queued":
            st.rerun()  # the run has started: poll more often
        _await_first_event(job)
        over = job.settled  # read before the events, so that none is missed between the last poll and the end
        _status(job, panel.used)
    drawn, words = _overlaid(panel, job, other, with_recorded)
    if job:
        drawn.append(curves.Curve(label_of(panel, job), job.steps, OUTER))
    # until the run has something to show, the other curves keep their whole length: cut to its own they may be empty
    begun = job is not None and bool(job.steps)
    longest = job.config.iterations if job and begun and isinstance(job.config, TrainingConfig) else 0
    ends = [c.steps[-1].iteration for c in drawn if c.steps and not (begun and c.steps is panel.recorded.steps)]
    longest = max([longest, *ends])
    drawn = [replace(curve, steps=[step for step in curve.steps if step.iteration <= longest]) for curve in drawn]
    view = job.id if job else ""
    show_live(panel.figure(drawn, longest), f"learning_{panel.key}", view, moves=not over)
    if words:
        st.caption(" ".join(words))
    if job and isinstance(job.config, TrainingConfig):
        shown = panel.more(job.config, list(job.events))
        for column, (key, figure) in zip(st.columns(max(1, len(shown))), shown.items(), strict=False):
            with column:
                show_live(figure, key, view, moves=not over)
    if over:
        steps = job.steps if job else panel.recorded.steps
        inner = (job.config if job else panel.recorded.config).flat().get("inner_steps", 0)
        notice = panel.notice(steps, inner)
        if notice:
            st.info(notice, icon=":material/visibility:")
        if job:
            _show_stored(job)
        if job and st.session_state.get("_drawn") != job.id:
            st.session_state["_drawn"] = job.id
            st.rerun()  # the run is over: stop polling, and let the demo use its init


def _overlaid(
    panel: Panel, job: Job | None, other: Job | None, with_recorded: bool
) -> tuple[list[curves.Curve], list[str]]:
    """Return the curves that are laid over that of `job`, and what must be said of them: a curve that is measured on
    other tasks is left out.
    """
    laid_over = list[tuple[curves.Curve, TrainingConfig]]()
    if with_recorded or not job:
        curve = curves.Curve(t(panel.shipped), panel.recorded.steps, MUTED, 1.8)
        laid_over.append((curve, panel.recorded.config))
    if other and isinstance(other.config, TrainingConfig):
        laid_over.append((curves.Curve(label_of(panel, other), other.steps, INITS["own"].colour, 2), other.config))
    if not job or not isinstance(job.config, TrainingConfig):
        return [curve for curve, _ in laid_over], []
    drawn = [curve for curve, config in laid_over if not measuring.unlike(config, job.config)]
    words = [text for curve, config in laid_over for text in measuring.about_overlay(curve.label, config, job.config)]
    return drawn, words


def _await_first_event(job: Job) -> None:
    """Wait briefly on the first poll of a run: a warm worker answers before the browser would poll again."""
    if st.session_state.get("_awaited") != job.id:
        st.session_state["_awaited"] = job.id
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not (job.over or (job.steps and job.steps[-1].iteration)):
            time.sleep(0.005)


def _show_stored(job: Job) -> None:
    """Show the link to the stored run, or why it is not stored."""
    if job.kept == "kept":
        st.caption(t("Kept: [open it among your runs]({link}).", link=link("runs", run=job.id)))
    elif job.kept:
        st.warning(t("This run is not kept: {reason}.", reason=error_text(job.kept)), icon=":material/save:")


def _status(job: Job, used: bool) -> None:
    fraction, remaining = job.progress()
    done = job.steps[-1].iteration if job.steps else 0
    match job.state:
        case "queued":
            place = pool().place(job)
            before = t(", {place} before you", place=place) if place else ""
            st.progress(0.0, t("Waiting for a free worker") + before + " …")
        case "running":
            left = "" if remaining is None else t(", about {seconds:.0f} s left", seconds=remaining)
            paused = t("Paused by the instructor. ") if job.paused else ""
            st.progress(fraction, paused + curves.updates_in_words(done) + left)
        case "done":
            said = "Done: {updates} in {seconds:.1f} s." + (" The demo uses it." if used else "")
            text = t(said, updates=curves.updates_in_words(done), seconds=job.ended - job.started)
            st.progress(1.0, text)
        case "cancelled":
            st.progress(
                fraction,
                t("Cancelled after {updates}; the curve so far is kept.", updates=curves.updates_in_words(done)),
            )
            if job.reason != "cancelled":
                st.info(t("It ended because {reason}.", reason=t(job.reason)), icon=":material/info:")
        case "failed":
            st.progress(
                fraction, t("Stopped after {updates}; the curve so far is kept.", updates=curves.updates_in_words(done))
            )
            st.error(sentence(job.reason), icon=":material/error:")
