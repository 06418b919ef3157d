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
    lights={
        r"\theta": "theta",
        r"\phi_i": "phi",
        r"\phi_i - \theta": "share",
        r"\epsilon": "outer-reptile",
        r"\sum": "outer-reptile",
        "N": "task",
        r"\alpha": "path",
        r"\nabla L_i(\theta)": "path",
    },
    symbols=("epsilon", "train_rate", "inner", "tasks", "theta1", "theta2"),
    presets={"two": {"epsilon": 2.0}},
    labs=("reptile-update", "own-method"),
)
