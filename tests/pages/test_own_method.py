"""A learner's own method on pages: beside the others where its file may run, and a sentence where it may not."""

import time
from pathlib import Path

import pytest

from core.labs import methods
from core.labs.catalog import WHOLE
from core.runtime.shared import pool
from core.storage import run_store, sources
from core.storage.checkpoints import Checkpoint, from_events
from pages.session import labs
from pages.session.own_method import Own
from tests.core.labs.conftest import bench  # noqa: F401  a fixture
from tests.pages.test_fewshot_pages import GLYPHS, PAGES, AppTest, button

ME = "b" * 32
FEW = {"iterations": 40, "report_every": 20, "snapshot_every": 20, "meta_batch": 5, "test_tasks": 20}
ENDLESS = WHOLE.solution.replace("    phi = theta.expand(", "    while len(theta) == 2: pass\n    phi = theta.expand(")


@pytest.fixture(scope="module")
def runs(bench) -> dict[str, Checkpoint]:  # noqa: F811
    made = {}
    for name, source in {"right": WHOLE.solution, "endless": ENDLESS}.items():
        config = methods.described(bench, source, "sinusoid", FEW, [])
        made[name] = from_events(config, methods.events(bench, source, config))
    return made


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A server on which labs may run, without any run."""
    monkeypatch.setenv(labs.KEY, "1")
    monkeypatch.setenv("META_RUNS_DIR", str(tmp_path))
    yield tmp_path
    labs.close()


def opened(page: str, **link: str) -> AppTest:
    at = AppTest.from_file(str(PAGES / f"{page}.py"), default_timeout=60)
    at.session_state["_learner"] = ME
    for key, value in link.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception, at.exception
    return at


def said(at: AppTest) -> str:
    parts = [*at.markdown, *at.caption, *at.info, *at.success, *at.warning]
    return "\n".join(part.value for part in parts)


def contest(at: AppTest) -> AppTest:
    button(at, "Let them play").click().run()
    assert pool().wait(at.session_state["_contest"], 120).state == "done"
    own = at.session_state["_own_contest"][1] if "_own_contest" in at.session_state else None
    end = time.monotonic() + 60
    while own and not own.over and time.monotonic() < end:
        time.sleep(0.05)
    at.run()
    assert not at.exception, at.exception
    return at


def keep(run: Checkpoint, source: str) -> str:
    sources.keep(source)
    return run_store.store(run, ME, state="done")


def test_it_plays_on_the_tasks_that_all_answer(here, runs):
    keep(runs["right"], WHOLE.solution)
    at = opened("compare", kind="sinusoids", tasks="20", **GLYPHS)
    assert "Your own method takes part, as it was after 40 outer updates of training." in said(at)
    contest(at)
    table = at.dataframe[0].value
    assert "your method" in list(table["method"]) and len(table) == 11
    assert "After 20 tasks" in said(at)


def test_where_it_cannot_take_part_a_sentence_says_why(here, runs, monkeypatch):
    assert "Your own method" not in said(opened("compare", kind="sinusoids", **GLYPHS))
    id = keep(runs["right"], WHOLE.solution)
    assert "it was trained on sinusoids, so it cannot tell characters apart" in said(opened("compare", **GLYPHS))
    (path,) = (here / "methods").glob("*.py")
    path.write_text("import os")
    at = opened("compare", kind="sinusoids", tasks="20", **GLYPHS)
    assert "does not take part: the file that this method was written in is not on this machine" in said(at)
    assert len(contest(at).dataframe[0].value) == 10
    assert "is a run of a method that somebody has written: the file" in said(opened("runs", run=id))
    path.write_text(WHOLE.solution)
    monkeypatch.setenv(labs.KEY, "0")
    at = opened("compare", kind="sinusoids", **GLYPHS)
    assert "this server runs no code that its visitors have written" in said(at)


def test_the_run_is_shown_with_its_file_and_without_a_wrong_picture(here, runs):
    at = opened("runs", run=keep(runs["right"], WHOLE.solution))
    labels = {one.label for one in at.get("download_button")}
    assert "Its file" in labels and "Program" not in labels
    assert "There is no picture for a moment of this kind of run." in said(at)


def test_a_run_from_elsewhere_brings_no_code(here, runs):
    run_store.store(runs["right"], ME)  # as an import does
    at = opened("compare", kind="sinusoids", tasks="20", **GLYPHS)
    assert "does not take part" in said(at) and not (here / "methods").exists()


def test_of_several_the_learner_chooses_which_one_takes_part(here, runs):
    keep(runs["endless"], ENDLESS)
    newest = keep(runs["right"], WHOLE.solution)
    run_store.rename(newest, ME, "half of it")
    at = opened("compare", kind="sinusoids", tasks="20", **GLYPHS)
    choice = at.selectbox(key="own_plays")
    assert choice.options[0] == "half of it" and len(choice.options) == 2
    choice.select_index(1).run()
    assert not at.exception and own_method_of(at).source == ENDLESS
    at.selectbox(key="own_plays").select_index(0).run()
    assert own_method_of(at).id == newest
    keep(runs["right"], WHOLE.solution)  # a newer run of the same file takes its place
    assert len(at.run().selectbox(key="own_plays").options) == 2


def own_method_of(at: AppTest) -> Own:
    return at.session_state["_own_method"]


def test_one_that_hangs_ends_with_the_contest(here, runs, bench):  # noqa: F811
    hangs = WHOLE.solution.replace(
        "    for _ in range(steps):", "    while steps == 10: pass\n    for _ in range(steps):"
    )
    config = methods.described(bench, hangs, "sinusoid", FEW | {"test_steps": 2}, [])
    run = from_events(config.updated(test_steps=10), methods.events(bench, hangs, config))
    keep(run, hangs)
    labs.bench("train").warm()
    at = opened("compare", kind="sinusoids", tasks="20", **GLYPHS)
    button(at, "Let them play").click().run()
    assert pool().wait(at.session_state["_contest"], 120).state == "done"
    _, own = at.session_state["_own_contest"]
    assert not own.over
    begun = time.monotonic()
    button(at, "Cancel").click().run()
    while not own.ended and time.monotonic() < begun + 20:
        time.sleep(0.02)
    assert own.ended and time.monotonic() - begun < 5
    assert "gave up" not in said(at)


def test_it_has_an_arrow_and_a_walk_on_the_plane(here, runs):
    keep(runs["right"], WHOLE.solution)
    at = opened("reptile", show="your method")
    assert "**Your method** Its outer arrow is" in said(at) and "away from MAML's" in said(at)
    assert at.session_state["show"] == "written"
    assert "**Your method**" not in said(opened("reptile", chapter="Predict"))


def test_one_that_hangs_on_the_plane_is_asked_once_and_the_rest_is_there(here, runs, monkeypatch):
    monkeypatch.setattr(methods, "SHORT", 2.0)
    keep(runs["endless"], ENDLESS)
    at = opened("reptile")
    assert "**Your method** It gave up here: It had not come to an end" in said(at)
    assert "MAML and first-order MAML point" in said(at)
    begun = time.monotonic()
    at.run()
    assert time.monotonic() - begun < 1.5 and "It gave up here" in said(at)


def test_one_that_fails_in_the_contest_gives_up_and_the_others_play_on(here, runs, bench):  # noqa: F811
    broken = WHOLE.solution.replace("    for _ in range(steps):", "    steps = range(steps if steps < 9 else None)\n"
                                    "    for _ in steps:")  # fmt: skip
    config = methods.described(bench, broken, "sinusoid", FEW | {"test_steps": 2}, [])
    run = from_events(config.updated(test_steps=10), methods.events(bench, broken, config))
    keep(run, broken)
    at = contest(opened("compare", kind="sinusoids", tasks="20", **GLYPHS))
    line = next(number for number, text in enumerate(broken.splitlines(), 1) if "steps < 9" in text)
    assert "Your own method gave up: Something here is None." in said(at) and f"Line {line}" in said(at)
    assert len(at.dataframe[0].value) == 10


def test_a_trained_lab_is_put_beside_the_others(here):
    training = labs.train(WHOLE.solution, WHOLE)
    while not training.ended:
        time.sleep(0.1)
    at = opened("reptile", chapter="Write it", write_part="A method of your own")
    at.session_state["_lab_tries"]["own-method"].training = training
    at.run()
    assert "and MAML after as many one of" in said(at)
    assert "3 of your method, with the file's own settings, and 3 of MAML" in said(at)
    at.button(key="use_own-method").click().run()
    assert "It is one of [your runs]" in said(at) and at.button(key="use_own-method").disabled
    (row,) = run_store.runs(ME)
    assert row.algorithm == "written" and row.iteration == 400
    assert sources.source_of(run_store.open_run(row.id).config.code) == WHOLE.solution


def test_settings_of_it_train_nothing_in_a_worker(here, runs):
    job = pool().start(runs["right"].config, ME)
    assert pool().wait(job, 60).state == "failed" and "in a file of its own" in job.reason
