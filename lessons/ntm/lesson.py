"""Neural Turing Machines: a tape, and a controller that has learned to use it."""

from lessons.engine.course import Goal, Lesson

LESSON = Lesson(
    page="ntm",
    minutes=20,
    goals={
        "fail": Goal(
            ("wrong", "whole", "walks"),
            lambda facts: facts["walks"] > 0 and facts["wrong"] >= 0.25 and facts["whole"] < 0.05,
        ),
        "jump": Goal(("step", "row", "content"), lambda facts: facts["content"] > 0),
        "reach": Goal(("share", "kept"), lambda facts: facts["share"] > 0.9 >= facts["kept"]),
        "walk": Goal(("share", "gate", "steps"), lambda facts: facts["share"] > 0.9 and facts["gate"] == 0),
    },
    symbols=("step", "beta", "g", "s", "gamma"),
    lights={
        "k": "control",
        r"\beta": "beta",
        "M": "memory",
        "w^c": "content",
        "w^g": "gated",
        "g": "g",
        "w_{t-1}": "before",
        "s": "s",
        r"\tilde w": "shifted",
        r"\gamma": "gamma",
        "w": "sharpened weights",
        "r": "read",
        "e": "erase",
        "a": "add",
    },
    presets={
        "long": {"length_copy": 60},
        "walk": {"parts": "shift alone"},
        "seek": {"parts": "content alone"},
    },
    labs=("ntm-address", "ntm-write"),
)
