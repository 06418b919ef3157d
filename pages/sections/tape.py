"""The stage of the Neural Turing Machine on a page: what the link holds of it, and its picture of an answer."""

import streamlit as st

from core.events.memory import TapeAnswer
from lessons.demos import memory
from lessons.engine.language import t
from lessons.figures.machine import machine
from lessons.notices.steps import about_step_of_tape
from pages.widgets import controls, held
from pages.widgets.controls import option_of
from pages.widgets.memory_stages import machine_stage, sent

LATEST = 2 * max(memory.LONGEST.values()) + 2  # no sequence is longer
STEP = option_of(int, "step", 3, 1, LATEST, "the step of the sequence that is on the stage")
TASK = "tape"  # which task, in the link; "task" is a number on the pages of episodes
HEADS = {"write": "write head", "read": "read head"}


def held_values() -> tuple[str, int, str]:
    """Return the task, the step, from 1, and the head that are chosen on a stage, and keep them in the link."""
    held.renamed("task", TASK)
    held.choice(TASK, memory.TASKS, "copy")
    held.choice("head", HEADS, "write")
    held.number(STEP, "step")
    session = st.session_state
    return session[TASK], session["step"], session["head"]


def stage(
    key: str, answer: TapeAnswer, step: int, head: str = "write", task: str | None = None, opened: bool = False,
    beside: bool = False,
) -> None:  # fmt: skip
    """Draw a pass over a sequence at `step`, from 1, with a play button.

    task: the chosen one, where the learner can choose another; then the link holds what is chosen. Without it the
    picture stands by itself, as of a moment in training. opened: with the four stages of addressing of the `head`.
    beside: drawn small, beside formulas.
    """
    steps = len(answer.tape.x)
    data = machine(answer, opened) | {
        "beside": beside,
        "state": {"step": min(step, steps), "head": head, TASK: task or "copy"},
        "tasks": None if task is None else {name: t(label) for name, label in memory.TASKS.items()},
        "said": [about_step_of_tape(answer, at) for at in range(steps)],
    }
    machine_stage(key, data, None if task is None else lambda: _moved(key))


def step_slider(step: int, steps: int) -> int:
    """Draw a slider for the step of the stage, where that is not on the screen, and return its value."""
    key = "_step_here"
    st.session_state[key] = step
    return int(
        st.slider(t("Step"), 1, steps, key=key, on_change=lambda: held.put("step", st.session_state[key], STEP.default))
    )


def _moved(key: str) -> None:
    """Take over what the learner did on the stage, after a check, because a browser sent it."""
    message = sent(key, {"step": (1, LATEST)}, {TASK: memory.TASKS, "head": HEADS})
    if message is None:
        return
    controls.forget_notice("step")
    held.put("step", message["step"], STEP.default)
    held.choose(TASK, message[TASK], memory.TASKS, "copy")
    held.choose("head", message["head"], HEADS, "write")
