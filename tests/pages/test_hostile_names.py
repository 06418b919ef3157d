"""What a learner, a link or a file says stands on the page as it is, and damaged runs and full quotas are said."""

import json
import re
import sqlite3

import pytest

from core.storage import run_store
from core.storage.checkpoints import shipped
from lessons.engine.plain import GAP, in_markdown
from tests.lessons.test_plain import HOSTILE
from tests.pages.test_fewshot_pages import button, open_page
from tests.pages.test_pages import words
from tests.pages.test_runs import ME, open_runs

NAME = "![x](http://host.test/b.png) [C](http://host.test) $x$ :material/home: <b>x</b>"


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("META_RUNS_DIR", str(tmp_path))


def kept_run(name: str, owner: str = ME) -> str:
    run = shipped("maml-sinusoid")
    return run_store.store(run, owner, state="done", name=name)


def test_a_run_s_name_is_shown_as_it_is_in_title_table_figure_and_files():
    id = kept_run(NAME)
    at = open_runs(run=id)
    assert at.header[0].value == in_markdown(NAME)
    assert at.dataframe[-1].value["name"].tolist() == [NAME]
    (chart,) = [one.proto for one in at.get("plotly_chart")][:1]
    (drawn,) = json.loads(chart.spec)["data"]
    assert drawn["name"].startswith("![x](http://host.test/b.png)") and "<b>" not in drawn["name"]
    texts = [element.value for kind in ("markdown", "caption", "info", "warning", "error") for element in at.get(kind)]
    assert not any("host.test" in text for text in texts)


def test_any_name_is_kept_and_listed_as_it_is():
    names = [*HOSTILE, "=1+1", "@x", "-1"]
    for name in names:
        kept_run(name)
    listed = open_runs().dataframe[0].value["name"].tolist()
    assert sorted(name.replace(GAP, "") for name in listed) == sorted(names)
    assert not any(name.startswith(tuple("=+-@")) for name in listed)


@pytest.mark.parametrize("link", [{"rate": "![](//host.test/x)"}, {"task": "![](//host.test/x)"}])
def test_what_a_link_asked_for_is_shown_as_it_is(link):
    said = words(open_page("maml", **link))
    assert "`![](//host.test/x)`" in said
    assert "![](" not in re.sub("`[^`]*`", "", said)


def test_a_name_in_a_file_is_refused_in_words_that_load_nothing():
    at = open_runs()
    settings = {"algorithm": "![x](http://host.test)", "task": "sinusoid", "config": {}}
    at.file_uploader(key="kept_file").set_value(("bad.json", json.dumps(settings).encode(), "")).run()
    assert "Nothing was taken" in words(at) and "![x](" not in words(at)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a\u202eb\u2066c\u200bd\u0007e", "abcde"),
        ("  two\r\n lines\u2028 ", "two lines"),
        ("x" * 500, "x" * run_store.MOST_NAME),
        ("家庭👨\u200d👩", "家庭👨\u200d👩"),
        ("\ud800", ""),
    ],
)
def test_a_name_is_one_line_without_what_hides_or_turns_letters(given, kept):
    id = kept_run(given)
    assert run_store.find(id).name == kept
    run_store.rename(id, ME, f"{given}")
    assert run_store.find(id).name == kept


def test_damaged_runs_are_counted_and_deleted_and_the_others_listed():
    kept_run("whole")
    damaged = kept_run("damaged")
    with sqlite3.connect(run_store.file()) as database:
        database.execute("update runs set made = 1e300 where id = ?", (damaged,))
    at = open_runs(run=damaged)
    assert "1 of your runs is damaged" in words(at) and "This run cannot be opened" in words(at)
    assert at.dataframe[-1].value["name"].tolist() == ["whole"]
    button(at, "Delete the damaged runs").click().run()
    assert "damaged and left out" not in words(at) and run_store.usage(ME).runs == 1


@pytest.mark.parametrize(
    ("kind", "said"), [("checkpoint", "This run cannot be opened"), ("frames", "cannot be replayed")]
)
def test_a_run_with_a_damaged_part_is_said_and_the_page_stands(kind, said):
    run = shipped("maml-sinusoid")
    id = run_store.store(run, ME, frames=run_store.ends_of(run))
    with sqlite3.connect(run_store.file()) as database:
        database.execute("update parts set data = 'nothing' where run = ? and kind = ?", (id, kind))
    at = open_runs(run=id)
    assert said in words(at) and len(at.dataframe[-1].value) == 1


def test_a_full_quota_is_said_with_what_to_do(monkeypatch):
    monkeypatch.setenv("META_RUNS_OWNER", "1")
    id = kept_run("only")
    at = open_runs()
    assert any("1 run, 0.0 MB. You may keep 1 run and 200 MB." in one.value for one in at.caption)
    data = run_store.checkpoint_of(id)
    at.file_uploader(key="kept_file").set_value(("mine.npz", data, "")).run()
    assert "you have 1 runs, the most that this server keeps of a learner; delete some" in words(at)
    assert [run.name for run in run_store.runs(ME)] == ["only"]
