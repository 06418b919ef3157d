"""Reptile: the initialization moves towards the weights that training on each task ends at."""

from lessons.engine.course import Goal, Lesson

LESSON = Lesson(
    page="reptile",
    minutes=12,
    goals={
        "align": Goal(
            ("degrees", "steps", "rate", "outside"), lambda facts: facts["degrees"] < 5 and facts["steps"] >= 3
        )
    },
    symbols=("epsilon", "train_rate", "inner", "tasks", "theta1", "theta2"),
    presets={"two": {"epsilon": 2.0}},
    labs=("reptile-update",),
)
