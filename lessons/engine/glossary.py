"""The glossary: every term of the course in a line or two, and which of them a lesson uses."""

import re
from functools import cache

from lessons.engine.content import sections
from lessons.engine.language import now

FOLDER = "glossary"


def terms(language: str = "") -> dict[str, str]:
    """What each term means, by term, in the order of the alphabet; in the language asked for where none is named."""
    return _terms(language or now())


@cache
def _terms(language: str) -> dict[str, str]:
    found = {name: one.text.strip() for name, one in sections(FOLDER, language).items()}
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def anchor(term: str) -> str:
    """The anchor of a term on the glossary's page."""
    return re.sub(r"[^\w]+", "-", term.lower()).strip("-")


def used_in(lesson: str, language: str = "") -> list[str]:
    """The terms that stand in a lesson's text."""
    return _used_in(lesson, language or now())


@cache
def _used_in(lesson: str, language: str) -> list[str]:
    text = " ".join(one.text for one in sections(lesson, language).values()).lower()
    # words of Latin letters stand alone or in the plural; Chinese has no spaces between words
    patterns = {term: rf"\b{re.escape(term.lower())}s?\b" if term.isascii() else term for term in terms(language)}
    return [term for term, pattern in patterns.items() if re.search(pattern, text)]
