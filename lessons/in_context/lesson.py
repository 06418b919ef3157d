"""Learning in context: a network that reads points and answers, without a step."""

import math

from lessons.engine.course import Goal, Lesson


def _outside(facts: dict[str, float]) -> bool:
    unlike = facts["amplitude"] > 5 or facts["phase"] > math.pi
    return unlike and facts["own"] > facts["ten"]


LESSON = Lesson(
    page="in-context",
    minutes=15,
    labs=("attention-step",),
    goals={"outside": Goal(("amplitude", "phase", "own", "ten"), lambda facts: _outside(dict(facts)))},
    presets={
        "two": {"seen": 2, "amplitude": 2.6, "phase": 2.99},
        "long": {"k": 20, "seen": 20, "amplitude": 2.6, "phase": 2.99},
    },
)
