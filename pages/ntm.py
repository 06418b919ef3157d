"""Neural Turing Machine: the machine as it runs, one step of it, the head moved by hand, live training."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.events import Event
from core.events.evaluations import BitErrors
from core.events.memory import Tape, TapeAnswer
from core.methods.ntm.config import NtmConfig
from core.registry import demo_for
from core.training.config import TrainingConfig
from lessons.demos import memory
from lessons.demos.heads import move, place
from lessons.demos.shipped import why_not
from lessons.engine.content import section
from lessons.engine.language import t
from lessons.figures import memory as figures
from lessons.figures.repeats import by_repeats
from lessons.figures.theme import Shown
from lessons.notices.ntm import about_bits, about_lengths, about_repeats, about_step, about_tape, about_written
from pages.sections import lesson, tape
from pages.sections import memory as shared
from pages.sections.by_hand import head_by_hand
from pages.sections.chapters import Part, Scene, chapters, together
from pages.sections.metric import in_its_chapter, new_number, part
from pages.sections.network import Network
from pages.sections.training import LENGTH, Choice, Field, Panel, is_on, show_panel
from pages.sections.watch import watch
from pages.session.questions import remembered
from pages.widgets import controls
from pages.widgets.components import chosen_source, copyable
from pages.widgets.controls import option_of
from pages.widgets.figure import show, unreadable, unrecorded

LESSON = "ntm"
WATCHED_STEP = 99  # past the end: the picture of a moment of training shows the whole answer
NUMBER = option_of(int, "sequence", 1, 0, 1_000_000, "the number of the sequence: same number, same bits")
FORTY = 40  # vectors of the sequence that the prediction asks about
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


def _see() -> None:
    """Show the shipped machine on the sequence that its task opens with; on one page with all, the whole demo."""
    (_tape if together() else st.fragment(_shipped))()


def _shipped() -> None:
    task, step, head = tape.held_values()
    machine = memory.machine(task)
    network = Network(machine.config, machine.snapshot.theta)
    answer = _follow(task, network, memory.FIRST[task], 1, "both", "see")
    if answer is None:
        return
    tape.stage("see_tape", answer, step, head, task)
    longest = machine.config.sequences.longest
    st.info(about_tape(answer.tape, task, memory.FIRST[task], longest), icon=":material/visibility:")


def _beside() -> None:
    """Show what _see shows, with the stages of addressing: all that the formulas name."""
    task, step, head = tape.held_values()
    machine = memory.machine(task)
    network = Network(machine.config, machine.snapshot.theta)
    answer = _follow(task, network, memory.FIRST[task], 1, "both", "see")
    if answer is not None:
        tape.stage("beside_tape", answer, step, head, opened=True, beside=True)


def _answered() -> None:
    """Play what the prediction asks about: forty vectors, twice as many as the machine was trained on."""
    machine = memory.machine("copy")
    network = Network(machine.config, machine.snapshot.theta)
    answer = _follow("copy", network, FORTY, 1, "both", "forty")
    if answer is None:
        return
    tape.stage("predict_tape", answer, FORTY + 2)
    longest = machine.config.sequences.longest
    st.info(about_tape(answer.tape, "copy", FORTY, longest), icon=":material/visibility:")


def _try() -> None:
    part(LESSON, "Try: a tape that it has learned to use", "try")
    if not together():
        st.fragment(_tape)()


@dataclass(frozen=True)
class Asked:
    """What the learner has asked a machine for: the sequence, who answers, and what its heads may use."""

    task: str
    name: str
    network: Network[NtmConfig]
    length: int
    number: int
    parts: str

    def follow(self, parts: str = "", key: str = "tape") -> TapeAnswer | None:
        """Return the pass over the sequence, with other `parts` if they are given."""
        return _follow(self.task, self.network, self.length, self.number, parts or self.parts, key)


def _asked(drawn: bool) -> Asked:
    """Return what the learner asks for. drawn: by controls that are drawn here; otherwise by what they stand at."""
    task = tape.held_values()[0]
    size = option_of(int, f"length_{task}", memory.FIRST[task], 2 if task == "recall" else 1, memory.LONGEST[task])
    runs = {"recorded": memory.machine(task)}
    if not drawn:
        name, network = shared.network(LESSON, WHO, runs, NtmConfig, task, drawn=False)
        parts = controls.linked_choice("parts", memory.PARTS, "both")
        return Asked(task, name, network, int(controls.linked(size)), int(controls.linked(NUMBER)), parts)
    length_column, parts_column, sequence_column, more_column = st.columns([5, 9, 4, 3], vertical_alignment="bottom")
    with length_column:
        length = controls.slider(size, "Items of the sequence" if task == "recall" else "Sequence length", 1)
    with parts_column:
        parts = controls.choice("parts", "Heads may use", memory.PARTS, "both")
    with sequence_column:
        st.button(t("New sequence"), icon=":material/casino:", on_click=new_number, args=(NUMBER.name,), type="primary",
                  width="stretch")  # fmt: skip
    with more_column, st.popover(t("More"), icon=":material/tune:"):
        name, network = shared.network(LESSON, WHO, runs, NtmConfig, task)
        number = int(controls.number(NUMBER, "Sequence", 1, width=180))
    return Asked(task, name, network, length, number, parts)


def _tape() -> None:
    """Let the learner choose the machine and its sequence, and show the whole pass."""
    asked = _asked(drawn=True)
    _, step, head = tape.held_values()
    ready, words = st.columns([3, 5], vertical_alignment="center")
    with ready:
        lesson.presets(LESSON, off=() if asked.task == "copy" else {"long"})
    words.markdown(section(LESSON, f"task {asked.task}"))
    answer = asked.follow()
    if answer is None:
        return
    tape.stage("play_tape", answer, min(step, len(answer.tape.x)), head, asked.task)
    training = asked.network.training
    trained = None if asked.name == "random" else training.sequences.longest
    left = memory.parts_left(training, asked.parts)
    notice, goal = st.columns(2, gap="medium")
    with notice:
        st.info(about_tape(answer.tape, asked.task, asked.length, trained, left), icon=":material/visibility:")
    with goal:
        _needs_content(asked, answer.tape)


def _step() -> None:
    part(LESSON, "One step, opened", "step")
    in_its_chapter(_opened)


def _opened() -> None:
    """Take the chosen step of the sequence apart."""
    asked = _asked(drawn=False)
    _, step, head = tape.held_values()
    answer = asked.follow()
    if answer is None:
        return
    step = min(step, len(answer.tape.x))
    if together():
        st.subheader(t("Step {at}, opened", at=step), anchor=False)
    else:
        chosen = {
            "parts": ""
            if asked.parts == "both"
            else t("the heads may use {parts}", parts=t(memory.PARTS[asked.parts])),
            "who": "" if asked.name == "recorded" else t("who answers: {who}", who=t((WHO | shared.OWN)[asked.name])),
        }
        shared.taken_over("The tape", chosen)
        tape.stage("step_tape", answer, step, head, asked.task, opened=True)
    _show_step(answer, step - 1, head)


def _needs_content(asked: Asked, seen: Tape) -> None:
    """Check the goal that the shipped machine fails with the shift alone; nobody else's failure counts."""
    walks = asked.name == "recorded" and asked.parts == "shift"
    whole = asked.follow("both", "whole") if walks else None
    wrong, wrong_whole = (
        each.wrong / (each.answer_mask.sum() * each.y.shape[1]) for each in (seen, whole.tape if whole else seen)
    )
    lesson.goal(LESSON, "fail", wrong=float(wrong), whole=float(wrong_whole), walks=float(whole is not None))


