"""Few-shot MAML: one step on one drawing of each class."""

from lessons.engine.course import Goal, Lesson

NAMES = 10  # queries to name, so that luck alone does not reach the goal

LESSON = Lesson(
    page="fewshot-maml",
    minutes=15,
    goals={
        "name": Goal(
            ("named", "you", "network"), lambda facts: facts["named"] >= NAMES and facts["you"] >= facts["network"]
        ),
        "worth": Goal(
            ("steps", "pretrained", "before", "first"),
            lambda facts: facts["steps"] > 1 and facts["pretrained"] >= facts["first"] > facts["before"],
        ),
    },
    lights={
        r"\theta": "theta",
        r"\phi_i": "phi",
        r"\alpha": "step",
        "N": "episode",
        r"\nabla_{\theta} L_i^{\text{support}}": "step",
        r"L_i^{\text{support}}": "support",
        r"L_i^{\text{query}}": "query loss",
        "L": "loss",
    },
)
