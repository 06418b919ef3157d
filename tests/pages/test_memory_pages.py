"""The pages of the memory methods by AppTest, on generated glyphs everywhere."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.events.memory import Recalled, Tape
from lessons.demos import memory
from lessons.demos.stepped import moved
from lessons.engine.content import section
from lessons.engine.course import lesson
from lessons.figures import mann as mann_figures
from lessons.figures import memory as figures
from lessons.notices.ntm import about_tape, walked
from tests.pages.conftest import ended
from tests.pages.test_fewshot_pages import GLYPHS, button, open_page
from tests.pages.test_lessons import hold
from tests.pages.test_pages import words


@pytest.mark.parametrize("name", ["ntm", "mann"])
def test_a_page_opens_and_says_what_is_on_it(name):
    at = open_page(name, **(GLYPHS if name == "mann" else {}))
    assert at.title[0].value == section(name, "title")
    assert not at.error and not at.warning and not at.exception
    assert "**Notice**" in words(at)


@pytest.mark.parametrize("task", list(memory.TASKS))
def test_every_task_can_be_followed_and_made_longer(task):
    at = open_page("ntm", tape=memory.TASKS[task])
    assert "**Notice**" in words(at) and not at.exception
    at.slider(key=f"length_{task}").set_value(memory.FIRST[task] + 3).run()
    assert not at.exception and not at.error
    hold(at, step=5)
    assert any("Step 5, opened" in one.value for one in at.subheader)


def test_heads_without_shift_and_untrained_machines_are_followed_too():
    at = open_page("ntm")
    at.segmented_control(key="parts").set_value(memory.PARTS["content"]).run()
    assert "it cannot step to the next row" in words(at)
    at.segmented_control(key="parts").set_value(memory.PARTS["shift"]).run()
    assert "a head can only walk" in words(at)
    at.segmented_control(key="who").set_value("untrained").run()
    assert not at.exception and not at.error


def test_a_shorter_sequence_takes_the_step_with_it_and_a_wrong_link_is_said():
    at = open_page("ntm", length_copy="3", step="500")
    assert not at.exception
    assert any("Step 7, opened" in one.value for one in at.subheader), "the last of this sequence"
    assert any("step = `500`" in one.value for one in at.warning)


def test_a_key_that_fits_brings_the_head_to_the_marked_row():
    at = open_page("ntm")
    for name, value in zip(("k1", "k2", "k3"), memory.HAND[5], strict=True):
        at.slider(key=name).set_value(float(value))
    at.slider(key="beta").set_value(40.0).run()
    assert "**Reached.** Content did it" in words(at)
    at.slider(key="g").set_value(0.0).run()
    assert "With a shift of 0 nothing moves the head" in words(at)


def test_the_hand_walks_step_by_step_and_starts_again():
    at = open_page("ntm")
    at.slider(key="g").set_value(0.0)
    at.slider(key="s").set_value(0.9).run()
    for _ in range(3):
        at.button(key="hand_step").click().run()
    assert any(one.value == "3 steps taken" for one in at.caption)
    assert "the marked row 5 has 66%" in words(at), "the blur adds up"
    assert "ntm/walk" not in at.session_state["_progress"].goals
    at.button(key="hand_again").click().run()
    assert any(one.value == "0 steps taken" for one in at.caption) and "on row 2" in words(at)
    at.slider(key="gamma").set_value(3.0).run()
    assert "Press *Take a step* 3 times with these settings" in words(at)
    for _ in range(3):
        at.button(key="hand_step").click().run()
    assert "You walked there in 4 steps." in words(at) and "ntm/walk" in at.session_state["_progress"].goals


def test_no_preset_alone_and_not_all_of_them_reach_a_goal_of_the_tape():
    presets = list(lesson("ntm").presets)
    for together in [*([name] for name in presets), presets, presets[::-1]]:
        at = open_page("ntm")
        for name in together:
            at.button(key=f"preset_{name}").click().run()
        assert not at.exception and not at.session_state["_progress"].goals, together


def test_the_line_says_that_a_jump_is_by_content_where_it_is_one():
    at = open_page("ntm", tape="repeat copy", step="12", head="read head")
    assert "moves from row 7 to row 4. **Content brings it there**" in words(at)
    assert "ntm/jump" in at.session_state["_progress"].goals


def test_wiping_and_the_plain_lstm_are_told_apart():
    at = open_page("mann", **GLYPHS)
    assert "of the 5 first pictures" in words(at)
    hold(at, wipe=25)
    assert "right before the wipe" in words(at) and not at.exception
    at.segmented_control(key="who").set_value("plain LSTM").run()
    assert "has no rows to read" in words(at) and not at.exception
    at.segmented_control(key="labels").set_value("kept").run()
    assert not at.exception and not at.error


def test_a_link_opens_the_same_step():
    at = open_page("mann", **GLYPHS, step="31")
    assert any("Step 31" in one.value for one in at.subheader)
    assert not open_page("mann", **GLYPHS, step="x").exception


@pytest.mark.parametrize("name", ["ntm", "mann"])
def test_a_run_from_the_page_ends_and_answers(name):
    fields = {"iterations": "100"} | (GLYPHS if name == "mann" else {"longest": "3"})
    at = open_page(name, **fields)
    button(at, "Retrain").click().run()
    at.run()  # while it trains
    (job,) = at.session_state[f"_runs_{name}"]
    assert ended(job).state == "done", job.reason
    at.run()
    assert any(one.value == "your run" for one in at.segmented_control)
    assert not at.exception and not at.error


# figures and words


def _tape(rows: int, places: list[int]) -> Tape:
    steps = len(places)
    weightings = np.zeros((steps, 2, rows), np.float32)
    weightings[np.arange(steps), :, places] = 1
    asked = np.arange(steps) >= steps // 2
    y = np.zeros((steps, 2), np.float32)
    p = y.copy()
    p[-1, 0] = 1  # one wrong bit
    return Tape(0, np.zeros((steps, 3), np.float32), y, p, asked, weightings, 1, 1)


def test_walking_is_counted_around_the_ring():
    tape = _tape(12, [10, 11, 0, 1, 1, 5])
    assert walked(tape.weightings[:, 0]) == (3, 1)
    assert walked(tape.weightings[::-1, 0]) == (3, -1)


def test_rows_that_nobody_uses_are_left_out_wherever_they_are():
    rows = memory.used_rows(_tape(40, [38, 39, 0, 1]).weightings)
    assert list(rows) == [36, 37, 38, 39, 0, 1, 2, 3]
    assert len(memory.used_rows(np.zeros((3, 2, 40)))) == 8


def test_the_wrong_bit_is_marked_and_counted():
    tape = _tape(12, [0, 1, 2, 3])
    shown = figures.tape(tape, 1)
    crosses = next(one for one in shown.figure.data if getattr(one, "mode", None) == "markers")
    assert list(crosses.x) == [4] and list(crosses.y) == [0]
    assert "1 of 4 bits wrong" in shown.alt
    assert "1 of the 4 bits" in about_tape(tape, "copy", 2, 8, "both")


def test_usage_shows_where_each_step_wrote():
    writing = np.eye(4, 6)[:, None]
    seen = Recalled(
        0, np.zeros((4, 28, 28), np.uint8), np.array([0, 1, 0, 1]), np.eye(2)[[0, 0, 0, 1]], np.array([0, 0, 1, 1]),
        np.cumsum(writing[:, 0], 0), writing, writing, writing.argmax(-1), np.eye(4), np.zeros((4, 4, 2)),
    )  # fmt: skip
    table = mann_figures.usage(seen, 2, 0).table
    assert table["head 1 writes to row"].tolist() == [0, 1, 2, 3]
    assert memory.read_from(seen, 3).tolist() == [0.0, 0.0, 1.0]
    assert memory.read_shares(seen, 3).tolist() == [1.0, 0.0, 0.0]  # label 0 came with step 3, of picture 2
    assert memory.labels_in_rows(seen)[3].tolist() == [-1, 0, 1, 0, -1, -1]
    assert memory.labels_in_rows(seen, wipe=2)[3].tolist() == [-1, -1, 1, 0, -1, -1]
    assert not memory.last_copies(seen)


def test_the_last_row_with_a_label_that_is_overwritten_is_counted():
    emptied = np.array([[0], [1], [0], [1], [1]])
    seen = Recalled(
        0, np.zeros((5, 28, 28), np.uint8), np.array([0, 1, 1, 0, 0]), np.eye(2)[[0, 0, 0, 1, 1]], np.zeros(5),
        np.zeros((5, 2)), np.zeros((5, 1, 2)), np.zeros((5, 1, 2)), emptied, np.eye(5), np.zeros((5, 4, 2)),
    )  # fmt: skip
    assert memory.labels_in_rows(seen).tolist() == [[-1, -1], [-1, 0], [1, 0], [1, 1], [1, 0]]
    assert memory.last_copies(seen) == [3]  # label 0 was in row 1 alone; at the last step label 1 stays in row 0


@pytest.mark.parametrize("name", ["ntm", "mann"])
def test_every_piece_of_source_has_its_marked_lines(name):
    at = open_page(name, **GLYPHS)
    box = at.selectbox(key="source_of")
    for asked in box.options:
        at.selectbox(key="source_of").set_value(asked).run()
        assert not at.exception


def test_a_link_holds_what_is_on_a_stage():
    at = open_page("ntm", tape="recall", step="9", head="read head")
    assert at.session_state["tape"] == "recall" and at.session_state["step"] == 9
    hold(at, tape="repeat", step=4)
    assert "repeat copy" in at.query_params["tape"] and "4" in at.query_params["step"]
    at = open_page("mann", **GLYPHS, pictures="7", wipe="25", step="30")
    assert any("Step 30" in one.value for one in at.subheader) and "right before the wipe" in words(at)


@pytest.mark.parametrize(
    "asked", [None, 3, {}, {"n": 1}, {"n": 1, "step": 0}, {"n": 1, "step": True}, {"n": "1", "step": 2}]
)
def test_a_message_that_is_not_as_it_must_be_is_dropped(asked):
    assert moved(asked, {"step": (1, 9)}, {}) is None


def test_a_message_is_taken_with_its_number_and_its_known_names():
    asked = {"n": 5, "step": 9, "head": "read", "more": "x"}
    assert moved(asked, {"step": (1, 9)}, {"head": ("read",)}) == {"n": 5, "step": 9, "head": "read"}
    assert moved(asked | {"head": "both"}, {"step": (1, 9)}, {"head": ("read",)}) is None


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("import pages.ntm as page; page._answered()", "this is length 40"),
        ("import pages.mann as page; page._answered('glyphs')", "of the 5 second pictures are named correctly"),
    ],
)
def test_what_a_prediction_asks_about_is_played(script, said):
    at = AppTest.from_string(f"from pages.session import language\n{script}\n", default_timeout=60).run()
    assert not at.exception and said in words(at)
    assert said != "this is length 40" or "All 320 bits of the answer are right." in words(at)


def test_old_links_name_the_task_and_the_sequence_as_before():
    at = open_page("ntm", task="recall")
    assert at.session_state["tape"] == "recall" and "task" not in at.query_params
    at = open_page("mann", sequence="7", **GLYPHS)
    assert at.session_state["pictures"] == 7 and "sequence" not in at.query_params
