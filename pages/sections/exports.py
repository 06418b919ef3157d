"""A stored run as files: table, figure, settings, checkpoint, program. Each is made when it is downloaded."""

import json
from collections.abc import Callable, Sequence

import streamlit as st

from core.registry import task_name
from core.storage import checkpoints
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


def exports(run: StoredRun, checkpoint: Checkpoint, shown: Sequence[Shown]) -> None:
    """Show a download button for each file."""
    name = f"{checkpoint.method}-{task_name(checkpoint.config)}-{run.id[:8]}"
    files: list[tuple[str, str, str, Callable[[], bytes]]] = [
        ("Checkpoint", f"{name}.npz", "application/octet-stream", lambda: checkpoints.to_bytes(checkpoint)),
        ("Settings", f"{name}.json", "application/json", lambda: config_text(checkpoint).encode()),
        ("Program", f"{name.replace('-', '_')}.py", "text/x-python",
         lambda: script(checkpoint, f"{name.replace('-', '_')}.py").encode()),
    ]  # fmt: skip
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
