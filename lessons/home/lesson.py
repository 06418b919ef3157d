"""Why learn to learn: what one step from a learned initialization is worth."""

from lessons.engine.course import Goal, Lesson

LESSON = Lesson(
    page="",
    minutes=5,
    goals={
        "steps": Goal(
            ("steps", "best", "before", "learned"),
            lambda facts: facts["best"] < facts["learned"] <= facts["before"],
        )
    },
)
