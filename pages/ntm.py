"""Neural Turing Machine: the tape, one step of it, the head moved by hand, longer sequences, live training."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st

from core.demos.source import lines_with
from core.events import Event
from core.memory_events import Addressed, Tape, TapeAnswer, Written
from core.methods.ntm.config import NtmConfig
from core.registry import demo_for
from core.training.config import TrainingConfig
from lessons.demos import memory
from lessons.demos.shipped import why_not
from lessons.engine.content import section
from lessons.engine.language import t
from lessons.figures import memory as figures
from lessons.figures.theme import READ, WRITE, Shown
from lessons.notices.memory import about_bits, about_hand, about_lengths, about_step, about_tape, about_written
from pages.sections import lesson
from pages.sections import memory as shared
from pages.sections.metric import new_number, part
from pages.sections.network import Network
from pages.sections.training import LENGTH, Choice, Field, Panel, is_on, show_panel
from pages.session.questions import remembered
from pages.widgets import controls
from pages.widgets.components import copyable, source_panel
from pages.widgets.controls import option_of
from pages.widgets.figure import show, unreadable, unrecorded

LESSON = "ntm"
NUMBER = option_of(int, "sequence", 1, 0, 1_000_000, "the number of the sequence: same number, same bits")
WHO = {"recorded": "shipped", "random": "untrained"}
SOURCES = {  # file, function, and parts of the lines to highlight
    "1 content": ("core/models/addressing.py", "content", (".softmax(-1)",)),
    "2 interpolation": ("core/models/addressing.py", "interpolate", ("return",)),
    "3 shift": ("core/models/addressing.py", "shift", ("return",)),
    "4 sharpening": ("core/models/addressing.py", "sharpen", ("raised",)),
    "read": ("core/models/addressing.py", "read", ("return",)),
    "write": ("core/models/addressing.py", "write", ("return",)),
    "a whole step": ("core/methods/ntm/model.py", "step", ("self._address(", "addressing.write(", "reads = ")),
}
KEY = [option_of(float, f"k{i + 1}", v, -1.0, 1.0) for i, v in enumerate((0.2, 0.3, -0.4))]
STRENGTH = option_of(float, "beta", 3.0, 0.0, 50.0, "how much the cosine counts before the softmax")
GATE = option_of(float, "g", 1.0, 0.0, 1.0, "1: go to what the key found; 0: stay where the head was")
SHIFT = option_of(float, "s", 0.0, -1.0, 1.0, "rows to move by; between whole numbers the weighting blurs")
POWER = option_of(float, "gamma", 1.0, 1.0, 20.0, "the weighting to this power, normalized again")
TARGET = 5  # the row of the small memory that the learner is asked to reach
FIELDS = (
    Field("longest", "Longest sequence", 1, low=2, high=20),
    Field("meta_batch", "Sequences per update", 4, low=1, high=64),
    Field("outer_rate", "Outer rate (Adam)", 0.001, "%.4f"),
)
CHOICES = (
    Choice("controller", "Controller", {"lstm": "LSTM", "feedforward": "feed-forward"}),
    Choice("content", "By content", {"True": "on", "False": "off"}, is_on),
    Choice("shifts", "By shift", {"True": "on", "False": "off"}, is_on),
)


@st.fragment
def _demo() -> None:
    task_column, parts_column = st.columns([3, 2], vertical_alignment="bottom")
    with task_column:
        task = controls.choice("task", "Task", memory.TASKS, "copy")
    with parts_column:
        parts = controls.choice("parts", "Heads may use", memory.PARTS, "both")
    length_column, sequence_column = st.columns([3, 2], vertical_alignment="bottom")
    low = 2 if task == "recall" else 1
    size = option_of(int, f"length_{task}", memory.FIRST[task], low, memory.LONGEST[task])
    with length_column:
        length = controls.slider(size, "Items of the sequence" if task == "recall" else "Length of the sequence", 1)
    with sequence_column:
        st.button(t("New sequence"), icon=":material/casino:", on_click=new_number, args=(NUMBER.name,), type="primary",
                  width="stretch")  # fmt: skip
    with st.expander(t("More: who answers, and the number of the sequence")):
        name, network = shared.network(LESSON, WHO, {"recorded": memory.machine(task)}, NtmConfig, task)
        number = int(controls.number(NUMBER, "Sequence", 1, width=180))
    lesson.presets(LESSON)
    st.markdown(section(LESSON, f"task {task}"))
    answer = _follow(task, network, length, number, parts)
    if answer is None:
        return
    tape, addressed, written = answer.tape, answer.addressed, answer.written
    option = option_of(int, "step", min(3, len(tape.x)), 1, len(tape.x), "opens one step of the tape below")
    if st.session_state.get("step", 1) > len(tape.x):
        st.session_state["step"] = len(tape.x)
    step = int(controls.slider(option, "Step", 1)) - 1
    show(figures.tape(tape, step), "tape")
    st.info(about_tape(tape, task, length, network.training.sequences.longest, parts), icon=":material/visibility:")
    wrong = tape.wrong / (tape.answer_mask.sum() * tape.y.shape[1])
    whole = parts == "both" or name != "recorded"  # only the shipped machine can lose an ability
    lesson.goal(LESSON, "fail", wrong=float(wrong), length=length, parts=float(whole))
    show(figures.memory_after(tape, written, step), "memory")
    st.subheader(t("Step {at}, opened", at=step + 1), anchor="step")
    st.markdown(section(LESSON, "step"))
    _show_step(tape, addressed, written, step)


def _follow(task: str, network: Network[NtmConfig], length: int, number: int, parts: str) -> TapeAnswer | None:
    """Return the pass over a sequence: the recorded one if the page opens with it, else from a helper process."""
    shipped = memory.machine(task)
    if (length, number, parts) == (memory.FIRST[task], 1, "both") and network.theta is shipped.snapshot.theta:
        first = memory.first_tape(task)
        if first:
            return first
    answers = remembered("tape", memory.follow(network.training, network.theta, length, number, parts))
    return answers[0] if answers else None


def _show_step(tape: Tape, addressed: Addressed, written: Written, step: int) -> None:
    heads = {"write": "write head", "read": "read head"}
    head_name = controls.choice("head", "Head", heads, "write")
    head = tape.readers if head_name == "write" else 0
    rows = memory.used_rows(tape.weightings)
    left, right = st.columns(2, gap="medium")
    with left:
        colour = WRITE if head_name == "write" else READ
        shown = figures.stages(
            addressed,
            step,
            head,
            rows,
            colour,
            t("The {head} at step {at}, stage by stage", head=t(heads[head_name]), at=step + 1),
        )
        show(shown, "stages", data=False)
        st.info(about_step(addressed, step, head, t(heads[head_name])), icon=":material/visibility:")
    with right:
        weighting = tape.weightings[step, tape.readers]
        show(figures.row_written(written, step, 0, int(weighting.argmax())), "written", data=False)
        st.info(about_written(written, step, 0, weighting), icon=":material/visibility:")
        title = st.selectbox(t("The code of"), list(SOURCES), key="source_of", format_func=t)
        file, function, marks = SOURCES[title]
        source_panel("source", file, [function], lines_with(file, function, *marks))


@st.fragment
def _hand() -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        key = []
        for column, number in zip(st.columns(3), KEY, strict=True):
            with column:
                key.append(controls.slider(number, f"Key, number {number.name[1]}", 0.1))
        left_column, right_column = st.columns(2)
        with left_column:
            strength = controls.slider(STRENGTH, "Strength β", 0.5)
            shift = controls.slider(SHIFT, "Shift s", 0.05)
        with right_column:
            gate = controls.slider(GATE, "Gate g", 0.05)
            power = controls.slider(POWER, "Sharpness γ", 0.5)
        show(figures.small_memory(memory.HAND, np.array(key)), "small_memory", data=False)
    with right:
        answers = remembered("hand", memory.by_hand(key, strength, gate, shift, power))
        if answers is None:
            return
        (addressed,) = answers
        show(figures.hand(addressed, TARGET), "hand")
        st.info(about_hand(addressed, TARGET), icon=":material/visibility:")
        lesson.goal(LESSON, "reach", share=float(addressed.sharpened[0, 0, TARGET]))


def _moving(_: TrainingConfig, events: Sequence[Event]) -> dict[str, Shown]:
    """Return the latest tape of the watched sequence."""
    tape = next((event for event in reversed(events) if isinstance(event, Tape)), None)
    if tape is None:
        return {}
    title = t(
        "One new sequence after {iteration} updates: {wrong} wrong bits", iteration=tape.iteration, wrong=tape.wrong
    )
    return {"tape_live": figures.tape(tape, None, title)}


def _panel() -> Panel:
    base = demo_for("ntm", "copy")
    return Panel(
        LESSON, base, (*FIELDS, *LENGTH), memory.machine("copy"), figures.learning, about_bits, lambda config: 20,
        CHOICES, _moving,
    )  # fmt: skip


def _lengths() -> None:
    errors = memory.measured().get("lengths")
    if not errors:
        unrecorded("memory")
        return
    trained = memory.machine("copy").config.sequences
    show(figures.lengths(errors, trained.longest, trained.bits), "lengths")
    st.info(about_lengths(errors, trained.longest), icon=":material/visibility:")
    with st.expander(t("The recorded runs, and the commands that make them")):
        for name in memory.TASKS:
            copyable(f"command_{name}", memory.machine(name).about.command)


def _page() -> None:
    lesson.opening(LESSON)
    notices = st.container()
    missing = why_not(memory.machine, *memory.TASKS)
    if missing:
        unreadable(missing)
        return
    for title, anchor, draw in (
        ("Try: a tape that it has learned to use", "try", _demo),
        ("Be the controller", "hand", _hand),
        ("Longer than anything it has seen", "lengths", _lengths),
        ("Train it yourself", "train", partial(show_panel, _panel())),
    ):
        part(LESSON, title, anchor)
        draw()
    lesson.ending(LESSON, step="step", beta="beta", g="g", s="s", gamma="gamma")
    controls.show_notices(notices)


_page()
