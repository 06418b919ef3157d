"""Task, meta-task, meta-knowledge."""

from lessons.engine.course import Goal, Lesson

LESSON = Lesson(
    page="tasks",
    minutes=10,
    goals={"narrow": Goal(("share", "tasks"), lambda facts: facts["share"] < 0.2 and facts["tasks"] >= 10)},
)
