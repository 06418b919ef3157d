"""First-order MAML: what the Hessian term does, and when an algorithm may leave it out."""

from lessons.engine.course import Goal, Lesson

LESSON = Lesson(
    page="first-order",
    minutes=10,
    goals={
        "differ": Goal(
            ("degrees", "steps", "rate", "outside"), lambda facts: facts["degrees"] > 45 and not facts["outside"]
        )
    },
    lights={
        r"\theta": "theta",
        r"\phi": "phi",
        r"\alpha": "path",
        r"\nabla_\theta L_i(\phi_i)": "outer-maml",
        r"\nabla L_i(\phi_i)": "outer-fomaml",
        r"\nabla^2 L_i(\theta)": "loss",
    },
    symbols=("rate", "steps", "theta1", "theta2"),
    presets={
        "gentle": {"plane_rate": 0.01, "plane_steps": 1},
        "steep": {"plane_rate": 0.6, "plane_steps": 3},
    },
    labs=("first-order",),
)
