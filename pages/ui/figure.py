"""One way to show a figure: its title, the chart, its text alternative, its data a click away."""

import streamlit as st

from lessons.figures.theme import Shown

CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}


def show(shown: Shown, key: str, data: bool = True) -> None:
    """Draw `shown`; `data=False` leaves out the table while a run is live and the table changes."""
    st.markdown(f"**{shown.title}**")
    st.plotly_chart(shown.figure, key=key, alt=shown.alt, config=CONFIG)
    if data:
        with st.popover("Data", icon=":material/table:"):
            st.dataframe(shown.table, hide_index=True)
            st.download_button(
                "CSV", lambda: shown.table.to_csv(index=False).encode(), f"{key}.csv", "text/csv", key=f"{key}_csv"
            )
