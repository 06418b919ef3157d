"""Kept runs: a list to filter, curves laid over each other, one run opened, carried away, replayed; import."""

import json
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from core.storage import run_store
from core.storage.checkpoints import Checkpoint, CheckpointError, shipped, shipped_names
from core.storage.run_store import RunStoreError, StoredRun
from lessons.engine.content import section
from lessons.engine.language import t
from lessons.figures import runs as figures
from lessons.figures.theme import Shown
from pages.sections.exports import exports
from pages.sections.imports import imports
from pages.sections.replay import replay
from pages.session.progress import learner
from pages.widgets.figure import show

OPENED, CHOSEN = "run", "kept_table"
SHIPPED = "shipped-"  # how the id of a run begins that comes with the app


def label(one: StoredRun) -> str:
    """A run's own name, or its method, its task and when it ended."""
    return one.name or f"{one.algorithm} · {one.task} · {_when(one):%m-%d %H:%M:%S}"


def _when(one: StoredRun) -> datetime:
    return datetime.fromtimestamp(one.made, UTC).replace(tzinfo=None)


def _filtered(found: list[StoredRun]) -> list[StoredRun]:
    """Those that the learner asks for."""
    words, method, state = st.columns([2, 2, 2])
    text = words.text_input(t("Find"), key="find", bind="query-params", max_chars=80).strip().lower()
    methods = method.multiselect(
        t("Method"), sorted({one.algorithm for one in found}), key="methods", placeholder=t("all")
    )
    states = state.multiselect(t("State"), sorted({one.state for one in found}), key="states", format_func=t,
                               placeholder=t("all"))  # fmt: skip
    return [
        one
        for one in found
        if (not methods or one.algorithm in methods)
        and (not states or one.state in states)
        and text in f"{label(one)} {one.task} {one.score} {one.reason}".lower()
    ]


def _list(found: list[StoredRun]) -> list[StoredRun]:
    """The table; the runs whose rows are picked."""
    rows = [
        (label(one), one.algorithm, one.task, _when(one), one.iteration, one.score, t(one.state), round(one.seconds, 1))
        for one in found
    ]
    names = ("name", "method", "task", "ended (UTC)", "outer updates", "score", "state", "seconds")
    table = pd.DataFrame(rows, columns=[t(one) for one in names])
    picked = st.dataframe(
        table,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=CHOSEN,
        height=min(38 * len(rows) + 40, 420),
    )
    return [found[i] for i in picked["selection"]["rows"] if i < len(found)]


def _found(id: str) -> tuple[StoredRun, Checkpoint] | None:
    """A kept run, or one that comes with the app, by the id of a link."""
    name = id.removeprefix(SHIPPED)
    if name != id and name in shipped_names():
        run = shipped(name)
        return run_store.row_of(run, "", id, "done", name=name), run
    one = run_store.find(id)
    return (one, run_store.open_run(one.id)) if one else None


def _curves(chosen: list[tuple[StoredRun, Checkpoint]]) -> list[Shown]:
    """The figures of the chosen runs: right answers of those that have classes, losses of the others."""
    drawn: dict[bool, list[figures.Drawn]] = {True: [], False: []}
    for one, run in chosen[: figures.MOST]:
        steps = run.steps
        by_right = bool(steps) and steps[-1].accuracy_after is not None
        drawn[by_right].append(figures.Drawn(label(one), steps))
    return [figures.overlay(some, by_right) for by_right, some in drawn.items() if some]


def _open(id: str) -> None:
    st.query_params[OPENED] = id


def _rename(id: str) -> None:
    try:
        run_store.rename(id, learner(), st.session_state.get(f"_name_{id}", ""))
    except RunStoreError as error:
        st.session_state["_kept_told"] = f"{error}"


def _delete(ids: list[str]) -> None:
    try:
        for one in ids:
            run_store.delete(one, learner())
    except RunStoreError as error:
        st.session_state["_kept_told"] = f"{error}"
    if st.query_params.get(OPENED) in ids:
        del st.query_params[OPENED]


def _one(one: StoredRun, run: Checkpoint) -> None:
    """A run by itself: its curve, its settings, what can be done with it."""
    own = one.owner == learner()
    st.header(label(one), anchor="run")
    told = [one.score, t("{n} outer updates", n=one.iteration), t(one.state)]
    st.caption(" · ".join(part for part in told if part))
    if one.reason and one.state == "failed":
        st.warning(one.reason)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        picture = st.segmented_control(
            t("The figure's camera saves"), ["PNG", "SVG"], default="PNG", key="picture", required=True
        )
        shown = _curves([(one, run)])
        for i, figure in enumerate(shown):
            show(figure, f"kept_{i}", picture=str(picture).lower())
    with right:
        exports(one, run, shown)
        st.markdown(t("**Link** (whoever has it can see this run)"))
        st.code(f"{st.context.url or ''}?{OPENED}={one.id}", language=None, wrap_lines=True)
        if own:
            st.text_input(t("Name"), one.name, key=f"_name_{one.id}", max_chars=run_store.MOST_NAME, on_change=_rename,
                          args=(one.id,))  # fmt: skip
        with st.expander(t("Settings")):
            st.json(json.loads(one.config) | {"versions": json.loads(one.versions)})
    st.subheader(t("Through training time"), anchor="replay")
    st.markdown(section("runs", "replay"))
    replay(run.config, run_store.replay_of(one.id) or run_store.ends_of(run))


def _page() -> None:
    st.title(section("runs", "title"))
    st.markdown(section("runs", "goal"))
    told = st.session_state.pop("_kept_told", None)
    if told:
        st.error(told, icon=":material/error:")
    try:
        asked = st.query_params.get(OPENED)
        opened = _found(asked[:64]) if asked else None
        if asked and opened is None:
            st.warning(t("The run of this link is not kept here."), icon=":material/link_off:")
        found = run_store.runs(learner())
        if opened:
            _one(*opened)
        st.header(t("All your runs"), anchor="list")
        if not found:
            st.info(section("runs", "empty"), icon=":material/history:")
        else:
            st.markdown(section("runs", "list"))
            _all(found)
        with st.expander(t("Or open one that comes with the app")):
            name = st.selectbox(t("Recorded run"), shipped_names(), key="shipped_run")
            st.button(t("Open it"), icon=":material/open_in_full:", on_click=_open, args=(SHIPPED + name,))
    except (RunStoreError, CheckpointError) as error:
        st.error(t("Kept runs cannot be used now: {error}.", error=error), icon=":material/error:")
    imports()


def _all(found: list[StoredRun]) -> None:
    some = _filtered(found)
    st.caption(t("{some} of {all} runs", some=len(some), all=len(found)))
    chosen = _list(some) if some else []
    if not chosen:
        return
    with st.container(horizontal=True):
        if len(chosen) == 1:
            st.button(t("Open"), icon=":material/open_in_full:", type="primary", on_click=_open, args=(chosen[0].id,))
        with st.popover(t("Delete"), icon=":material/delete:"):
            st.markdown(t("This forgets {count} runs for good.", count=len(chosen)))
            st.button(t("Forget them"), type="primary", on_click=_delete, args=([one.id for one in chosen],))
    if len(chosen) > figures.MOST:
        st.caption(t("The first {most} are drawn.", most=figures.MOST))
    for i, figure in enumerate(_curves([(one, run_store.open_run(one.id)) for one in chosen[: figures.MOST]])):
        show(figure, f"overlay_{i}")


_page()
