"""What surrounds a page in the browser: its language, its links, and what the browser refuses in a frame."""

from typing import Any

import streamlit as st
from streamlit.web.server.server_util import is_xsrf_enabled

from lessons.engine.language import now, t
from lessons.engine.links import link
from pages.session.navigation import GROUPS
from pages.widgets.components import asset

_REFUSED = "_refused"
_NOTHING = {"storage": False, "uploads": False}
ADDRESSES = [address for group in GROUPS.values() for _, _, _, address in group]
KEEPING = ("progress", "runs")  # pages that say what the browser keeps
OPENING = ("progress", "runs", "draw")  # pages that open files

_frame = st.components.v2.component("meta_frame", html="<div></div>", js=asset("translation.js") + asset("frame.js"))


def frame() -> None:
    """Set the language of the document, take over its links, and ask what the browser refuses. Every run calls this."""
    data = {"language": now(), "pages": ADDRESSES, "refused": _refused(), "xsrf": is_xsrf_enabled()}
    state: Any = _frame(key="_frame", data=data, height=0, on_refused_change=lambda: None)
    answer = (state or {}).get("refused")
    if isinstance(answer, dict):
        st.session_state[_REFUSED] = {name: answer.get(name) is True for name in _NOTHING}


def _refused() -> dict[str, bool]:
    refused: dict[str, bool] = st.session_state.get(_REFUSED, _NOTHING)
    return refused


def keeps() -> bool:
    """Return whether the browser keeps what a page stores in it; True until it has answered."""
    return not _refused()["storage"]


def refusals(address: str) -> None:
    """Say on the page at `address` what the browser refuses there, and what to do about it."""
    reasons = []
    if not keeps() and address in KEEPING:
        reasons.append(
            t(
                "This browser keeps nothing for this page: progress and the list of your runs are gone when the page "
                "is loaded again. Save them as files first."
            )
        )
    if _refused()["uploads"] and address in OPENING:
        reasons.append(
            t("Files cannot be opened here: the browser withholds the cookie that protects uploads against forgery.")
        )
    if reasons:
        reasons.append(t("This happens inside another site, or where cookies are switched off."))
        st.warning(" ".join(reasons), icon=":material/block:")
        st.link_button(t("Open this page in a tab of its own"), link(address), icon=":material/open_in_new:")