def _follow(
    task: str, network: Network[NtmConfig], length: int, number: int, parts: str, key: str = "tape"
) -> TapeAnswer | None:
    """Return the pass over a sequence: the recorded one if the page opens with it, else from a helper process."""
    shipped = memory.machine(task)
    if (length, number, parts) == (memory.FIRST[task], 1, "both") and network.theta is shipped.snapshot.theta:
        first = memory.first_tape(task)
        if first:
            return first
    answers = remembered(key, memory.follow(network.training, network.theta, length, number, parts))
    return answers[0] if answers else None


def _show_step(answer: TapeAnswer, step: int, head_name: str) -> None:
    """Say which stage moved the chosen head, and what was written."""
    pass_over, addressed = answer.tape, answer.addressed
    head = pass_over.readers if head_name == "write" else 0
    moving, goal = st.columns(2, gap="small")
    with moving:
        st.info(about_step(addressed, step, head, t(tape.HEADS[head_name])), icon=":material/visibility:")
    with goal:
        moved = move(addressed, step, head)
        row = place(moved.after)
        by_content = row is not None and place(moved.kept) != row and place(moved.sought) == row
        lesson.goal(LESSON, "jump", step=step + 1, row=row or 0, content=float(by_content))


def _written() -> None:
    st.header(t("What was written"), anchor="written")
    in_its_chapter(_number_by_number)


