"""Emphasis in Chinese texts: bold that Markdown closes, and no slanted characters, which no Chinese font has."""

import re
import unicodedata
from pathlib import Path

import pytest

from lessons.engine.content import FOLDER
from lessons.engine.language import table

LESSONS = ("home", "tasks", "maml", "first_order", "reptile", "reading", "choosing", "compare")
CODE = re.compile(r"`[^`]*`|\$\$.*?\$\$|\$[^$]*\$", re.DOTALL)
MARK = re.compile(r"(?<!\*)\*\*?(?!\*)")


def is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def unclosed(text: str) -> list[str]:
    """Return the places where a `*` or `**` is shown as it is, by CommonMark's rules for what may stand beside it."""
    places = []
    for paragraph in re.split(r"\n\s*\n|\n(?=[-|#])", text):
        plain, opened = CODE.sub(lambda code: "x" * len(code[0]), paragraph), []
        for match in MARK.finditer(plain):
            before = plain[match.start() - 1] if match.start() else " "
            after = plain[match.end()] if match.end() < len(plain) else " "
            closing = bool(opened) and opened[-1] == match[0]
            inner, outer = (before, after) if closing else (after, before)
            if inner.isspace() or (is_mark(inner) and not outer.isspace() and not is_mark(outer)):
                places.append(plain[max(0, match.start() - 12) : match.end() + 8])
            opened = opened[:-1] if closing else [*opened, match[0]]
        places += opened
    return places


def test_what_is_not_closed_is_seen():
    assert (
        unclosed("从**[任务](/tasks)**这个概念") and unclosed("**一") and not unclosed("从**任务**开始。**看。** 再看")
    )


@pytest.mark.parametrize("name", LESSONS)
def test_bold_is_closed_in_lessons(name):
    for language in ("en", "zh"):
        assert not unclosed(Path(FOLDER / name / f"{language}.md").read_text(encoding="utf-8"))


def test_bold_is_closed_in_notices():
    assert not {text: places for text in table("zh").values() if (places := unclosed(text))}


@pytest.mark.parametrize("name", LESSONS)
def test_no_chinese_is_slanted(name):
    text = CODE.sub("", Path(FOLDER / name / "zh.md").read_text(encoding="utf-8"))
    slanted = re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", text)
    assert not [part for part in slanted if re.search("[\u4e00-\u9fff]", part) and "](http" not in part]
