"""For the instructor: sessions, queue, workers and memory, as they are now, and the runs, which can be ended."""

import streamlit as st

from core.runtime import status
from core.runtime.shared import pool
from lessons.engine.language import t
from pages.sections import instructor
from pages.session.server import allowed, sessions

EVERY = 2.0  # seconds between two updates


@st.fragment(run_every=EVERY)
def _now() -> None:
    numbers = status.numbers(pool(), sessions())
    shown = (
        ("Sessions", f"{numbers['sessions']:g}"),
        ("Workers busy", f"{numbers['busy']:g} / {numbers['ready']:g}"),
        ("Jobs waiting", f"{numbers['waiting']:g}"),
        ("Helpers", f"{numbers['helpers']:g}"),
        ("Questions waiting", f"{numbers['questions_waiting']:g}"),
        ("Waited, median / 95%", f"{numbers['waited_median_seconds']:.1f} / {numbers['waited_p95_seconds']:.1f} s"),
        ("Server memory", f"{numbers['server_bytes'] / 2**20:.0f} MB"),
        ("Memory of all workers", f"{numbers['workers_bytes'] / 2**20:.0f} MB"),
        ("Kept runs", f"{numbers['kept_bytes'] / 2**20:.1f} MB"),
    )
    columns = [column for _ in range(0, len(shown), 3) for column in st.columns(3)]
    for column, (name, value) in zip(columns, shown, strict=True):
        column.metric(t(name), value)
    instructor.runs()


st.title(t("Status of this server"))
# Streamlit gives no address to a client of this machine
if allowed(st.query_params.get("key", ""), st.context.ip_address or "127.0.0.1", st.context.headers):
    st.caption(t("Looked at every two seconds. `/metrics` has the same numbers for a monitor."))
    _now()
else:
    st.warning(
        t(
            "This page is for the instructor. It opens on the server's own machine, or with the key that the server "
            "was started with (`META_STATUS_KEY`): `/status?key=…`."
        ),
        icon=":material/lock:",
    )
