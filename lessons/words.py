"""The glossary: every term of the course in a line or two, and which of them a lesson uses."""

import re
from functools import cache

from lessons.content import sections

FOLDER = "glossary"


@cache
def terms(language: str = "en") -> dict[str, str]:
    """What each term means, by term, in the order of the alphabet."""
    found = {name: one.text.strip() for name, one in sections(FOLDER, language).items()}
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def anchor(term: str) -> str:
    """The anchor of a term on the glossary's page."""
    return re.sub(r"[^\w]+", "-", term.lower()).strip("-")


@cache
def used_in(lesson: str, language: str = "en") -> list[str]:
    """The terms that stand in a lesson's text."""
    text = " ".join(one.text for one in sections(lesson, language).values()).lower()
    return [term for term in terms(language) if re.search(rf"\b{re.escape(term.lower())}s?\b", text)]
