"""Siamese networks: from pairs to one-shot."""

from lessons.engine.course import Facts, Goal, Lesson

MOST, APART = 0.05, 0.005  # the most of either error, and the most that they may differ


def _balanced(facts: Facts) -> bool:
    return max(facts["missed"], facts["alarms"]) <= MOST and abs(facts["missed"] - facts["alarms"]) <= APART


LESSON = Lesson(
    page="siamese",
    minutes=12,
    goals={"threshold": Goal(("threshold", "missed", "alarms"), _balanced)},
    lights={
        "x_1": "x1",
        "x_2": "x2",
        "f": "f",
        r"\lvert": "difference",
        r"\alpha_j": "weight",
        "b": "bias",
        r"\sum": "sum",
        r"\sigma": "score probability",
        "p": "probability",
    },
    labs=("siamese-pair",),
)
