"""Reading published code: faults that raise no error, shown by their effects."""

from lessons.engine.course import Goal, Lesson

LESSON = Lesson(
    page="reading",
    minutes=15,
    goals={
        "maml": Goal(("degrees",), lambda facts: facts["degrees"] < 1),
        "reptile": Goal(("degrees", "ratio"), lambda facts: facts["degrees"] < 1 and abs(facts["ratio"] - 1) < 0.01),
    },
    presets={
        "article": {
            "steps_from": "from the last step",
            "written": "written over θ",
            "trains": "θ itself",
            "takes": "their sum",
        },
        "restart": {
            "steps_from": "from θ again",
            "written": "in the graph",
            "trains": "θ itself",
            "takes": "their sum",
        },
    },
)
