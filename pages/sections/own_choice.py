"""Which of the learner's own methods takes part where methods are compared."""

import streamlit as st

from lessons.engine.language import t
from pages.session import own_method


def choose_own(key: str) -> None:
    """Let the learner choose, if they have trained more than one file; `key` is that of the control."""
    mine, taken = own_method.written(), own_method.own()
    if len(mine) < 2 or taken is None:
        return
    codes = list(mine)
    st.selectbox(
        t("Which of your methods takes part"),
        codes,
        index=next(number for number, code in enumerate(codes) if mine[code].id == taken.id),
        format_func=lambda code: mine[code].title,
        key=key,
        help=t("The last run of each file that you have trained. Runs get names on the page *Your runs*."),
        on_change=lambda: own_method.choose(st.session_state[key]),
    )
