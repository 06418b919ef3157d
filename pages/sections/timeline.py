"""The stage of the memory-augmented network on a page: what the link holds of it, and its picture of an answer."""

import streamlit as st

from core.events.memory import Recalled
from lessons.figures.timeline import timeline
from lessons.notices.steps import about_answer
from pages.widgets import controls, held
from pages.widgets.controls import option_of
from pages.widgets.memory_stages import sent, timeline_stage

STEPS = 50
OPENING = 31  # the step that the page opens with: late enough for rows of every class
LIMITS = {"step": (1, STEPS), "pictures": (0, 1_000_000), "wipe": (0, STEPS - 1)}
NUMBERS = {
    "step": option_of(int, "step", OPENING, *LIMITS["step"], "the step of the sequence that is on the stage"),
    "pictures": option_of(
        int, "pictures", 1, *LIMITS["pictures"], "the number of the sequence: same number, same pictures"
    ),
    "wipe": option_of(int, "wipe", 0, *LIMITS["wipe"], "the memory is emptied after this many steps; 0 is never"),
}


def held_values() -> tuple[int, int, int]:
    """Return the step, from 1, the number of the sequence, and after how many steps the memory is wiped, as they are
    chosen on a stage, and keep them in the link.
    """
    held.renamed("sequence", "pictures")
    for name, option in NUMBERS.items():
        held.number(option, name)
    session = st.session_state
    return session["step"], session["pictures"], session["wipe"]


def stage(key: str, recalled: Recalled, step: int, wipe: int = 0, sequence: int | None = None) -> None:
    """Draw an answered sequence at `step`, from 1, with a play button.

    sequence: its number, where the learner can choose another; then the link holds what is chosen. Without it the
    picture stands by itself, as of a moment in training.
    """
    data = timeline(recalled, wipe) | {
        "state": {"step": min(step, len(recalled.y)), "pictures": sequence or 0, "wipe": wipe},
        "said": [about_answer(recalled, at, wipe) for at in range(len(recalled.y))],
    }
    timeline_stage(key, data, None if sequence is None else lambda: _moved(key))


def _moved(key: str) -> None:
    """Take over what the learner did on the stage, after a check, because a browser sent it."""
    message = sent(key, LIMITS)
    if message is None:
        return
    for name, option in NUMBERS.items():
        controls.forget_notice(name)
        held.put(name, message[name], option.default)
