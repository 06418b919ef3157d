"""Memory-augmented networks: told once, looked up ever after."""

from lessons.engine.course import Goal, Lesson

LESSON = Lesson(
    page="mann",
    minutes=12,
    goals={"forget": Goal(("lost", "after"), lambda facts: facts["lost"] >= 1)},
    presets={"wiped": {"wipe": 25}, "kept": {"labels": "kept"}},
)
