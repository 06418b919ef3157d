"""What a file from outside may hold: one table of types and bounds, by which every reader of such a file parses it.

Whoever gets such a value knows its type and its size. Nothing else of a file reaches a page, a worker, the store or
a generated program.
"""

import json
from dataclasses import MISSING, fields
from typing import Annotated, Any, TypeVar

import msgspec
import numpy as np
from msgspec import Meta

from core.events.evaluations import Scored
from core.options import LONGEST_TEXT
from core.registry import method_of
from core.training.config import TrainingConfig
from core.words import Words

MOST_UPDATES = 10_000_000  # of a run, as `TrainingConfig.iterations` allows
LARGEST = 500_000  # characters of the JSON in a file; read before anything in it is checked
MOST_SCORES = 1000  # numbers in a list of an evaluation

Name = Annotated[str, Meta(max_length=40)]
Line = Annotated[str, Meta(max_length=4000)]
Count = Annotated[int, Meta(ge=0, le=MOST_UPDATES)]
Setting = bool | int | float | Annotated[str, Meta(max_length=LONGEST_TEXT)]
Settings = Annotated[dict[Name, Setting], Meta(max_length=100)]
Scores = Annotated[list[float], Meta(min_length=1, max_length=MOST_SCORES)]
Counts = Annotated[list[Count], Meta(min_length=1, max_length=MOST_SCORES)]
Rows = Annotated[list[Scores], Meta(min_length=1, max_length=100)]
FIELDS: dict[Any, Any] = {
    int: Count, float: float, str: Name, bool: bool, list[int]: Counts, np.ndarray: Scores,
    float | None: float | None, np.ndarray | None: Scores | None,  # what old evaluations did not measure
}  # fmt: skip
TABLES = {"by_repeats", "ci95_by_repeats"}  # the fields that are rows of scores
Parsed = TypeVar("Parsed")


class SchemaError(ValueError):
    """A value from outside is not of the type or the size that it must have."""


class About(msgspec.Struct, frozen=True):
    """Where a run comes from: its command, versions by package, the machine's architecture."""

    command: Line = ""
    versions: Annotated[dict[Name, Name], Meta(max_length=20)] = {}
    machine: Name = ""


class Header(msgspec.Struct, frozen=True):
    """The header of a checkpoint."""

    format: int
    algorithm: Name
    task: Name
    config: Settings
    iteration: Count
    evaluation: dict[str, Any] | None = None
    about: About = About()


class SettingsFile(msgspec.Struct, frozen=True):
    """The settings of a run, as a page saves them."""

    algorithm: Name
    task: Name
    config: Settings


def parse(text: str | bytes, kind: type[Parsed]) -> Parsed:
    """Return JSON as a value of `kind`. Raises SchemaError."""
    if len(text) > LARGEST:
        raise SchemaError(Words("{count} characters: at most {most} are read", count=len(text), most=LARGEST))
    try:
        return msgspec.convert(json.loads(text), kind)  # json reads NaN and Infinity, which our files hold
    except (ValueError, RecursionError) as error:  # msgspec's and json's errors are ValueErrors
        raise SchemaError(str(error)) from None


def evaluation_of(config: TrainingConfig, values: dict[str, Any]) -> Scored:
    """Return the values of an evaluation as the event that a run with `config` ends with. Raises SchemaError."""
    kind = method_of(config).evaluations[type(config.task)]
    try:
        parsed = msgspec.to_builtins(msgspec.convert(values, _struct(kind)))
        parsed = {name: value for name, value in parsed.items() if value is not None}
    except ValueError as error:
        raise SchemaError(str(error)) from None
    lists = {name: value for name, value in parsed.items() if isinstance(value, list)}
    rows = [row for name in TABLES & lists.keys() for row in lists[name]]
    if len({len(value) for value in lists.values()}) > 1 or len({len(row) for row in rows}) > 1:
        raise SchemaError(Words("the lists of the evaluation are not of one length"))
    kinds = (np.ndarray, np.ndarray | None)
    arrays = {f.name: np.array(lists[f.name]) for f in fields(kind) if f.type in kinds and f.name in lists}
    return kind(**(parsed | arrays))


def _struct(kind: type[Scored]) -> type[msgspec.Struct]:
    """Return the types and bounds of an evaluation's fields."""
    own = FIELDS | {np.ndarray: Annotated[list[float], Meta(min_length=kind.LEAST, max_length=MOST_SCORES)]}
    types = {field.name: Rows | None if field.name in TABLES else own[field.type] for field in fields(kind)}
    required = [(field.name, types[field.name]) for field in fields(kind) if field.default is MISSING]
    optional = [(field.name, types[field.name], None) for field in fields(kind) if field.default is None]
    return msgspec.defstruct(kind.__name__, [*required, *optional])
