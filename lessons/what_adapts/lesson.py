"""What really adapts: layers that are held, a rate for each number, and a pull back to the start."""

from lessons.engine.course import Goal, Lesson

LESSON = Lesson(
    page="what-adapts",
    minutes=15,
    lights={r"\theta": "start", r"\varphi": "adapted", "L": "support", r"L_{\text{query}}": "query"},
    goals={
        "one": Goal(
            ("movable", "moving", "own", "all", "best"),  # best: of all layers, after as many steps or fewer
            lambda facts: (
                facts["movable"] == 3 and facts["moving"] == 1 and facts["own"] <= facts["all"] <= 1.5 * facts["best"]
            ),
        ),
        "rope": Goal(
            ("pull", "usual", "own"),
            lambda facts: facts["pull"] > 0 and facts["own"] >= 2 * facts["usual"],
        ),
    },
)
