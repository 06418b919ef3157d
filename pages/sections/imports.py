"""Runs and settings from files: they are checked, then runs are stored and settings can be trained."""

import streamlit as st

from core.options import ConfigError
from core.registry import stored_config
from core.runtime.shared import pool
from core.storage import checkpoints, run_store
from core.storage.checkpoints import CheckpointError
from core.storage.run_store import RunStoreError
from core.storage.schema import SchemaError, SettingsFile, parse
from core.training.config import TrainingConfig
from core.words import Words
from lessons.engine.content import section
from lessons.engine.language import error_text, t
from lessons.figures.curves import updates_in_words
from pages.sections.training import SNAPSHOTS
from pages.session.progress import learner
from pages.session.questions import start

LARGEST = 32 * 2**20  # bytes of the largest file that is read
MOST_UPDATES = 50_000
MOST_REPORTS = 2000
POLL = 0.3


def config_of(text: bytes) -> TrainingConfig:
    """Return the config in a settings file. Raises ConfigError that says what is wrong."""
    try:
        settings = parse(text, SettingsFile)
    except SchemaError:
        raise ConfigError("the file is damaged, or not settings that were saved here") from None
    config = stored_config(settings.algorithm, settings.task, settings.config)
    if config.iterations > MOST_UPDATES:
        template = "iterations={asked}: at most {most} are trained from here"
        raise ConfigError(Words(template, asked=config.iterations, most=MOST_UPDATES))
    # how often a run reports does not change what it learns; a page draws no more
    often = config.report_every >= config.iterations / MOST_REPORTS
    return config.updated(
        trace=False,
        report_every=config.report_every if often else max(1, config.iterations // MOST_REPORTS),
        snapshot_every=max(1, config.snapshot_every, config.iterations // SNAPSHOTS),
    )


def _take() -> None:
    """Read the uploaded file: a checkpoint is stored, settings wait for a click."""
    file = st.session_state.get("kept_file")
    st.session_state.pop("_imported", None)
    if file is None:
        return
    message = t("Nothing was taken: {error}.", error=t("the file is too large"))
    try:
        if file.size <= LARGEST:
            data = file.getvalue()
            if file.name.endswith(".json"):
                st.session_state["_imported"] = config_of(data)
                message = ""
            else:
                run = checkpoints.from_bytes(data, t("the file"))
                id = run_store.store(run, learner(), name=file.name.rsplit(".", 1)[0])
                st.query_params["run"] = id
                message = ""
    except (CheckpointError, ConfigError, RunStoreError) as error:
        message = t("Nothing was taken: {error}.", error=error_text(error))
    if message:
        st.session_state["_kept_told"] = message


def _train(config: TrainingConfig) -> None:
    st.session_state["_imported_run"] = start(config, "runs")
    st.session_state.pop("_imported", None)


def imports() -> None:
    """Draw a place to open a file, and a button to train with the settings from it."""
    st.header(t("Bring one here"), anchor="import")
    st.markdown(section("runs", "import"))
    st.file_uploader(t("A checkpoint or settings"), type=["npz", "json"], key="kept_file", on_change=_take,
                     max_upload_size=LARGEST >> 20)  # fmt: skip
    config = st.session_state.get("_imported")
    if config is not None:
        st.json(config.flat(), expanded=False)
        st.button(t("Train with these settings"), icon=":material/play_arrow:", type="primary", on_click=_train,
                  args=(config,))  # fmt: skip
    job = st.session_state.get("_imported_run")
    if job is not None:
        st.fragment(run_every=POLL)(_progress)()


def _progress() -> None:
    job = st.session_state.get("_imported_run")
    if job is None:
        return
    pool().poll(job)
    fraction, _ = job.progress()
    done = job.steps[-1].iteration if job.steps else 0
    st.progress(fraction, updates_in_words(done))
    if job.settled:
        del st.session_state["_imported_run"]
        if job.reason and job.reason != "cancelled":
            st.session_state["_kept_told"] = error_text(job.reason)
        st.rerun()
