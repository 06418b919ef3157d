"""Start: what meta-learning is, with a demo that already moves (recorded fits, no worker needed)."""

import numpy as np
import streamlit as st

from lessons import sinusoid
from lessons.content import section
from lessons.figures.theme import INITS
from pages.ui.components import TRUTH, moving_chart

SHOWN_STEPS = 6
EVERY = 2  # every second point of the grid is enough for the eye


def _frames() -> tuple[np.ndarray, list[dict]]:
    frames, grid = [], np.array([])
    for number, seed in enumerate(sinusoid.HOME_TASKS, 1):
        fits = sinusoid.first_paint(seed, "maml") or []
        if not fits:
            continue
        task = sinusoid.task_of(seed)
        grid = fits[0].grid[::EVERY]
        random, learned = fits[0], fits[-1]
        points = sinusoid.support_of(seed, task, sinusoid.DEFAULT_SHOTS, 0.0)
        for step in range(SHOWN_STEPS):
            rows = [task(grid), random.curves[step][::EVERY], learned.curves[step][::EVERY]]
            frames.append(
                {
                    "task": number,
                    "step": step,
                    "note": f"Task {number}, after {step} gradient step{'s' * (step != 1)}: error "
                    f"{random.query_loss[step]:.2f} from random weights, {learned.query_loss[step]:.2f} from MAML's",
                    "points": [list(point) for point in points],
                    "y": [np.round(row, 2).tolist() for row in rows],
                }
            )
    return grid, frames


st.title(section("home", "title"))
st.markdown(section("home", "what"))
left, right = st.columns([3, 2], gap="large")
grid, frames = _frames()
with left:
    if frames:
        moving_chart(
            "moving", grid, [TRUTH, INITS["random"], INITS["maml"]], frames,
            "Two networks fit ten points of a sinusoid step by step; the meta-learned one is there after one step.",
        )  # fmt: skip
    else:
        st.info("The recorded demo is missing; `python -m lessons.record` makes it.")
with right:
    st.markdown(section("home", "watch"))
    st.page_link("tasks.py", label="Start: tasks and meta-knowledge", icon=":material/arrow_forward:")
    st.page_link("maml.py", label="Straight to MAML", icon=":material/call_split:")
    st.caption(
        "Recorded from the shipped checkpoint by `python -m lessons.record`. "
        "On the MAML page you fit points of your own."
    )
st.markdown(section("home", "families"))
