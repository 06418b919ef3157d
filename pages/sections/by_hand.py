"""The head of a Neural Turing Machine moved by hand over a small memory."""

import numpy as np
import streamlit as st

from lessons.demos import memory
from lessons.demos.heads import by_hand
from lessons.engine.language import plural, t
from lessons.figures import memory as figures
from lessons.notices.hand import about_hand
from pages.sections import lesson
from pages.session.questions import remembered
from pages.widgets import controls
from pages.widgets.controls import option_of
from pages.widgets.figure import show

KEY = [option_of(float, f"k{i + 1}", v, -1.0, 1.0) for i, v in enumerate((0.2, 0.3, -0.4))]
STRENGTH = option_of(float, "beta", 3.0, 0.0, memory.STRONGEST, "how much the cosine counts before the softmax")
GATE = option_of(float, "g", 1.0, 0.0, 1.0, "1: go to the row that the key fits; 0: stay where the head was")
SHIFT = option_of(
    float,
    "s",
    0.0,
    -memory.FARTHEST,
    memory.FARTHEST,
    "how much to move on (above 0) or back; the rest stays and blurs it",
)
POWER = option_of(float, "gamma", 1.0, 1.0, memory.SHARPEST, "the weighting to this power, normalized again")
STEPS_SO_FAR = "_hand_steps"  # of the head moved by hand: for each step, its weighting after it and its gate


@st.fragment
def head_by_hand() -> None:
    """Let the learner be the controller: a key, a gate, a shift, and what the head makes of them, step by step."""
    steps: list[tuple[tuple[float, ...], float]] = st.session_state.setdefault(STEPS_SO_FAR, [])
    before = steps[-1][0] if steps else memory.HAND_START
    knobs, rows, head = st.columns([4, 5, 5], gap="small")
    with knobs:
        left, right = st.columns(2, gap="small")
        with left, st.container(key="hand_keys"):
            key = [controls.slider(number, f"Key, number {number.name[1]}", 0.1) for number in KEY]
        with right, st.container(key="hand_more"):
            strength = controls.slider(STRENGTH, "Strength β", 0.5)
            gate = controls.slider(GATE, "Gate g", 0.05)
            shift = controls.slider(SHIFT, "Shift s", 0.05)
            power = controls.slider(POWER, "Sharpness γ", 0.5)
    with rows:
        show(figures.small_memory(memory.HAND, np.array(key), np.array(before)), "small_memory", data=False, low=True)
    with head:
        answers = remembered("hand", memory.by_hand(key, strength, gate, shift, power, before))
    if answers is None:
        return
    (addressed,) = answers
    after = addressed.sharpened[0, 0]
    with head:
        show(figures.hand(addressed, memory.TARGET), "hand", low=True)
    with knobs, st.container(horizontal=True, vertical_alignment="center"):
        st.button(t("Take a step"), icon=":material/skip_next:", key="hand_step", type="primary",
                  on_click=_take_step, args=(tuple(after.tolist()), gate),
                  help=t("the new weighting becomes the last one"))  # fmt: skip
        st.button(t("Start again"), icon=":material/restart_alt:", key="hand_again", on_click=steps.clear,
                  disabled=not steps)  # fmt: skip
        st.caption(plural(len(steps), "{count} step taken", "{count} steps taken"))
    noticed, reaching, walking = st.columns(3, gap="small")
    gates = [*(past for _, past in steps), gate]
    with noticed:
        st.info(about_hand(addressed, memory.TARGET, gates), icon=":material/visibility:")
    kept = by_hand(addressed, memory.HAND, 0.0).after[memory.TARGET]
    with reaching:
        lesson.goal("ntm", "reach", share=float(after[memory.TARGET]), kept=float(kept))
    with walking:
        lesson.goal("ntm", "walk", share=float(after[memory.TARGET]), gate=max(gates), steps=len(gates))


def _take_step(after: tuple[float, ...], gate: float) -> None:
    """Make the weighting after this step the one before the next."""
    st.session_state[STEPS_SO_FAR].append((after, gate))
