"""How the learning curve of a run is measured, and whether two curves may be compared point by point."""

from collections.abc import Iterator
from typing import Any

from core.training.config import TrainingConfig
from lessons.engine.language import capital, listed, t

METRIC = {"data": "characters", "split": "split of the characters", "test_way": "classes", "test_shots": "shots"}
OTHERS = {
    "data": "characters",
    "split": "split of the characters",
    "way": "classes",
    "shots": "support points of a class or curve",
    "transductive": "queries normalized together",
    "kind": "task",
    "bits": "bits of a vector",
    "longest": "length of the sequences",
    "repeats": "most repeats",
    "instances": "pictures of a class",
    "points": "points of a curve",
    "noise": "noise",
    "shuffle": "shuffled labels",
}
ADAPTING = {"inner_rate": "inner rate", "inner_steps": "inner steps", "inner_optimizer": "inner optimizer"}


def unlike(first: TrainingConfig, second: TrainingConfig) -> list[tuple[str, Any, Any]]:
    """Return what differs in the tasks that two curves are measured on: a label and both values."""
    return list(_differing(first, second, METRIC if "test_way" in first.flat() else OTHERS))


def adapts_unlike(first: TrainingConfig, second: TrainingConfig) -> list[tuple[str, Any, Any]]:
    """Return what differs in how two runs adapt before they are measured: a label and both values."""
    return list(_differing(first, second, ADAPTING))


def _differing(first: TrainingConfig, second: TrainingConfig, labels: dict[str, str]) -> Iterator[tuple[str, Any, Any]]:
    ours, theirs = first.flat(), second.flat()
    for name, label in labels.items():
        if name in ours and name in theirs and ours[name] != theirs[name]:
            yield label, ours[name], theirs[name]


def about_overlay(label: str, other: TrainingConfig, own: TrainingConfig) -> list[str]:
    """Say how the curve `label` of a run `other` is measured differently from one's own, a sentence each."""
    sentences = []
    if differences := unlike(other, own):
        return [
            t(
                "{label} is not drawn: it is measured on other tasks ({differences}).",
                label=capital(label), differences=_in_words(differences),
            )
        ]  # fmt: skip
    if differences := adapts_unlike(other, own):
        sentences.append(
            t(
                "{label} adapts in another way before it is measured ({differences}).",
                label=capital(label), differences=_in_words(differences),
            )
        )  # fmt: skip
    if other.report_every != own.report_every:
        sentences.append(
            t(
                "Updates between two measurements: {label} {every}, yours {own}. Between dots, a line is a guess.",
                label=label, every=other.report_every, own=own.report_every,
            )
        )  # fmt: skip
    return sentences


def _in_words(differences: list[tuple[str, Any, Any]]) -> str:
    return listed(
        t("{what}: {other}, yours {own}", what=t(label), other=_plain(other), own=_plain(own))
        for label, other, own in differences
    )


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else t(str(value))
