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
    lights={
        "x_t": "picture",
        "y_{t-1}": "label",
        r"\hat y_t": "answer",
        "w^{lu}": "least",
        "w^w": "write",
        "w^r": "read",
        "g": "gate",
        "M": "memory",
        "k_t": "key",
        "[k_{t-1}, v_t]": "content",
        r"\beta": "strength",
    },
    presets={"wiped": {"wipe": 25}, "kept": {"labels": "kept"}},
    labs=("mann-write",),
)
