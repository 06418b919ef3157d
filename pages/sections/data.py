"""The choice of characters on a page, and a download of Omniglot when a learner asks for it."""

from collections.abc import Callable, Collection
from contextlib import nullcontext

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.demos.questions import Prepare
from core.events import Progress
from core.runtime.job import Job
from core.runtime.shared import pool
from core.tasks import omniglot
from core.tasks.download import DataError
from lessons.demos import fewshot
from lessons.engine.language import capital, sentence, t
from pages.sections.chapters import KEY, LABELS
from pages.widgets import controls
from pages.widgets.figure import unreadable

POLL = 0.3  # seconds between two polls of a download
DOWNLOAD = "download"  # the owner of a download, which is for all learners of the server


def choose_data(quiet: bool = False, place: DeltaGenerator | None = None) -> str | None:
    """Return the characters to use, "omniglot" or "glyphs", bound to the URL; None if they cannot be read.

    quiet: what was chosen counts, and neither the choice nor the offer of a download is drawn. place: where the choice
    is drawn, if not here.
    """
    if quiet:
        data = controls.linked_choice("data", fewshot.DATA, "omniglot") if omniglot.available() else "glyphs"
    elif omniglot.available():
        with place or nullcontext():
            data = controls.choice("data", "Characters", fewshot.DATA, "omniglot", label_visibility="collapsed")
    else:
        data = "glyphs"
        if st.query_params.get("data") == fewshot.DATA["omniglot"]:
            controls.note(
                "data", t("The link asked for Omniglot, which is not on this machine; these are generated glyphs.")
            )
        _offer()
    try:
        if data == "omniglot" and not omniglot.cache_file().exists():
            with st.spinner(t("Reading Omniglot's 32,460 drawings; once, for a few seconds …")):
                fewshot.characters(data)
        characters = fewshot.characters(data)
    except DataError as error:
        st.error(sentence(str(error)), icon=":material/error:")
        return None
    for name in characters.turned:
        text = "The drawings in {name} are white on black, the wrong way round. This app has turned them round."
        st.caption(":material/invert_colors: " + t(text, name=name))
    if data == "glyphs":
        st.caption(t(":material/draw: **Generated glyphs**: random strokes drawn by simulated hands, not Omniglot."))
    return data


class Choosing:
    """What the chapters of a lesson on characters need: its recorded runs, and the characters that are chosen.

    why_not: returns why the recorded runs cannot be read, or nothing. quiet: the chapters that have no room for the
    choice; they show what was chosen in another one.
    """

    def __init__(self, why_not: Callable[[], str], quiet: Collection[str] = ()) -> None:
        self.why_not, self.quiet, self.chosen = why_not, quiet, ""

    def __call__(self, place: DeltaGenerator | None = None) -> bool:
        """Draw the choice, in `place` if it is given, and return whether the chapters can be drawn; the page says why
        not.
        """
        missing = self.why_not()
        if missing:
            unreadable(missing)
            return False
        quiet = st.session_state.get(KEY) in [LABELS[chapter] for chapter in self.quiet]
        self.chosen = choose_data(quiet, place) or ""
        return bool(self.chosen)


def _offer() -> None:
    """Say that Omniglot is missing, and offer to download it in the background."""
    job: Job | None = st.session_state.get("_download")
    if job is None or job.over:
        with st.container(border=True):
            st.markdown(
                t(
                    "**Omniglot is not on this machine.** Everything below runs on generated glyphs. The real data "
                    "set is 14 MB, with an MIT licence, from its authors' repository."
                )
            )
            if job and job.state == "failed":
                st.error(sentence(job.reason), icon=":material/error:")
            st.button(t("Download Omniglot"), icon=":material/download:", on_click=_download)
        return
    _progress(job)


def _download() -> None:
    running = pool().find(DOWNLOAD, DOWNLOAD)
    if running is None or running.over:
        running = pool().start(Prepare(), DOWNLOAD, page=DOWNLOAD)
    st.session_state["_download"] = running


@st.fragment(run_every=POLL)
def _progress(job: Job) -> None:
    pool().poll(job)
    over = job.over
    last = next((event for event in reversed(job.events) if isinstance(event, Progress)), None)
    fraction, _ = job.progress()
    st.progress(fraction, (capital(t(last.what)) if last else t("Waiting for a free worker")) + " …")
    if over:
        st.rerun()
