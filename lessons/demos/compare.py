"""The page that compares all methods: their names, earlier measurements, and what to notice."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from core.events import MethodScore
from core.storage.checkpoints import PRETRAINED
from lessons.demos.shipped import measurements
from lessons.engine.language import t

LABELS = {
    "maml": "MAML",
    "fomaml": "first-order MAML",
    "reptile": "Reptile",
    "siamese": "Siamese network",
    "matching": "Matching network",
    "prototypes": "prototypes",
    "mann": "MANN",
    "pretrain": "pretrained, fine-tuned",
    "joint": "jointly pretrained, fine-tuned",
    "pixels": "nearest in pixels",
}


def label(name: str) -> str:
    """Return the name of a contender as a learner reads it; that of a method without a label here is its own."""
    return t(LABELS.get(name, name))


@cache
def _file(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = measurements(PRETRAINED / name).get("rows", [])
    return rows


def ours() -> list[dict[str, Any]]:
    """Return what `python -m core report` measured; empty if it has not been run."""
    return _file("report.json")


def published() -> list[dict[str, Any]]:
    """Return the papers' results, with their sources."""
    return _file("published.json")


def setting(way: int, shots: int) -> str:
    """Return a setting's name in the tables."""
    return f"{way}-way {shots}-shot"


def measured(way: int, shots: int) -> dict[str, tuple[float, float]]:
    """Return the score and half interval of each method that was measured in a setting."""
    return {row["method"]: (row["score"], row["half"]) for row in ours() if row["setting"] == setting(way, shots)}


def table() -> list[tuple[str, str, float | None, str, str, float | None, str]]:
    """Return rows of method, setting, published score, its source, its budget, our score, our budget."""
    our_rows = {(row["method"], row["setting"]): row for row in ours()}
    rows = []
    for row in published():
        our_row = our_rows.get((row["method"], row["setting"]), {})
        budget = our_row.get("budget")
        our_budget = t("{updates} updates of {tasks} tasks, a laptop", **budget) if budget else ""
        rows.append((label(row["method"]), t(row["setting"]), row["score"], row["source"], t(row["budget"]),
                     our_row.get("score"), our_budget))  # fmt: skip
    return rows


def about_contest(scores: Mapping[str, MethodScore], kind: str) -> str:
    """Say who is ahead, whether the intervals separate the first two, and what a task costs the extremes."""
    if len(scores) < 2:
        return ""
    pictures = kind == "pictures"
    order = sorted(scores.values(), key=lambda method: -method.score if pictures else method.score)
    first, second = order[0], order[1]
    names = label(first.name), label(second.name)
    shown = (lambda method: f"{method.score:.1%}") if pictures else (lambda method: f"{method.score:.3f}")
    apart = abs(first.score - second.score) > first.half + second.half
    text = t("**Notice** After {tasks} tasks {first} is ahead ({score}), then {second} ({other}); ",
             tasks=first.tasks, first=names[0], score=shown(first), second=names[1], other=shown(second))  # fmt: skip
    text += t("their intervals do not touch. ") if apart else t("their intervals overlap: this order may change. ")
    quick = min((method for method in scores.values() if method.passes), key=lambda method: method.milliseconds)
    slow = max(scores.values(), key=lambda method: method.milliseconds)
    text += t(
        "A task takes {quick} {fast:.1f} ms and {slow} {long:.1f} ms; {slow} leaves {memory:,} numbers behind for it, "
        "{quick} {little:,}. ",
        quick=label(quick.name), fast=quick.milliseconds, slow=label(slow.name), long=slow.milliseconds,
        memory=slow.memory, little=quick.memory,
    )  # fmt: skip
    return text + t("Next: more classes, or more drawings. Who gains most?")
