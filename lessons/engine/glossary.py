"""The glossary: every term of the course in a line or two, and the terms that a lesson uses."""

import re
from functools import cache

from lessons.engine.content import sections
from lessons.engine.language import now

FOLDER = "glossary"


def terms(language: str = "") -> dict[str, str]:
    """Return the meaning of each term in alphabetical order, in `language` or else in the learner's language."""
    return _terms(language or now())


@cache
def _terms(language: str) -> dict[str, str]:
    meanings = {name: section.text.strip() for name, section in sections(FOLDER, language).items()}
    return dict(sorted(meanings.items(), key=lambda item: item[0].lower()))


def anchor(term: str) -> str:
    """Return the anchor of a term on the glossary's page."""
    return re.sub(r"[^\w]+", "-", term.lower()).strip("-")


def used_in(lesson: str, language: str = "") -> list[str]:
    """Return the terms that occur in a lesson's text."""
    return _used_in(lesson, language or now())


@cache
def _used_in(lesson: str, language: str) -> list[str]:
    text = " ".join(section.text for section in sections(lesson, language).values()).lower()
    text = re.sub("关键|按键", "", text)  # "crucial", a key of the keyboard: neither is the key of a head, 键
    # a term in Latin letters must match a whole word or its plural; Chinese has no spaces between words
    patterns = {term: rf"\b{re.escape(term.lower())}s?\b" if term.isascii() else term for term in terms(language)}
    return [term for term, pattern in patterns.items() if re.search(pattern, text)]
