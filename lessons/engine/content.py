"""Lesson texts: one folder a lesson, one Markdown file a language, one `## name` a section."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lessons.engine.language import DEFAULT, now

FOLDER = Path(__file__).parents[1]


class LessonError(LookupError):
    """A lesson is broken: what is wrong, with file and line."""


@dataclass(frozen=True)
class Section:
    """One section of a text: its Markdown, and the place it stands at."""

    text: str
    path: Path
    line: int  # of its heading, from 1

    def broken(self, why: str, below: int = 0) -> LessonError:
        """The error that something is wrong `below` lines under the heading."""
        return LessonError(f"{self.path.relative_to(FOLDER.parent)}:{self.line + below}: {why}")


@cache
def sections(lesson: str, language: str = "en") -> dict[str, Section]:
    """The sections of a lesson's text by name. Raises LessonError where the file is missing or damaged."""
    path = FOLDER / lesson / f"{language}.md"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise LessonError(f"lessons/{lesson}/{language}.md:1: the lesson has no text in this language") from None
    except (OSError, UnicodeDecodeError) as error:
        raise LessonError(f"lessons/{lesson}/{language}.md:1: the file cannot be read ({error})") from None
    starts = [i for i, line in enumerate(lines) if line.startswith("## ")]
    found: dict[str, Section] = {}
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        name = lines[start].removeprefix("## ").strip()
        section = Section("\n".join(lines[start + 1 : end]).rstrip(), path, start + 1)
        if name in found:
            raise section.broken(f"the section '## {name}' stands here a second time")
        found[name] = section
    return found


def find(lesson: str, name: str, language: str = "") -> Section:
    """One section, in the language that is asked for where none is named, in English where there is no other text.

    Raises LessonError naming the file where it is missing.
    """
    if not language:
        asked = now()
        language = asked if (FOLDER / lesson / f"{asked}.md").exists() else DEFAULT
    found = sections(lesson, language)
    if name not in found:
        raise LessonError(f"lessons/{lesson}/{language}.md:1: there is no section '## {name}'")
    return found[name]


def section(lesson: str, name: str, language: str = "") -> str:
    """One section's Markdown. Raises LessonError naming the file where it is missing."""
    return find(lesson, name, language).text.strip()
