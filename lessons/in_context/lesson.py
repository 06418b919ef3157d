"""Learning in context: a network that reads points and answers, without a step."""

from lessons.demos.context import outside
from lessons.engine.course import Goal, Lesson


def _outside(facts: dict[str, float]) -> bool:
    return outside(facts["amplitude"], facts["phase"]) and facts["own"] > facts["ten"]


LESSON = Lesson(
    page="in-context",
    minutes=15,
    labs=("attention-step",),
    lights={
        "(x_j, y_j)": "token",
        "k_j": "token",
        "v_j": "token",
        "q": "query",
        "a_j": "attention",
        r"\hat y": "answer",
    },
    goals={"outside": Goal(("amplitude", "phase", "own", "ten"), lambda facts: _outside(dict(facts)))},
    presets={
        "two": {"seen": 2, "amplitude": 2.6, "phase": 2.99},
        "long": {"seen": 20, "amplitude": 2.6, "phase": 2.99},
    },
)
