"""What the page that compares all methods shows: names, what was measured before, and what to notice."""

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


@cache
def _file(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = measurements(PRETRAINED / name).get("rows", [])
    return rows


def ours() -> list[dict[str, Any]]:
    """What `python -m core report` measured; empty if it has not been run."""
    return _file("report.json")


def published() -> list[dict[str, Any]]:
    """The papers' figures, with their sources."""
    return _file("reading.json")


def setting(way: int, shots: int) -> str:
    """A setting as the tables name it."""
    return f"{way}-way {shots}-shot"


def measured(way: int, shots: int) -> dict[str, tuple[float, float]]:
    """Score and half interval of each method in a setting, where it was measured before."""
    return {one["method"]: (one["score"], one["half"]) for one in ours() if one["setting"] == setting(way, shots)}


def table() -> list[tuple[str, str, float | None, str, str, float | None, str]]:
    """Method, setting, published score, its source, its budget, our score, our budget."""
    mine = {(one["method"], one["setting"]): one for one in ours()}
    rows = []
    for one in published():
        own = mine.get((one["method"], one["setting"]), {})
        budget = own.get("budget")
        told = t("{updates} updates of {tasks} tasks, a laptop", **budget) if budget else ""
        rows.append((LABELS[one["method"]], t(one["setting"]), one["score"], one["source"], t(one["budget"]),
                     own.get("score"), told))  # fmt: skip
    return rows


def about_contest(found: Mapping[str, MethodScore], kind: str) -> str:
    """Who is ahead, whether the intervals tell them apart, and what the quickest answer costs."""
    if len(found) < 2:
        return ""
    better = kind == "pictures"
    order = sorted(found.values(), key=lambda one: -one.score if better else one.score)
    first, second = order[0], order[1]
    names = t(LABELS[first.name]), t(LABELS[second.name])
    said = (lambda one: f"{one.score:.1%}") if better else (lambda one: f"{one.score:.3f}")
    apart = abs(first.score - second.score) > first.half + second.half
    told = t("**Notice** After {tasks} tasks {first} is ahead ({score}), then {second} ({other}); ",
             tasks=first.tasks, first=names[0], score=said(first), second=names[1], other=said(second))  # fmt: skip
    told += t("their intervals do not touch. ") if apart else t("their intervals overlap: this order may change. ")
    quick = min((one for one in found.values() if one.passes), key=lambda one: one.milliseconds)
    slow = max(found.values(), key=lambda one: one.milliseconds)
    told += t(
        "A task takes {quick} {fast:.1f} ms and {slow} {long:.1f} ms; {slow} leaves {memory:,} numbers behind for it, "
        "{quick} {little:,}. ",
        quick=t(LABELS[quick.name]), fast=quick.milliseconds, slow=t(LABELS[slow.name]), long=slow.milliseconds,
        memory=slow.memory, little=quick.memory,
    )  # fmt: skip
    return told + t("Next: more classes, or more drawings. Who gains most?")
