"""Memory-augmented networks: they see a label once and look it up from then on."""

from lessons.engine.course import Goal, Lesson

LESSON = Lesson(
    page="mann",
    minutes=12,
    goals={"forget": Goal(("lost", "after"), lambda facts: facts["lost"] >= 1)},
    presets={"wiped": {"wipe": 25}, "kept": {"labels": "kept"}},
)
