"""MAML: one initialization, judged by the loss after a step from it."""

from lessons.engine.course import Goal, Lesson

LESSON = Lesson(
    page="maml",
    minutes=15,
    goals={
        "worse": Goal(
            ("rate", "before", "after", "other_before", "other_after"),
            lambda facts: facts["after"] > facts["before"] and facts["other_after"] < facts["other_before"],
        )
    },
    symbols=("rate", "train_rate", "steps", "tasks", "theta1", "theta2"),
    lights={
        r"\theta": "theta",
        r"\phi_i": "phi",
        r"\alpha": "path",
        r"\nabla_{\theta} L_i^{\text{support}}": "path",
        r"\nabla_\theta L_i(\phi_i)": "share",
        "L_i": "loss",
        "N": "task",
        r"\sum": "share outer",
        r"\min": "outer walk",
    },
    presets={
        "far": {"amplitude": 6.0, "phase": 5.0},
        "three": {"k": 3},
        "hot": {"rate": 0.1},
    },
    labs=("inner-step", "meta-gradient"),
)
