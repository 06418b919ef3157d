"""Both languages have every text: lessons, and the labels of the interface, found in the source of the pages."""

import ast
import pickle
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from string import Formatter

import pytest

from core.tasks.download import DataError
from core.words import Words
from lessons.engine import course, language
from lessons.engine.content import FOLDER, section, sections
from lessons.engine.language import LANGUAGES, ask, sentence, t, table
from lessons.engine.plain import in_markdown
from pages.session.navigation import GROUPS

PAGES = Path(__file__).parents[2] / "pages"
# of these calls, the arguments that a learner reads: they hand them to `t` themselves
LABELLED = {
    "slider": (1,), "number": (1,), "choice": (1,), "Field": (1,), "Choice": (1,), "part": (1,), "option_of": (5,),
    "t": (0,), "plural": (1, 2), "chart": (1, 2), "Shown": (1, 2), "Lines": (2, 3), "Line": (0,), "embedding_map": (1,),
    "by_instance": (2,),
}  # fmt: skip
NAMED = {"name", "title_text", "hovertemplate", "columns"}  # of figures: put into words where they are shown


def constants(node: ast.expr) -> Iterator[str]:
    """The strings that an argument may be: itself, either side of a choice, or one by one."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from (*constants(one), *constants(other))
        case ast.List(elts=parts):
            for one in parts:
                yield from constants(one)


def labels() -> Iterator[tuple[str, str]]:
    for path in sorted([*PAGES.rglob("*.py"), *FOLDER.rglob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            read = [node.args[at] for at in LABELLED.get(name, ()) if at < len(node.args)]
            if path.parent.name == "figures":
                read += [one.value for one in node.keywords if one.arg in NAMED]
            for text in (text for one in read for text in constants(one)):
                if re.search("[a-zA-Z]{2,}", re.sub(r"%\{[^}]*\}|<extra></extra>|<br>", "", text)):
                    yield text, f"{path.name}:{node.lineno}"


CORE = PAGES.parent / "core"


def sentences() -> Iterator[tuple[str, str]]:
    """The templates of `Words` in core: written into the call, or given to a name in the same function."""
    for path in sorted(CORE.rglob("*.py")):
        for scope in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(scope, ast.FunctionDef | ast.ClassDef):
                continue
            named = [node for node in ast.walk(scope) if isinstance(node, ast.Assign)]
            for node in ast.walk(scope):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Words":
                    name = getattr(node.args[0], "id", "")
                    values = [one.value for one in named if getattr(one.targets[0], "id", "") == name]
                    for text in (text for one in [node.args[0], *values] for text in constants(one)):
                        yield text, f"{path.name}:{node.lineno}"


@pytest.fixture
def asked() -> Iterator[Callable[[Callable[[], str]], None]]:
    """`ask`, whose effect ends with the test: the pages of other tests ask their sessions."""
    before = language._Learner.language
    yield ask
    ask(before)


@pytest.fixture
def chinese(asked: Callable[[Callable[[], str]], None]) -> None:
    asked(lambda: "zh")


def test_no_label_is_missing_in_one_language():
    found = dict(labels())
    assert len(found) > 400
    for other in LANGUAGES.keys() - {"en"}:
        missing = {text: where for text, where in found.items() if text not in table(other)}
        assert not missing


def test_no_sentence_of_core_is_missing_in_one_language():
    found = dict(sentences())
    assert len(found) > 20
    for other in LANGUAGES.keys() - {"en"}:
        assert not {text: where for text, where in found.items() if text not in table(other)}


def test_an_error_of_core_is_translated_with_its_values_and_in_another_process_too(chinese: None):
    inner = DataError(Words("reading {name}", name="one.zip"))
    error = pickle.loads(
        pickle.dumps(DataError(Words("{url} could not be downloaded: {reason}", url="http://x", reason=str(inner))))
    )
    assert f"{error}" == "http://x could not be downloaded: reading one.zip"
    assert t(str(error)) == "无法下载 http://x：正在读取 one.zip"
    assert sentence(str(error)) == in_markdown("无法下载 http://x：正在读取 one.zip") + "。"
    assert t("Nothing was taken: {error}.", error=error).startswith("没有") and "正在读取" in t("{error}", error=error)
    assert sentence("no such text") == "No such text。"


def test_the_side_bar_is_in_both_languages():
    for other in LANGUAGES.keys() - {"en"}:
        for group, pages in GROUPS.items():
            assert not group or group in table(other)
            assert all(title in table(other) for _, title, _, _ in pages)


def test_a_translation_has_the_braces_of_its_original():
    for other in LANGUAGES.keys() - {"en"}:
        for text, translated in table(other).items():
            assert translated.strip()
            fields = [sorted(one for _, one, _, _ in Formatter().parse(words) if one) for words in (text, translated)]
            assert fields[0] == fields[1], text


def test_texts_are_in_the_language_that_is_asked_for(chinese: None):
    assert t("Retrain") == "重新训练" and t("no such text") == "no such text"
    assert t("{minutes} minutes", minutes=5) == "5 分钟"
    assert section("maml", "title").startswith("MAML：")
    assert course.question("maml", "predict").right == course.question("maml", "predict", "en").right
    assert "训练好了" in course.question("maml", "predict").text


def test_every_text_is_in_every_language_with_the_same_sections():
    for folder in sorted(path.parent.name for path in FOLDER.glob("*/en.md")):
        for other in LANGUAGES.keys() - {"en"}:
            assert folder == "glossary" or sections(folder, other).keys() == sections(folder, "en").keys()


def test_an_unknown_language_is_english(asked):
    asked(lambda: "xx")
    assert language.now() == "en" and t("Retrain") == "Retrain"
