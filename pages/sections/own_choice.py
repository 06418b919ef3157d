"""Which of the learner's own methods takes part where methods are compared."""

import streamlit as st

from lessons.engine.language import t
from pages.session import own_method


def choose_own(key: str, taken: own_method.Own) -> None:
    """Let the learner choose, if they have trained more than one file. key: that of the control; taken: which takes
    part now.
    """
    mine = own_method.written()
    if len(mine) < 2:
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
