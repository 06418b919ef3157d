"""Stored runs: a list to filter, curves to overlay, a run to open, export and replay; import."""

import json
from collections.abc import Callable

import pandas as pd
import streamlit as st

from core.storage import run_store
from core.storage.checkpoints import Checkpoint, CheckpointError, shipped, shipped_names
from core.storage.run_store import RunStoreError, StoredRun
from lessons.engine.content import section
from lessons.engine.language import error_text, joined, plural, t
from lessons.engine.plain import in_markdown, in_table
from lessons.figures import runs as figures
from lessons.figures.curves import updates_in_words
from lessons.figures.theme import Shown
from pages.sections.exports import exports
from pages.sections.imports import imports
from pages.sections.replay import replay
from pages.session.progress import learner
from pages.widgets.components import copyable
from pages.widgets.figure import show

OPENED, CHOSEN = "run", "kept_table"
SHIPPED = "shipped-"  # prefix of the id of a run that comes with the app


def _filtered(runs: list[StoredRun]) -> list[StoredRun]:
    """Return the runs that match the learner's filters."""
    text_column, method_column, state_column = st.columns([2, 2, 2])
    text = text_column.text_input(t("Find"), key="find", bind="query-params", max_chars=80).strip().lower()
    methods = method_column.multiselect(
        t("Method"), sorted({run.algorithm for run in runs}), key="methods", placeholder=t("all")
    )
    states = state_column.multiselect(t("State"), sorted({run.state for run in runs}), key="states", format_func=t,
                                      placeholder=t("all"))  # fmt: skip
    return [
        run
        for run in runs
        if (not methods or run.algorithm in methods)
        and (not states or run.state in states)
        and text in f"{run.title} {run.task} {run.score} {run.reason}".lower()
    ]


def _list(runs: list[StoredRun]) -> list[StoredRun]:
    """Show the table and return the runs whose rows are picked."""
    rows = [
        (run.title, run.algorithm, run.task, run.ended, run.iteration, run.score, t(run.state), round(run.seconds, 1))
        for run in runs
    ]
    names = ("name", "method", "task", "ended (UTC)", "outer updates", "score", "state", "seconds")
    table = pd.DataFrame(rows, columns=[t(name) for name in names])
    picked = st.dataframe(
        in_table(table),
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=CHOSEN,
        height=min(38 * len(rows) + 40, 420),
    )
    return [runs[i] for i in picked["selection"]["rows"] if i < len(runs)]


def _run_of(id: str) -> tuple[StoredRun, Checkpoint] | None:
    """Return the stored or shipped run with the id of a link, or None if there is none."""
    name = id.removeprefix(SHIPPED)
    if name != id and name in shipped_names():
        checkpoint = shipped(name)
        return run_store.row_of(checkpoint, "", id, "done", name=name), checkpoint
    run = run_store.find(id)
    return (run, run_store.open_run(run.id)) if run else None


def _curves(chosen: list[tuple[StoredRun, Checkpoint]]) -> list[Shown]:
    """Return the figures of the chosen runs: accuracies of the runs with classes, losses of the rest."""
    curves: dict[bool, list[figures.Drawn]] = {True: [], False: []}
    for run, checkpoint in chosen[: figures.MOST]:
        steps = checkpoint.steps
        by_right = bool(steps) and steps[-1].accuracy_after is not None
        curves[by_right].append(figures.Drawn(run.title, steps))
    return [figures.overlay(group, by_right) for by_right, group in curves.items() if group]


def _open(id: str) -> None:
    st.query_params[OPENED] = id


def _change(change: Callable[..., None], *arguments: str) -> None:
    """Change what is stored; an error is said on the next drawing of the page."""
    try:
        change(*arguments)
    except RunStoreError as error:
        st.session_state["_kept_told"] = t("Kept runs cannot be used now: {error}.", error=error_text(error))


def _rename(id: str) -> None:
    _change(run_store.rename, id, learner(), st.session_state.get(f"_name_{id}", ""))


def _delete(ids: list[str]) -> None:
    for id in ids:
        _change(run_store.delete, id, learner())
    if st.query_params.get(OPENED) in ids:
        del st.query_params[OPENED]


