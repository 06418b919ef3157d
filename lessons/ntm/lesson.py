"""Neural Turing Machines: a tape, and a controller that has learned to use it."""

from lessons.engine.course import Goal, Lesson

LESSON = Lesson(
    page="ntm",
    minutes=15,
    goals={
        "fail": Goal(("wrong", "length", "parts"), lambda facts: facts["wrong"] >= 0.25 and facts["parts"] < 1),
        "reach": Goal(("share",), lambda facts: facts["share"] > 0.9),
    },
    symbols=("step", "beta", "g", "s", "gamma"),
    presets={
        "long": {"length_copy": 60},
        "walk": {"parts": "shift alone"},
        "seek": {"parts": "content alone"},
    },
)
