"""Memory-augmented networks: they see a label once and look it up from then on."""

from lessons.engine.course import Goal, Lesson

LESSON = Lesson(
    page="mann",
    minutes=12,
    goals={
        "forget": Goal(
            ("wrong", "before", "rows"), lambda facts: bool(facts["wrong"] and facts["before"]) and facts["rows"] == 0
        )
    },
    presets={"wiped": {"wipe": 25}, "kept": {"labels": "kept"}},
    labs=("mann-write",),
)
