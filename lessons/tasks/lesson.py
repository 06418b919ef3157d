"""Task, meta-task, meta-knowledge."""

from lessons.engine.course import Goal, Lesson

LESSON = Lesson(
    page="tasks",
    minutes=10,
    goals={"narrow": Goal(("share",), lambda facts: facts["share"] < 0.2)},
)
