"""The page of kept runs by AppTest: what is listed, what a link opens, what a file brings."""

import json

import pytest

from core.registry import config_for, demo_for
from core.runtime.shared import pool
from core.storage import run_store
from core.storage.program import script
from lessons.engine.plain import in_markdown
from pages.sections.imports import config_of
from tests.pages.test_fewshot_pages import PAGES, AppTest, button
from tests.pages.test_pages import words

ME = "a" * 32
RUNS = {
    "maml sinusoid": demo_for("maml", "sinusoid"),
    "reptile glyphs": demo_for("reptile", "glyphs").updated(test_steps=1),
    "matching glyphs": demo_for("matching", "glyphs"),
    "ntm copy": demo_for("ntm", "copy"),
    "mann glyphs": demo_for("mann", "glyphs"),
    "mann sinusoid": config_for("mann", "sinusoid").updated(rows=64),
}
SHORT = {"iterations": 20, "report_every": 5, "snapshot_every": 5, "test_tasks": 10}
REPLAYED = {
    "maml sinusoid": "After 20 outer updates: the same task",
    "reptile glyphs": "After 20 outer updates: the same five characters",
    "matching glyphs": "One unseen episode after 20 outer updates",
    "ntm copy": "One new sequence after 20 outer updates",
    "mann glyphs": "After 20 outer updates: ",
    "mann sinusoid": "There is no picture for a moment",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("META_RUNS_DIR", str(path))
        for config in RUNS.values():
            job = pool().start(config.updated(**SHORT), ME)
            assert pool().wait(job, 90).state == "done"
        while len(run_store.runs(ME)) < len(RUNS):
            pass
        yield path


def open_runs(owner=ME, **link):
    at = AppTest.from_file(str(PAGES / "runs.py"), default_timeout=40)
    at.session_state["_learner"] = owner
    for key, value in link.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception, at.exception
    return at


def find(name):
    return next(one for one in run_store.runs(ME) if f"{one.algorithm} {one.task}" == name)


def test_runs_are_listed_filtered_and_only_ones_own(folder):
    at = open_runs()
    table = at.dataframe[0].value
    assert len(table) == len(RUNS) and set(table["state"]) == {"done"} and all(table["score"])
    at.text_input(key="find").set_value("ntm").run()
    assert list(at.dataframe[0].value["method"]) == ["ntm"] and any("1 of 6 runs" in one.value for one in at.caption)
    at.text_input(key="find").set_value("no such run").run()
    assert not at.dataframe
    assert "No run is kept yet" in words(open_runs("b" * 32))


@pytest.mark.parametrize("name", RUNS)
def test_a_link_opens_a_run_with_its_curve_and_its_moments(folder, name):
    at = open_runs("b" * 32, run=find(name).id)  # whoever has the link
    assert "over training" in words(at) and REPLAYED[name] in words(at)
    assert not [one for one in at.text_input if one.label == "Name"]
    at.slider(key="moment").set_value(1).run()
    assert not at.exception and any("after 0 outer updates" in one.value for one in at.caption)


def test_a_run_is_renamed_by_its_owner(folder):
    id = find("maml sinusoid").id
    at = open_runs(run=id)
    at.text_input(key=f"_name_{id}").set_value("<b>my</b> run").run()
    assert run_store.find(id).name == "<b>my</b> run" and at.header[0].value == r"\<b\>my\</b\> run"
    run_store.rename(id, ME, "")


def test_a_link_to_nothing_is_said_in_words(folder):
    assert "not kept here" in words(open_runs(run="0" * 500))


def test_a_damaged_file_leaves_the_page_standing(tmp_path, monkeypatch):
    monkeypatch.setenv("META_RUNS_DIR", str(tmp_path))
    run_store.file().parent.mkdir()
    run_store.file().write_bytes(b"nothing " * 1000)
    at = open_runs()
    assert "is damaged" in words(at) and at.title


def test_what_is_exported_is_imported_again(folder):
    one = find("matching glyphs")
    run = run_store.open_run(one.id)
    text = json.dumps({"algorithm": one.algorithm, "task": one.task, "config": run.config.flat()})
    assert config_of(text.encode()) == run.config
    assert 'config_for("matching", "glyphs")' in script(run, "again.py")
    at = open_runs()
    at.file_uploader(key="kept_file").set_value(("mine.json", text.encode(), "application/json")).run()
    button(at, "Train with these settings").click().run()
    job = at.session_state["_imported_run"]
    pool().wait(job, 60)
    assert job.state == "done"
    at = open_runs()
    at.file_uploader(key="kept_file").set_value(("mine.npz", run_store.checkpoint_of(one.id), "")).run()
    assert any(other.name == "mine" and other.state == "imported" for other in run_store.runs(ME))


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("bad.npz", b"PK nothing", "damaged or not a checkpoint"),
        ("bad.json", b"[1, 2", "damaged, or not settings"),
        ("bad.json", b'{"algorithm": "maml", "task": "sinusoid", "config": {"iterations": -3}}', "iterations"),
        ("bad.json", b'{"algorithm": "maml", "task": "sinusoid", "config": {"iterations": 900000}}', "at most 50000"),
        ("bad.json", b'{"algorithm": "__import__", "task": "sinusoid", "config": {}}', "unknown method"),
    ],
)
def test_a_bad_file_is_refused_in_words(folder, name, data, told):
    before = len(run_store.runs(ME))
    at = open_runs()
    at.file_uploader(key="kept_file").set_value((name, data, "")).run()
    assert "Nothing was taken" in words(at) and told in words(at)
    assert len(run_store.runs(ME)) == before


@pytest.mark.parametrize("name", ["maml-sinusoid", "siamese-omniglot-alphabets", "ntm-copy", "mann-omniglot"])
def test_runs_that_come_with_the_app_are_opened_and_scrubbed_too(folder, name):
    at = open_runs(run=f"shipped-{name}")
    assert at.header[0].value == in_markdown(name) and "over training" in words(at)
    at.slider(key="moment").set_value(1).run()
    assert not at.exception and any("after 0 outer updates" in one.value for one in at.caption)
    assert "not kept here" in words(open_runs(run="shipped-../../etc/passwd"))
