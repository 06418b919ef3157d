"""Notices of the stages of the metric methods, and what happens there to what was predicted."""

from collections.abc import Sequence

import numpy as np

from core.events import Compared
from lessons.demos.fewshot import LETTERS
from lessons.demos.metric import Pair
from lessons.demos.metric_stage import shares
from lessons.engine.language import t
from lessons.notices.metric import about_query


def about_sum(pulls: np.ndarray, bias: float) -> str:
    """Say how the bias and the sum of what each difference adds, `pulls` [f], make the probability of a pair."""
    added = round(float(pulls.sum()), 2)
    score = float(pulls.sum()) + bias
    values = {"bias": round(bias, 2) + 0.0, "score": round(score, 2) + 0.0, "p": 1 / (1 + np.exp(-score))}
    if added < 0:
        return t(
            "The score begins at the bias, {bias:.2f}. The differences take {taken:.2f} off it, which leaves "
            "{score:.2f}: a probability of {p:.1%} for “same”.",
            taken=-added, **values,
        )  # fmt: skip
    return t(
        "The score begins at the bias, {bias:.2f}. The differences add {added:.2f}, which makes {score:.2f}: a "
        "probability of {p:.1%} for “same”.",
        added=added + 0.0, **values,
    )  # fmt: skip


def about_links(compared: Compared, query: int) -> str:
    """Say which class a query attends to most, and what to try."""
    return about_query(compared, query) + t("Next: move the temperature, and choose another query.")


def about_twenty(pairs: Sequence[Pair]) -> str:
    """Say which of a query's pairs with all candidates has the highest probability, and so which one is named."""
    p = np.array([pair.probability for pair in pairs])
    first, second = np.argsort(-p, kind="stable")[:2]
    truth = next(i for i, pair in enumerate(pairs) if pair.same)
    text = t(
        "**Notice** One drawing is compared with all {count} candidates, {count} times the same question. The "
        "highest probability is that of candidate {first}, {p:.1%}; next comes candidate {second}, {q:.1%}. ",
        count=len(pairs), first=first + 1, p=p[first], second=second + 1, q=p[second],
    )  # fmt: skip
    if first == truth:
        return text + t("Candidate {truth} is the right one, so the answer is right.", truth=truth + 1)
    return text + t("Candidate {truth} is the right one, so this answer is wrong.", truth=truth + 1)


def about_warming(scores: np.ndarray, query: int, way: int, low: float, high: float) -> str:
    """Say what a temperature raised from `low` to `high` changes in the answers by `scores` [queries, way], one drawing
    a class.
    """
    cold, warm = shares(scores, low), shares(scores, high)
    same = int((cold.argmax(1) == warm.argmax(1)).sum())
    best = int(cold[query].argmax())
    text = t(
        "**Notice** At T = {low:g} the chosen query gives {letter} {cold:.0%} of its attention, at T = {high:g} still "
        "the most, but {warm:.1%}; an even share is {even:.0%}. ",
        low=low, letter=LETTERS[best], cold=cold[query, best], high=high, warm=warm[query, best], even=1 / way,
    )  # fmt: skip
    return text + t(
        "Of all {all} queries {count} have the same winner at both temperatures.", count=same, all=len(scores)
    )
