"""Characters: episodes, support and queries, chance."""

from lessons.engine.course import Goal, Lesson

NAMES = 10  # queries to name, so that luck alone does not reach the goal
TIMES = 4  # as many right as guessing has on average

LESSON = Lesson(
    page="characters",
    minutes=12,
    goals={
        "name": Goal(
            ("way", "named", "you", "chance"),
            lambda facts: facts["named"] >= NAMES and facts["you"] >= TIMES * facts["chance"],
        ),
        "confuse": Goal(("wrong", "queries"), lambda facts: facts["wrong"] >= 2),
    },
)
