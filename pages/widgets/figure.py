"""The way to show a figure: its title, the chart, its text alternative, and its data behind a button."""

import time
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lessons.engine.language import error_text, t
from lessons.engine.plain import csv_file, in_table
from lessons.figures.theme import Lines, Shown
from pages.widgets import live
from pages.widgets.components import line_chart

CONFIG = {
    "displaylogo": False,
    "showSendToCloud": False,  # nothing of the learner's leaves the server
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "sendChartToCloud"],
}


HEAD_START = 0.9  # seconds; 0.25 was not always enough on two busy cores


def let_paint() -> None:
    """Give the browser time to draw the first light figure. A page calls this just after that figure.

    Loading Plotly keeps a browser busy for a second; requested at the same moment, it would come
    first and delay everything else. This waits only on a session's first page.
    """
    if "_painted" not in st.session_state:
        st.session_state["_painted"] = True
        time.sleep(HEAD_START)


def unreadable(reason: object) -> None:
    """Say that the page cannot go on without a recorded run."""
    st.error(
        t(
            "A recorded run that this page needs cannot be read: {reason}. Please restore core/pretrained.",
            reason=error_text(reason),
        )
    )


def unrecorded(what: str) -> None:
    """Say which command makes the missing recording; `what` is its argument."""
    st.info(t("Not recorded yet; `{command}` makes it.", command=f"python -m lessons.record {what}".strip()))


def show(shown: Shown, key: str, data: bool = True, picture: str = "png", low: bool = False) -> None:
    """Draw `shown`. `data=False` leaves out the table while a live run changes it. picture: the format in which the
    figure's camera button saves, "png" or "svg". low: on a phone the figure is lower than Python says; page.css says
    how high it is there.
    """
    with _head(shown.title, key):
        if data:
            data_of(shown.table, key)
    if not low:
        st.plotly_chart(shown.figure, key=key, alt=shown.alt, config=_config(key, picture))
        return
    with st.container(key=f"low_{key}", height=int(shown.figure.layout.height), border=False):
        st.plotly_chart(shown.figure, key=key, alt=shown.alt, config=_config(key, picture), height="stretch")


def show_live(shown: Shown, key: str, view: str, moves: bool) -> None:
    """Draw `shown` in place, for a figure that a run changes many times. The learner's zoom lasts as long as `view`.

    While it `moves`, the button with its data is there, and disabled, so that nothing jumps when the run ends.
    """
    with _head(shown.title, key):
        if moves:
            st.button(t("Data"), icon=":material/table:", key=f"{key}_later", disabled=True, type="tertiary")
        else:
            data_of(shown.table, key)
    live.draw(shown, key, _config(key, "png"), view, moves)


def _head(title: str, key: str) -> DeltaGenerator:
    """Draw the title of a figure, and return the row that it stands in."""
    row = st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small", key=f"head_{key}")
    row.markdown(f"**{t(title)}**")
    return row


def _config(key: str, picture: str) -> dict[str, Any]:
    return CONFIG | {"toImageButtonOptions": {"format": picture, "filename": key, "scale": 2}}


def show_lines(shown: Lines, key: str, limit: float) -> None:
    """Draw `shown` with the light custom chart, y from -`limit` to `limit`."""
    with _head(shown.title, key):
        data_of(shown.table, key)
    line_chart(key, shown, limit)


def data_of(table: pd.DataFrame, key: str) -> None:
    """Offer the data of a figure behind a button."""
    with st.popover(t("Data"), icon=":material/table:", type="tertiary"):
        st.dataframe(in_table(table), hide_index=True)
        st.download_button(
            t("CSV"), lambda: csv_file(table), f"{key}.csv", "text/csv", key=f"{key}_csv", on_click="ignore"
        )
