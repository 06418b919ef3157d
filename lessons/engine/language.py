"""The language of the texts: which there are, and which one is asked for now."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

LANGUAGES = {"en": "English", "zh": "中文"}
DEFAULT = "en"


class _Asked:
    """How to find out which language is asked for; a page replaces it, since lessons know nothing of who is reading."""

    how: Callable[[], str] = staticmethod(lambda: DEFAULT)


def ask(how: Callable[[], str]) -> None:
    """From now on `how` says which language is asked for."""
    _Asked.how = staticmethod(how)  # type: ignore[assignment]


def now() -> str:
    """The language that is asked for."""
    found = _Asked.how()
    return found if found in LANGUAGES else DEFAULT


@cache
def table(language: str) -> Mapping[str, str]:
    """The words of the interface by their English ones; of English there is none."""
    path = Path(__file__).parent / f"{language}.json"
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def t(text: str, /, **values: object) -> str:
    """An English text of the interface in the language that is asked for, with `values` in its braces."""
    found = table(now()).get(text, text)
    return found.format(**values) if values else found
