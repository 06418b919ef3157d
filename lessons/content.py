"""Lesson texts: one folder a lesson, one Markdown file a language, one `## name` a section."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


class LessonError(LookupError):
    """A lesson lacks a text that a page asks for."""


@cache
def sections(lesson: str, language: str = "en") -> dict[str, str]:
    """The sections of a lesson's text by name. Raises LessonError where the file is missing."""
    path = FOLDER / lesson / f"{language}.md"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LessonError(f"the lesson {lesson} has no text in {language}: {path}") from None
    parts = text.split("\n## ")[1:] if not text.startswith("## ") else text.removeprefix("## ").split("\n## ")
    return {name.strip(): body.strip() for name, _, body in (part.partition("\n") for part in parts)}


def section(lesson: str, name: str, language: str = "en") -> str:
    """One section's Markdown. Raises LessonError naming the file where it is missing."""
    found = sections(lesson, language)
    if name not in found:
        raise LessonError(f"lessons/{lesson}/{language}.md has no section '## {name}'")
    return found[name]
