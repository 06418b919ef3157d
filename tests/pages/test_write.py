"""Write it yourself, on its page: where code may run and where not, what a browser may send, what counts as done."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import streamlit as st

from core.labs.catalog import LABS, LONGEST
from lessons.demos.labs import lines, notebook, put_together
from lessons.engine.course import COURSE, lesson
from lessons.engine.language import LANGUAGES, table
from lessons.engine.progress import Progress, from_text
from pages.sections import chapters, write
from pages.session import labs
from pages.widgets import editor
from tests.pages.test_lessons import opened
from tests.pages.test_pages import words

WRITE = {"chapter": "Write it"}


@pytest.fixture(autouse=True)
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chapters, "wants_all", lambda: False)


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch):
    """A server on which labs may run."""
    monkeypatch.setenv(labs.KEY, "1")
    yield
    labs.close()


def test_every_lab_has_its_place_in_one_lesson():
    assert sorted(lab for name in COURSE for lab in lesson(name).labs) == sorted(LABS)


def test_every_text_of_a_lab_is_there_in_each_language():
    for lab in LABS.values():
        texts = [lab.title, lab.task, *lab.hints, *(mistake.said for mistake in lab.mistakes)]
        missing = [text for language in LANGUAGES if language != "en" for text in texts if text not in table(language)]
        assert not missing


@pytest.mark.parametrize(
    ("operator", "address", "client", "headers", "runs"),
    [
        ("", "127.0.0.1", "127.0.0.1", {"host": "localhost:8501"}, True),
        ("", "localhost", None, {"host": "127.0.0.1:8501"}, True),
        ("", None, "127.0.0.1", {"host": "localhost:8501"}, False),
        ("", "0.0.0.0", "127.0.0.1", {"host": "localhost"}, False),
        ("", "127.0.0.1", "127.0.0.1", {"host": "localhost", "X-Forwarded-For": "10.0.0.7"}, False),
        ("", "127.0.0.1", "127.0.0.1", {"host": "class.example"}, False),
        ("1", "0.0.0.0", "10.0.0.7", {"host": "class.example"}, True),
        ("0", "127.0.0.1", "127.0.0.1", {"host": "localhost"}, False),
    ],
)
def test_code_runs_only_on_the_learners_own_machine_or_where_the_operator_says_so(
    operator, address, client, headers, runs, monkeypatch
):
    monkeypatch.setenv(labs.KEY, operator)
    monkeypatch.setattr(st, "get_option", lambda name: address if name == "server.address" else None)
    monkeypatch.setattr(type(st.context), "ip_address", client)
    monkeypatch.setattr(type(st.context), "headers", headers)
    assert labs.allowed() is runs


@pytest.mark.parametrize("name", [name for name in COURSE if lesson(name).labs])
def test_elsewhere_a_lab_is_downloaded_and_its_line_counts_as_done(name, monkeypatch):
    monkeypatch.delenv(labs.KEY, raising=False)
    at = opened(name, **WRITE)
    first = lesson(name).labs[0]
    lab = LABS[first]
    assert lab.task in words(at) and "runs no code that visitors type" in words(at)
    assert {one.label for one in at.get("download_button")} >= {"As a file", "As a notebook"}
    field = at.text_input(key=f"_done_{first}")
    other = next(each for each in LABS.values() if each is not lab)
    field.set_value(other.done).run()
    assert "not the line of this lab" in words(at) and first not in at.session_state["_progress"].labs
    at.text_input(key=f"_done_{first}").set_value(f"  {lab.done} ").run()
    assert at.session_state["_progress"].labs == {first} and not at.exception


def test_hints_open_one_by_one_and_the_solution_comes_after_a_try(mine):
    at = opened("maml", **WRITE)
    lab = LABS["inner-step"]
    assert not at.exception and not any(one.label == "The solution" for one in at.expander)
    for number in range(3):
        shown = [hint for hint in lab.hints if any(hint in one.value for one in at.info)]
        assert shown == list(lab.hints[:number])
        at.button(key="hint_inner-step").click().run()
    assert not any(one.key == "hint_inner-step" for one in at.button)
    assert any(one.label == "The solution" for one in at.expander)


def test_a_check_names_the_mistake_and_a_passed_one_is_kept(mine):
    at = opened("maml", **WRITE)
    lab = LABS["inner-step"]
    tries = at.session_state["_lab_tries"]["inner-step"]
    tries.source, tries.count, tries.waits = lab.twin(lab.mistake("uphill")), 1, True
    at.run()
    assert any(lab.mistake("uphill").said in one.value for one in at.warning)
    tries = at.session_state["_lab_tries"]["inner-step"]
    tries.source, tries.count, tries.waits = lab.solution, 2, True
    at.run()
    assert any("**Passed.**" in one.value for one in at.success) and not at.exception
    assert at.session_state["_progress"].labs == {"inner-step"}


def test_a_training_is_drawn_to_its_end(mine):
    training = labs.train(LABS["reptile-update"].solution, LABS["reptile-update"])
    for _ in range(600):
        if training.ended:
            break
        time.sleep(0.1)
    assert training.ended and training.ended.finished and len(training.points) > 5
    first = training.points[:5]  # later on, what differs in the last digit may grow
    assert all(point.own == pytest.approx(point.reference, rel=1e-3) for point in first)
    assert training.ended.run and training.ended.run.steps


def test_what_a_lab_has_trained_answers_in_the_demo(mine):
    training = labs.train(LABS["inner-step"].solution, LABS["inner-step"])
    while not training.ended:
        time.sleep(0.1)
    at = opened("maml", **WRITE)
    at.session_state["_lab_tries"]["inner-step"].training = training
    at.run()
    at.button(key="use_inner-step").click().run()
    assert at.button(key="use_inner-step").disabled and not at.exception
    at.segmented_control(key="chapter").set_value("Play with it").run()
    assert not at.exception and "init of your run" in words(at)


@pytest.mark.parametrize(
    "message",
    [
        None, 7, "check", [], {}, {"do": "check"}, {"do": "check", "source": 7}, {"do": "delete", "source": "x"},
        {"do": ["check"], "source": "x"}, {"do": "check", "source": "x" * (LONGEST + 1)},
        {"do": "check", "source": "\0"},
    ],
)  # fmt: skip
def test_what_a_browser_sends_is_checked(message, monkeypatch):
    monkeypatch.setattr(st, "session_state", {"e": {"asked": message}})
    assert editor.asked("e") is None


def test_what_is_asked_for_arrives(monkeypatch):
    monkeypatch.setattr(st, "session_state", {"e": {"asked": {"do": "train", "source": "a\r\nb"}}})
    assert editor.asked("e") == editor.Asked("train", "a\nb")


def test_what_a_file_says_is_shown_literally():
    lab = LABS["inner-step"]
    with labs.bench("check") as bench:
        verdict = bench.check(
            lab.skeleton.replace('NotImplementedError("write it here")', 'ValueError("**a** <b>")'), lab
        )
    assert "\\*\\*a\\*\\*" in write._in_words(verdict.said)
    labs.close()


def test_progress_keeps_labs_and_takes_no_others():
    progress = Progress(labs={"inner-step", "nothing"})
    assert from_text(progress.to_text()).labs == {"inner-step"}
    assert from_text(Progress().to_text()).labs == set()
    content = json.loads(Progress().to_text()) | {"labs": {"a": 1}}
    assert from_text(json.dumps(content)).labs == set()
    assert Progress(labs={"inner-step"}).merged(Progress(labs={"ntm-write"})).labs == {"inner-step", "ntm-write"}
    without = json.loads(Progress().to_text())
    without.pop("labs")
    assert from_text(json.dumps(without)).labs == set(), "a file of before there were labs"


@pytest.mark.parametrize("lab", LABS.values(), ids=LABS)
def test_lines_to_choose_from_hold_the_solution_and_what_mistakes_write(lab):
    offered = lines(lab)
    right = lab.solution.splitlines()[-len(offered) :]
    assert put_together(lab, right) == lab.solution
    assert sum(len(options) > 1 for options in offered) >= 1 and sum(map(len, offered)) >= len(offered) + 3
    assert [options.index(line) for line, options in zip(right, offered, strict=True)] != [0] * len(offered)
    with pytest.raises(ValueError, match="not offered"):
        put_together(lab, ["import os", *right[1:]])
    with pytest.raises(ValueError, match="not offered"):
        put_together(lab, [*right, "import os"])


def test_chosen_lines_are_checked_also_where_no_typed_code_runs(monkeypatch):
    monkeypatch.setenv(labs.KEY, "0")
    at = opened("first_order", **WRITE)
    lab = LABS["first-order"]
    right = lab.solution.splitlines()[-len(lines(lab)) :]
    assert at.button(key="check_first-order").disabled
    for number, options in enumerate(lines(lab)):
        if len(options) > 1:
            at.radio(key=f"_line_first-order_{number}").set_value(right[number])
    at.run()
    at.button(key="check_first-order").click().run()
    assert any("**Passed.**" in one.value for one in at.success) and not at.exception
    labs.close()


def test_a_notebook_holds_the_file_and_its_commands(tmp_path: Path):
    lab = LABS["class-means"]
    cells = json.loads(notebook(lab))["cells"]
    sources = ["".join(cell["source"]) for cell in cells]
    first, _, rest = sources[1].partition("\n")
    assert first == "%%writefile class_means.py" and rest == lab.skeleton
    file = tmp_path / "class_means.py"
    file.write_text(lab.solution, encoding="utf-8")
    command = sources[2].removeprefix("!python").replace("class_means.py", str(file)).split()
    passed = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert passed.returncode == 0 and lab.done in passed.stdout