def _show_run(run: StoredRun, checkpoint: Checkpoint) -> None:
    """Show a run by itself: its curve, its settings, its files and its replay."""
    st.header(in_markdown(run.title), anchor="run")
    parts = [run.score, updates_in_words(run.iteration), t(run.state)]
    st.caption(" · ".join(in_markdown(part) for part in parts if part))
    if run.reason and run.state == "failed":
        st.warning(error_text(run.reason))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        picture = st.segmented_control(
            t("The figure's camera saves"), ["PNG", "SVG"], default="PNG", key="picture", required=True
        )
        shown = _curves([(run, checkpoint)])
        for i, figure in enumerate(shown):
            show(figure, f"kept_{i}", picture=str(picture).lower())
    with right:
        exports(run, checkpoint, shown)
        st.markdown(t("**Link** (whoever has it can see this run)"))
        copyable("link", f"{st.context.url or ''}?{OPENED}={run.id}")
        if run_store.is_owner(run, learner()):
            st.text_input(t("Name"), run.name, key=f"_name_{run.id}", max_chars=run_store.MOST_NAME, on_change=_rename,
                          args=(run.id,))  # fmt: skip
        with st.expander(t("Settings")):
            st.json(checkpoint.config.flat() | {"versions": json.loads(run.versions)})
    st.subheader(t("Through training time"), anchor="replay")
    st.markdown(section("runs", "replay"))
    try:
        replay(checkpoint.config, run_store.replay_of(run.id, checkpoint))
    except RunStoreError as error:
        st.error(t("It cannot be replayed: {error}.", error=error_text(error)), icon=":material/error:")


def _page() -> None:
    st.title(section("runs", "title"))
    st.markdown(section("runs", "goal"))
    message = st.session_state.pop("_kept_told", None)
    if message:
        st.error(message, icon=":material/error:")
    try:
        _opened()
        st.header(t("All your runs"), anchor="list")
        usage, runs = run_store.usage(learner()), run_store.runs(learner())
        if not usage.runs:
            st.info(section("runs", "empty"), icon=":material/history:")
        if usage.damaged:
            _damaged(usage.damaged)
        if runs:
            st.markdown(section("runs", "list"))
            _all(runs)
        _room(usage)
        with st.expander(t("Or open one that comes with the app")):
            name = st.selectbox(t("Recorded run"), shipped_names(), key="shipped_run")
            st.button(t("Open it"), icon=":material/open_in_full:", on_click=_open, args=(SHIPPED + name,))
    except (RunStoreError, CheckpointError) as error:
        st.error(t("Kept runs cannot be used now: {error}.", error=error_text(error)), icon=":material/error:")
    imports()


def _opened() -> None:
    """Show the run of the link, if there is one; the list below it stands whatever becomes of it."""
    id = st.query_params.get(OPENED)
    if not id:
        return
    try:
        opened = _run_of(id)
    except (RunStoreError, CheckpointError) as error:
        st.error(t("This run cannot be opened: {error}.", error=error_text(error)), icon=":material/error:")
        return
    if opened:
        _show_run(*opened)
    else:
        st.warning(t("The run of this link is not kept here."), icon=":material/link_off:")


def _damaged(count: int) -> None:
    text = plural(
        count, "{count} of your runs is damaged and left out.", "{count} of your runs are damaged and left out."
    )
    st.warning(text, icon=":material/broken_image:")
    st.button(t("Delete the damaged runs"), on_click=_change, args=(run_store.delete_damaged, learner()))


def _room(usage: run_store.Usage) -> None:
    """Say how much of the learner's room is taken, and how long runs are kept."""
    limits = run_store.limits()
    parts = [
        plural(usage.runs, "{count} run, {size:.1f} MB.", "{count} runs, {size:.1f} MB.", size=usage.bytes / 2**20)
    ]
    if limits.runs_owner and limits.runs_owner_mb:
        parts += [
            plural(
                limits.runs_owner, "You may keep {count} run and {size} MB.",
                "You may keep {count} runs and {size} MB.",
                size=limits.runs_owner_mb,
            )
        ]  # fmt: skip
    if limits.runs_days:
        parts += [
            plural(limits.runs_days, "A run is deleted after {count:g} day.", "A run is deleted after {count:g} days.")
        ]
    st.caption(joined(*parts))


def _all(runs: list[StoredRun]) -> None:
    filtered = _filtered(runs)
    st.caption(plural(len(runs), "{some} of {count} run", "{some} of {count} runs", some=len(filtered)))
    chosen = _list(filtered) if filtered else []
    if not chosen:
        return
    with st.container(horizontal=True):
        if len(chosen) == 1:
            st.button(t("Open"), icon=":material/open_in_full:", type="primary", on_click=_open, args=(chosen[0].id,))
        with st.popover(t("Delete"), icon=":material/delete:"):
            st.markdown(
                plural(len(chosen), "This forgets {count} run for good.", "This forgets {count} runs for good.")
            )
            st.button(t("Forget them"), type="primary", on_click=_delete, args=([run.id for run in chosen],))
    if len(chosen) > figures.MOST:
        st.caption(t("The first {most} are drawn.", most=figures.MOST))
    for i, figure in enumerate(_curves([(run, run_store.open_run(run.id)) for run in chosen[: figures.MOST]])):
        show(figure, f"overlay_{i}")


_page()
