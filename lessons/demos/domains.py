"""Trained here, tested there: what was measured of all methods on drawings unlike those of their training."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lessons.demos.shipped import measurements

RECORDED = Path(__file__).parents[1] / "recorded" / "domains.json"
WAY, SHOTS = 5, (1, 2, 5, 10)
HOME = "omniglot"  # where all of them were trained
DOMAINS = {  # the pictures, and what is done to them
    HOME: ("omniglot", "none"),
    "turned": ("omniglot", "turned"),
    "thick": ("omniglot", "thick"),
    "glyphs": ("glyphs", "none"),
}
NAMES = {
    HOME: "new characters of Omniglot",
    "turned": "the same, turned by 30°",
    "thick": "the same, with a thicker pen",
    "glyphs": "generated characters",
}
ADAPT, COMPARE = ("maml", "fomaml", "reptile", "anil"), ("siamese", "matching", "prototypes")


@dataclass(frozen=True)
class Row:
    """A method's mean accuracy on tasks of a domain with so many drawings of each class, and half of its interval."""

    domain: str
    method: str
    shots: int
    score: float
    half: float
    tasks: int


@cache
def measured() -> list[Row]:
    """Return what was measured; empty if it is not recorded."""
    return [Row(**row) for row in measurements(RECORDED).get("rows", [])]


def scores(rows: list[Row], domain: str, shots: int) -> dict[str, Row]:
    """Return the rows of a domain and a number of drawings, by method."""
    return {row.method: row for row in rows if (row.domain, row.shots) == (domain, shots)}
