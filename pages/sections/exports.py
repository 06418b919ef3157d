"""A stored run as files: table, figure, settings, checkpoint, program. Each is made when it is downloaded."""

import json
from collections.abc import Callable, Sequence

import streamlit as st

from core.methods.written import WrittenConfig
from core.registry import task_name
from core.storage import checkpoints, sources
from core.storage.checkpoints import Checkpoint
from core.storage.program import script
from core.storage.run_store import StoredRun
from lessons.engine.content import section
from lessons.engine.language import t
from lessons.engine.plain import csv_file
from lessons.figures.theme import Shown


def config_text(checkpoint: Checkpoint) -> str:
    """Return the settings as a file that `imports` reads."""
    task = task_name(checkpoint.config)
    settings = {"algorithm": checkpoint.method, "task": task, "config": checkpoint.config.flat()}
    return json.dumps(settings, indent=1)


def _written(config: WrittenConfig) -> str:
    """Return the file that a learner has written a method in; say why, and return nothing, where it is not here."""
    try:
        return sources.source_of(config.code)
    except sources.LostError as error:
        st.caption(t("It is a run of a method that somebody has written: {why}.", why=t(error.args[0])))
        return ""


def exports(run: StoredRun, checkpoint: Checkpoint, shown: Sequence[Shown]) -> None:
    """Show a download button for each file."""
    name = f"{checkpoint.method}-{task_name(checkpoint.config)}-{run.id[:8]}"
    files: list[tuple[str, str, str, Callable[[], bytes]]] = [
        ("Checkpoint", f"{name}.npz", "application/octet-stream", lambda: checkpoints.to_bytes(checkpoint)),
        ("Settings", f"{name}.json", "application/json", lambda: config_text(checkpoint).encode()),
    ]
    program = f"{name.replace('-', '_')}.py"
    if not isinstance(checkpoint.config, WrittenConfig):
        files.append(("Program", program, "text/x-python", lambda: script(checkpoint, program).encode()))
    elif source := _written(checkpoint.config):
        files.append(("Its file", program, "text/x-python", source.encode))
    if shown:
        first = shown[0]
        files += [
            ("Curve (CSV)", f"{name}.csv", "text/csv", lambda: csv_file(first.table)),
            ("Figure (HTML)", f"{name}.html", "text/html", lambda: first.figure.to_html().encode()),
        ]
    st.markdown(section("runs", "export"))
    with st.container(horizontal=True):
        for label, file, kind, make in files:
            st.download_button(
                t(label), make, file, kind, icon=":material/download:", key=f"_export_{label}", on_click="ignore"
            )
