"""Entry of every page: page config, the progress that the browser stores, and the navigation."""

from pathlib import Path

import streamlit as st

from lessons.engine.content import LessonError
from lessons.engine.course import COURSE, check_texts, lesson
from lessons.engine.language import damage, error_text, now, t
from pages.session import language
from pages.session.frame import frame, refusals
from pages.session.language import LANGUAGE
from pages.session.navigation import GROUPS
from pages.session.progress import load, progress

HERE = Path(__file__).parent

ICON = str(HERE / "widgets" / "assets" / "icon.svg")  # a name of a symbol is fetched from a font server abroad
st.set_page_config(page_title="Learn meta-learning", page_icon=ICON, layout="wide", initial_sidebar_state=256)
PAGES = {
    file: st.Page(
        HERE / f"{file}.py", title=title, icon=f":material/{icon}:", url_path=address or None, default=not address
    )
    for group in GROUPS.values()
    for file, title, icon, address in group
}


def _sidebar() -> None:
    """Link to all pages and tick the finished lessons. Streamlit's own list nests its items wrongly."""
    done = {name for name in COURSE if progress().share(name) == 1}
    addresses = {lesson(name).page for name in done}
    with st.sidebar:
        language.control()
        for group, pages in GROUPS.items():
            if group:
                st.caption(t(group))
            for file, title, _, address in pages:
                label = f"{t(title)} ✓" if address in addresses else t(title)
                st.page_link(PAGES[file], label=label, query_params={LANGUAGE: now()})


STATUS = st.Page(HERE / "status.py", title="Status", icon=":material/monitor_heart:", url_path="status")


def _leave(page: str) -> None:
    """Forget the values of the last page's controls, which stay behind when it is left while still being drawn.

    They stay where a link sets controls of the new page: those are already in the session and would be forgotten too.
    """
    if st.session_state.setdefault("_page", page) == page:
        return
    st.session_state["_page"] = page
    if not set(st.query_params) - {LANGUAGE}:
        for key in [str(key) for key in st.session_state]:
            if not key.startswith(("_", "progress_", "$$")) and key != LANGUAGE:
                del st.session_state[key]


# this runs before any component: a browser's answer that came earlier would be sent to the first page
page = st.navigation([*PAGES.values(), STATUS], position="hidden")
language.begin()
load()
frame()
_leave(page.url_path)
if st.context.is_embedded:  # then a lesson stands in another site, which has links of its own
    st.html("<style>#root .stAppViewContainer > div { margin-left: 0 !important; }</style>")
else:
    _sidebar()
refusals(page.url_path)
if damage(now()):
    st.error(t("The interface is in English: {error}. Please restore the file.", error=damage(now())))
try:
    for name in COURSE:
        if lesson(name).page == page.url_path:
            check_texts(name, now())  # checked before drawing, because this `try` cannot catch an error in a fragment
    page.run()
except LessonError as error:
    st.error(
        t(
            "A text of this page is damaged: {error}. Please restore the file; the other pages work.",
            error=error_text(error),
        )
    )
