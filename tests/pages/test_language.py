"""Which language a page is in: the link's, the control's, or that of the last visit, in this order."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from lessons.engine import language
from pages.session import frame
from pages.session.language import COOKIE, LANGUAGE
from tests.pages.test_pages import MAIN, open_page, words

TITLE = {"en": "Learn meta-learning by doing it", "zh": "在动手中学习元学习"}


def title(at: AppTest) -> str:
    return str(at.title[0].value)


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(st.context), "cookies", {COOKIE: "zh"})


@pytest.mark.parametrize(
    ("named", "shown"), [("zh", "zh"), ("en", "en"), ("中文", "zh"), ("English", "en"), ("xx", "en"), ("", "en")]
)
def test_a_link_names_the_language_by_code_or_by_name(named: str, shown: str):
    at = open_page("home", **({LANGUAGE: named} if named else {}))
    assert at.segmented_control(key=LANGUAGE).value == shown
    assert at.query_params.get(LANGUAGE) == (shown if named else None)
    assert title(at) == TITLE[shown]


def test_the_last_visits_language_is_kept_and_a_link_comes_before_it(remembered: None):
    assert title(open_page("home")) == TITLE["zh"]
    assert title(open_page("home", lang="en")) == TITLE["en"]


def test_the_control_changes_text_and_link():
    at = open_page("home", lang="zh")
    at.segmented_control(key=LANGUAGE).set_value("en").run()
    assert title(at) == TITLE["en"] and at.query_params[LANGUAGE] == "en"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"Retrain": 3}', "[" * 100_000])
def test_a_damaged_file_of_texts_is_said_and_the_page_is_readable(monkeypatch, tmp_path, text: str):
    monkeypatch.setattr(language, "__file__", str(tmp_path / "language.py"))
    (tmp_path / "zh.json").write_text(text)
    language._read.cache_clear()
    try:
        at = open_page("home", lang="zh")
        assert title(at) == TITLE["zh"], "the lesson's own text is not damaged"
        assert "The interface is in English: lessons/engine/zh.json" in words(at)
    finally:
        language._read.cache_clear()


def test_a_translation_with_other_braces_falls_back_to_english(monkeypatch):
    monkeypatch.setattr(language, "now", lambda: "zh")
    for damaged in ("{other}", "{", "{0}", "{minutes:zz}"):
        monkeypatch.setattr(language, "table", lambda _, text=damaged: {"{minutes} minutes": text})
        assert language.t("{minutes} minutes", minutes=5) == "5 minutes"


def test_an_embedded_page_is_alone(monkeypatch):
    assert open_page("home").sidebar.segmented_control
    monkeypatch.setattr(type(st.context), "is_embedded", True)
    at = open_page("home", lang="zh")
    assert not at.sidebar.segmented_control and title(at) == TITLE["zh"]


REFUSED = {
    "progress": {"storage": "Kept **until this page is loaded again**", "uploads": "Files cannot be opened here"},
    "runs": {"storage": "This browser keeps nothing", "uploads": "Files cannot be opened here"},
    "maml": {},
}


@pytest.mark.parametrize("what", ["storage", "uploads"])
def test_what_a_browser_refuses_is_said_where_it_matters(monkeypatch, what: str):
    answer: dict[str, object] = {"refused": {what: True}}
    monkeypatch.setattr(frame, "_frame", lambda **_: answer)
    for name, texts in REFUSED.items():
        at = AppTest.from_file(MAIN, default_timeout=20).run()
        at.switch_page(f"{name}.py").run()
        assert not at.exception
        assert (texts.get(what, "") in words(at)) and bool(at.warning) == bool(texts), name
    answer["refused"] = "nonsense"
    assert not open_page("home").warning
