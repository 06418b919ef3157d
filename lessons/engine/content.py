"""Lesson texts: each lesson has a folder, each language a Markdown file, each section a heading `## name`."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from lessons.engine.language import DEFAULT, now
from lessons.engine.links import resolved

FOLDER = Path(__file__).parents[1]


class LessonError(LookupError):
    """A lesson is broken; the message says what is wrong, with file and line."""


@dataclass(frozen=True)
class Section:
    """One section of a text: its Markdown and its location."""

    text: str
    path: Path
    line: int  # of its heading, from 1

    def broken(self, why: str, below: int = 0) -> LessonError:
        """Return the error for a fault that is `below` lines under the heading."""
        return LessonError(f"{self.path.relative_to(FOLDER.parent)}:{self.line + below}: {why}")


@cache
def sections(lesson: str, language: str = "en") -> dict[str, Section]:
    """Return the sections of a lesson's text by name. Raises LessonError if the file is missing or damaged."""
    path = FOLDER / lesson / f"{language}.md"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise LessonError(f"lessons/{lesson}/{language}.md:1: the lesson has no text in this language") from None
    except (OSError, UnicodeDecodeError) as error:
        raise LessonError(f"lessons/{lesson}/{language}.md:1: the file cannot be read ({error})") from None
    starts = [i for i, line in enumerate(lines) if line.startswith("## ")]
    by_name: dict[str, Section] = {}
    for start, end in zip(starts, [*starts, len(lines)][1:], strict=True):
        name = lines[start].removeprefix("## ").strip()
        section = Section("\n".join(lines[start + 1 : end]).rstrip(), path, start + 1)
        if name in by_name:
            raise section.broken(f"the section '## {name}' stands here a second time")
        by_name[name] = section
    return by_name


def find(lesson: str, name: str, language: str = "") -> Section:
    """Return a section in `language`, or else in the learner's language, or in English if that has no text.

    Its links lead to pages in the learner's language. Raises LessonError, which names the file, if the section is
    missing.
    """
    learner = language or now()
    if not language:
        language = learner if (FOLDER / lesson / f"{learner}.md").exists() else DEFAULT
    by_name = sections(lesson, language)
    if name not in by_name:
        raise LessonError(f"lessons/{lesson}/{language}.md:1: there is no section '## {name}'")
    return replace(by_name[name], text=resolved(by_name[name].text, learner))


def section(lesson: str, name: str, language: str = "") -> str:
    """Return a section's Markdown. Raises LessonError, which names the file, if the section is missing."""
    return find(lesson, name, language).text.strip()
