"""A kept run as files: table, figure, settings, checkpoint, program. Made when they are asked for."""

import json
from collections.abc import Callable, Sequence

import streamlit as st

from core.storage import checkpoints
from core.storage.checkpoints import Checkpoint
from core.storage.program import script
from core.storage.run_store import StoredRun
from lessons.engine.content import section
from lessons.engine.language import t
from lessons.figures.theme import Shown


def config_text(run: Checkpoint, one: StoredRun) -> str:
    """The settings as a file that `imports` reads."""
    told = {"algorithm": one.algorithm, "task": one.task, "config": run.config.flat()}
    return json.dumps(told, indent=1)


def exports(one: StoredRun, run: Checkpoint, shown: Sequence[Shown]) -> None:
    """A button a file."""
    name = f"{one.algorithm}-{one.task}-{one.id[:8]}"
    files: list[tuple[str, str, str, Callable[[], bytes]]] = [
        ("Checkpoint", f"{name}.npz", "application/octet-stream", lambda: checkpoints.to_bytes(run)),
        ("Settings", f"{name}.json", "application/json", lambda: config_text(run, one).encode()),
        ("Program", f"{name.replace('-', '_')}.py", "text/x-python",
         lambda: script(run, f"{name.replace('-', '_')}.py").encode()),
    ]  # fmt: skip
    if shown:
        first = shown[0]
        files += [
            ("Curve (CSV)", f"{name}.csv", "text/csv", lambda: first.table.to_csv(index=False).encode()),
            ("Figure (HTML)", f"{name}.html", "text/html", lambda: first.figure.to_html().encode()),
        ]
    st.markdown(section("runs", "export"))
    with st.container(horizontal=True):
        for label, file, kind, make in files:
            st.download_button(t(label), make, file, kind, icon=":material/download:", key=f"_export_{label}")