def _number_by_number() -> None:
    """Show what the write head has changed in the chosen step, beside all steps at once."""
    answer = _asked(drawn=False).follow()
    if answer is None:
        return
    at = min(tape.held_values()[1], len(answer.tape.x))
    if not together():
        at = tape.step_slider(at, len(answer.tape.x))
    weighting = answer.tape.weightings[at - 1, answer.tape.readers]
    numbers, words = st.columns([3, 2], gap="medium", vertical_alignment="center")
    with numbers:
        show(figures.row_written(answer.written, at - 1, 0, int(weighting.argmax())), "written", data=False)
    words.info(about_written(answer.written, at - 1, 0, weighting), icon=":material/visibility:")
    with st.expander(t("All steps at once")):
        show(figures.tape(answer.tape, at - 1), "tape")


def _code() -> None:
    chosen_source(SOURCES)


def _moving(_: TrainingConfig, events: Sequence[Event]) -> dict[str, Shown]:
    """Return the latest tape of the watched sequence."""
    latest = next((event for event in reversed(events) if isinstance(event, Tape)), None)
    return {} if latest is None else {"tape_live": figures.tape(latest, None, figures.progress_title(latest))}


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
    st.info(about_lengths(errors, trained.longest, trained.bits), icon=":material/visibility:")
    with st.expander(t("The recorded runs, and the commands that make them")):
        for name in memory.TASKS:
            copyable(f"command_{name}", memory.machine(name).about.command)


def _repeats() -> None:
    machine = memory.machine("repeat")
    score, task = machine.evaluation, machine.config.sequences
    if not isinstance(score, BitErrors) or score.by_repeats is None or task.longest not in score.lengths:
        unrecorded("memory")
        return
    show(by_repeats(score, task.longest), "repeats")
    st.info(about_repeats(score, task.longest, task.channels[1]), icon=":material/visibility:")


def _page() -> None:
    tape.held_values()
    parts: dict[str, Part | list[Scene]] = {
        "see": _see,
        "predict": _answered,
        "play": [
            Scene("try", "The tape", _try),
            Scene("step", "One step, opened", _step),
            Scene("written", "What was written", _written),
            Scene("hand", "Be the controller", lambda: part(LESSON, "Be the controller", "hand", head_by_hand)),
        ],
        "beside": _beside,
        "learn": [
            Scene("watch", "Moments", _watch),
            Scene("train", "Train it yourself", lambda: part(LESSON, "Train it yourself", "train", _train)),
            Scene("lengths", "Longer", lambda: part(LESSON, "Longer than anything it has seen", "lengths", _lengths)),
            Scene(
                "repeats", "Repeats", lambda: part(LESSON, "Repeat copy, by the number of repeats", "repeats", _repeats)
            ),
        ],
        "code": lambda: part(LESSON, "The code of a step", "code", _code),
    }
    chapters(LESSON, parts, {"code": "code"}, _readable, step="step", beta="beta", g="g", s="s", gamma="gamma")


def _watch() -> None:
    watch(LESSON, memory.machine("copy"), stage=lambda answer: tape.stage("moment_tape", answer, WATCHED_STEP))


def _by_repeats() -> None:
    part(LESSON, "Repeat copy, by the number of repeats", "repeats", _repeats)


def _train() -> None:
    show_panel(_panel())


def _readable(_: DeltaGenerator) -> bool:
    missing = why_not(memory.machine, *memory.TASKS)
    if missing:
        unreadable(missing)
    return not missing


_page()
