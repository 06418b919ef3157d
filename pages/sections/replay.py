"""A run scrubbed through training time."""

import streamlit as st

from core.storage.run_store import Frames
from core.training.config import TrainingConfig
from lessons.demos.replay import moment
from lessons.engine.language import t
from pages.session.questions import remembered
from pages.widgets import controls
from pages.widgets.controls import option_of
from pages.widgets.figure import show

EVERY = 0.8  # seconds of a moment while it plays
AT, PLAYING = "moment", "replay_plays"


def replay(config: TrainingConfig, frames: Frames) -> None:
    """A slider through the moments of a run, what the network says at each, and a switch that lets it play."""
    last = len(frames.iterations)
    if st.session_state.get(AT, last) > last:
        st.session_state[AT] = last
    playing = st.toggle(t("Play"), key=PLAYING)
    st.fragment(run_every=EVERY if playing else None)(lambda: _moment(config, frames, playing))()


def _moment(config: TrainingConfig, frames: Frames, playing: bool) -> None:
    last = len(frames.iterations)
    if playing and AT in st.session_state:
        st.session_state[AT] = st.session_state[AT] % last + 1
    at = int(controls.slider(option_of(int, AT, last, 1, last), "Moment of the training", 1)) - 1
    iteration = int(frames.iterations[at])
    st.caption(t("Moment {at} of {last}: after {iteration} outer updates", at=at + 1, last=last, iteration=iteration))
    asked = moment(config, frames.thetas[at].astype("float32"))
    if asked is None:
        st.info(t("There is no picture for a moment of this kind of run."))
        return
    found = remembered("replay", asked.question)
    if found is not None:
        show(asked.draw(found, iteration), "replay", data=False)
