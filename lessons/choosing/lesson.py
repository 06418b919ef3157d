"""Choosing between the methods: what each method cannot cope with."""

from lessons.engine.course import Goal, Lesson

LESSON = Lesson(
    page="choosing",
    minutes=8,
    goals={
        "one": Goal(
            ("conditions", "left", "comparing"),
            lambda facts: facts["left"] == facts["comparing"] == 2 and facts["conditions"] == 1,
        )
    },
    presets={
        "phone": {"no_steps": True, "no_store": True, "one_by_one": False, "any_way": False, "values": False},
        "shop": {"any_way": True, "no_steps": True, "no_store": False, "one_by_one": True, "values": False},
    },
)
