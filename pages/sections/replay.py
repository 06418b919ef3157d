"""Replay of a run, moment by moment of its training."""

import streamlit as st

from core.storage.run_store import Frames
from core.training.config import TrainingConfig
from lessons.engine.language import t
from lessons.figures.curves import updates_in_words
from lessons.figures.replay import moment
from pages.session.questions import remembered
from pages.widgets import controls
from pages.widgets.controls import option_of
from pages.widgets.figure import show

EVERY = 0.8  # seconds for each moment while the replay plays
MOMENT, PLAYING = "moment", "replay_plays"


def replay(config: TrainingConfig, frames: Frames) -> None:
    """Show a slider through the moments of a run, the network's answer at each, and a switch to play them."""
    last = len(frames.iterations)
    if st.session_state.get(MOMENT, last) > last:
        st.session_state[MOMENT] = last
    playing = st.toggle(t("Play"), key=PLAYING)
    st.fragment(run_every=EVERY if playing else None)(lambda: _moment(config, frames, playing))()


def _moment(config: TrainingConfig, frames: Frames, playing: bool) -> None:
    last = len(frames.iterations)
    if playing and MOMENT in st.session_state:
        st.session_state[MOMENT] = st.session_state[MOMENT] % last + 1
    number = int(controls.slider(option_of(int, MOMENT, last, 1, last), "Moment of the training", 1))
    iteration = int(frames.iterations[number - 1])
    st.caption(t("Moment {at} of {last}: after {updates}", at=number, last=last, updates=updates_in_words(iteration)))
    shown_moment = moment(config, frames.thetas[number - 1].astype("float32"))
    if shown_moment is None:
        st.info(t("There is no picture for a moment of this kind of run."))
        return
    answers = remembered("replay", shown_moment.question)
    if answers is not None:
        show(shown_moment.draw(answers, iteration), "replay", data=False)
