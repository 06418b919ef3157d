"""The page that compares all methods: their names, earlier measurements, and what to notice."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import numpy as np

from core.demos.questions import CompareMethods
from core.events import MethodScore
from core.registry import WRITTEN
from core.storage.checkpoints import PRETRAINED, Checkpoint
from core.tasks.config import Episodes
from core.words import Words
from lessons.demos.shipped import measurements
from lessons.engine.language import plural, t

MOST_WAYS, LEVEL = 20, 1e-6
LABELS = {
    "maml": "MAML",
    "fomaml": "first-order MAML",
    "reptile": "Reptile",
    "siamese": "Siamese network",
    "matching": "Matching network",
    "prototypes": "prototypes",
    "mann": "MANN",
    "in-context": "transformer, in context",
    "cnp": "neural process",
    "anil": "ANIL",
    "meta-sgd": "Meta-SGD",
    "imaml": "iMAML",
    "pretrain": "pretrained, fine-tuned",
    "joint": "jointly pretrained, fine-tuned",
    "pixels": "nearest in pixels",
    WRITTEN.name: "your method",
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


def title_of(way: int, shots: int) -> str:
    """Return the title of what was measured in a setting: not every method has answered as many episodes."""
    counts = [row["episodes"] for row in ours() if row["setting"] == setting(way, shots)]
    if min(counts) == max(counts):
        single, several = (
            "Measured before on {count} unseen episode of Omniglot",
            "Measured before on {count} unseen episodes of Omniglot",
        )
    else:
        single = "Measured before on {fewest} to {count} unseen episode of Omniglot"
        several = "Measured before on {fewest} to {count} unseen episodes of Omniglot"
    return plural(max(counts), single, several, fewest=min(counts))


def table() -> list[tuple[str, str, float | None, str, str, str, float | None, str]]:
    """Return rows of method, setting, published score, source, what differs, its budget, our score, our budget."""
    our_rows = {(row["method"], row["setting"]): row for row in ours()}
    rows = []
    for row in published():
        our_row = our_rows.get((row["method"], row["setting"]), {})
        budget = our_row.get("budget")
        our_budget = (
            plural(
                budget["tasks"], "{updates} updates of {count} task, a laptop",
                "{updates} updates of {count} tasks, a laptop", updates=budget["updates"],
            ) if budget else ""
        )  # fmt: skip
        rows.append((label(row["method"]), t(row["setting"]), row["score"], t(row["source"]),
                     row["differs"] and t(row["differs"]), t(row["budget"]),
                     our_row.get("score"), our_budget))  # fmt: skip
    return rows


Scores = Mapping[str, MethodScore]


def level(events: Iterable[MethodScore]) -> tuple[Scores, dict[str, np.ndarray]]:
    """Return each contender's score and its scores by task, [tasks], after the tasks that all of them have answered.

    Before all of them have answered some, the scores of those that have.
    """
    by_name: dict[str, list[MethodScore]] = {}
    for event in events:
        by_name.setdefault(event.name, []).append(event)
    blocks = min((len(scores) for scores in by_name.values()), default=0)
    scores = {name: results[blocks - 1] for name, results in by_name.items()}
    return scores, {name: np.concatenate([r.latest for r in rows[:blocks]]) for name, rows in by_name.items()}


def unable(run: Checkpoint, question: CompareMethods) -> Words | None:
    """Return why a learner's run cannot take part in a contest; None if it can."""
    task, pictures = run.config.task, question.kind == "pictures"
    if isinstance(task, Episodes) != pictures:
        return Words(
            "it was trained on characters, so it cannot continue sinusoids"
            if isinstance(task, Episodes)
            else "it was trained on sinusoids, so it cannot tell characters apart"
        )
    if isinstance(task, Episodes) and question.way > task.way:
        return Words("it was trained to tell {way} classes apart, and here are more", way=task.way)
    return None


def difference(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Return the mean difference of two contenders on the same tasks, [tasks] each, and half of its 95% interval."""
    apart = first.astype(float) - second
    return float(apart.mean()), float(1.96 * apart.std(ddof=1) / len(apart) ** 0.5)


def about_contest(question: CompareMethods, scores: Scores, by_task: Mapping[str, np.ndarray]) -> str:
    """Say who is ahead, whether the paired difference is clear, and what a task costs the quickest and the slowest."""
    if len(scores) < 2:
        return ""
    pictures = question.kind == "pictures"
    order = sorted(by_task, key=lambda name: -by_task[name].mean() if pictures else by_task[name].mean())
    first, second = order[0], order[1]
    gap, half = difference(by_task[first], by_task[second])
    shown = (lambda score: f"{score:.1%}") if pictures else (lambda score: f"{score:.3f}")
    names = {"first": label(first), "second": label(second), "tasks": len(by_task[first])}
    text = (
        t("**Notice** After {tasks} tasks {first} is ahead ({score}), then {second} ({other}). ", **names,
          score=shown(scores[first].score), other=shown(scores[second].score))
        if abs(gap) > LEVEL
        else t("**Notice** After {tasks} tasks {first} and {second} are level ({score}). ", **names,
               score=shown(scores[first].score))
    )  # fmt: skip
    text += t(
        "Both answered the same tasks, so the difference on each task decides: {gap} ± {half} on average. ",
        gap=_points(abs(gap), pictures), half=_points(half, pictures),
    )  # fmt: skip
    text += (
        t("That is more than chance explains. ")
        if abs(gap) > half
        else t("That may be chance: more tasks would tell. ")
    )
    return text + _about_costs(scores) + _next(question)


def _points(value: float, pictures: bool) -> str:
    return t("{points:.1f} points", points=100 * value) if pictures else f"{value:.4f}"


def _about_costs(scores: Scores) -> str:
    """Say what a task costs the quickest and the slowest of the networks."""
    networks = [score for score in scores.values() if score.passes]
    quick, slow = (choose(networks, key=lambda score: score.milliseconds) for choose in (min, max))
    if quick is slow:
        return ""
    return t(
        "Of the networks, {quick} takes {fast:.1f} ms a task and stores {little:,} numbers of it; {slow} takes "
        "{long:.1f} ms and stores {memory:,}. ",
        quick=label(quick.name), fast=quick.milliseconds, slow=label(slow.name), long=slow.milliseconds,
        memory=slow.memory, little=quick.memory,
    )  # fmt: skip


def _next(question: CompareMethods) -> str:
    """Say what to try next."""
    if question.kind == "curves":
        return t("Next: fewer points. Who loses most?")
    if question.way < MOST_WAYS:
        return t("Next: more classes. Who loses least?")
    return t("Next: other tasks. Does the order stay?")
