"""Matching networks: attention over the support."""

from lessons.engine.course import Goal, Lesson

LESSON = Lesson(
    page="matching",
    minutes=12,
    goals={"unsure": Goal(("share", "right"), lambda facts: facts["right"] > 0 and facts["share"] < 0.5)},
    symbols=("temperature", "way", "shots"),
    presets={
        "twenty": {"n": 20, "k": 1},
        "five": {"n": 20, "k": 5},
        "warm": {"t": 1.0},
    },
)
