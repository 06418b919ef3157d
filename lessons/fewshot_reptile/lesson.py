"""Few-shot Reptile: train on each episode, move towards all."""

from lessons.engine.course import Goal, Lesson

NAMES = 10  # queries to name, so that luck alone does not reach the goal

LESSON = Lesson(
    page="fewshot-reptile",
    minutes=15,
    goals={
        "name": Goal(
            ("named", "you", "network"), lambda facts: facts["named"] >= NAMES and facts["you"] >= facts["network"]
        ),
        "behind": Goal(
            ("steps", "pretrained", "learned", "lead"),
            lambda facts: facts["lead"] > 0 and facts["pretrained"] > facts["learned"],
        ),
    },
    lights={
        r"\phi_i": "phi",
        r"\phi_i - \theta": "step",
        r"\theta": "theta",
        "N": "episode",
    },
)
