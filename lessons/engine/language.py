"""The languages of the texts, and the language of the current learner."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from numbers import Number
from pathlib import Path
from string import Formatter
from typing import Any

from core.words import Words
from lessons.engine.plain import in_markdown

LANGUAGES = {"en": "English", "zh": "中文"}
DEFAULT = "en"


class _Learner:
    """The function that returns the learner's language; a page sets it, since lessons do not know who is reading."""

    language: Callable[[], str] = staticmethod(lambda: DEFAULT)


def ask(how: Callable[[], str]) -> None:
    """Use `how` from now on to look up the learner's language."""
    _Learner.language = staticmethod(how)  # type: ignore[assignment]


def now() -> str:
    """Return the learner's language."""
    language = _Learner.language()
    return language if language in LANGUAGES else DEFAULT


def code_of(text: str | None) -> str:
    """Return the language that a link or a browser names by its code or by its name; "" if there is none."""
    return next((code for code, name in LANGUAGES.items() if text in (code, name)), "")


@cache
def _read(language: str) -> tuple[Mapping[str, str], str]:
    """Return the translations by their English texts, and what is wrong with their file, which then has none."""
    path = Path(__file__).parent / f"{language}.json"
    file = f"lessons/engine/{path.name}"
    try:
        texts = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, "" if language == DEFAULT else f"{file} is missing"
    except (OSError, ValueError, RecursionError):
        return {}, f"{file} cannot be read"
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        return {}, f"{file} must hold a text for each text"
    return texts, ""


def table(language: str) -> Mapping[str, str]:
    """Return the translations of the interface by their English texts; English has none."""
    return _read(language)[0]


def damage(language: str) -> str:
    """Return in words why the interface cannot be shown in `language`; "" if it can."""
    return _read(language)[1]


def t(text: str, /, **values: object) -> str:
    """Translate an English text of the interface into the learner's language, with `values` in its braces.

    The text may be `Words`, the sentence of an error of core: its template is translated, and values that are Words,
    or errors that say Words.
    """
    if isinstance(text, Words):
        values, text = text.values, text.template
    said = {name: str(value) if isinstance(value, Exception) else value for name, value in values.items()}
    values = {name: t(value) if isinstance(value, Words) else value for name, value in said.items()}
    translation = table(now()).get(text, text)
    if not values:
        return translation
    try:
        return _spaced(translation, values) if now() == "zh" else filled(translation, **values)
    except (KeyError, IndexError, ValueError):  # a damaged translation: the English text has the right braces
        return filled(text, **values)


class _Shown(Formatter):
    """Fills in numbers as they are shown: with a minus sign, and not with a hyphen."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        text = super().format_field(value, format_spec)
        return minus(text) if isinstance(value, Number) else text


def minus(text: str) -> str:
    """Return the text of a number with the minus sign of all numbers on the screen, U+2212."""
    return text.replace("-", "\u2212")


def filled(template: str, /, **values: object) -> str:
    """Return the template with `values` in its braces, as numbers are shown."""
    return _Shown().vformat(template, (), values)


HAN, LATIN = re.compile("[\u4e00-\u9fff]"), re.compile("[A-Za-z0-9\u0370-\u03ff]")


def _spaced(template: str, values: Mapping[str, object]) -> str:
    """Fill a Chinese template: a value may begin and end with Chinese or with Latin letters, Greek ones and digits, so
    the space around it, which stands between the two and nowhere else, depends on the value.
    """
    form, text = _Shown(), ""
    for literal, field, spec, conversion in form.parse(template):
        text = _side_by_side(text, literal)
        if field is not None:
            value = form.convert_field(form.get_field(field, (), values)[0], conversion)
            text = _side_by_side(text, str(form.format_field(value, spec or "")))
    return text


def _side_by_side(before: str, after: str) -> str:
    last, first = before.rstrip(" ")[-1:], after.lstrip(" ")[:1]
    if HAN.match(last) and HAN.match(first):
        return before.rstrip(" ") + after.lstrip(" ")
    if (HAN.match(last) and LATIN.match(first)) or (LATIN.match(last) and HAN.match(first)):
        return f"{before.rstrip(' ')} {after.lstrip(' ')}"
    return before + after


def plural(count: float, single: str, many: str, /, **values: object) -> str:
    """Translate `single` where `count` is 1 and `many` else, with {count} and `values` in their braces."""
    return t(single if count == 1 else many, count=count, **values)


def joined(*sentences: str) -> str:
    """Join sentences into a paragraph, as the learner's language does it; empty ones are left out."""
    return ("" if now() == "zh" else " ").join(part for part in sentences if part)


def listed(parts: Iterable[str]) -> str:
    """Join parts of a list that may hold commas themselves, as the learner's language does it."""
    return ("；" if now() == "zh" else "; ").join(parts)


def named(names: Iterable[str]) -> str:
    """Join names, as the learner's language does it."""
    return ("、" if now() == "zh" else ", ").join(names)


def capital(text: str) -> str:
    """Return the text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """Return the text of an error, Words or not, as a sentence of the learner's language, with its full stop."""
    return in_markdown(capital(t(text))) + ("。" if now() == "zh" else ".")


def error_text(error: object) -> str:
    """Return the text of an error in the learner's language, as Markdown that shows it literally: it may hold what a
    link or a file says.
    """
    return in_markdown(t(str(error)))
