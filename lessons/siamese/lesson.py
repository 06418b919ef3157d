"""Siamese networks: from pairs to one-shot."""

from lessons.engine.course import Goal, Lesson

LESSON = Lesson(
    page="siamese",
    minutes=12,
    goals={
        "threshold": Goal(
            ("threshold", "hits", "alarms"), lambda facts: facts["hits"] >= 0.95 and facts["alarms"] <= 0.05
        )
    },
)
