"""Matching networks: attention over the support."""

from lessons.engine.course import Goal, Lesson

LOW = 0.1  # the temperature that the network was trained with

LESSON = Lesson(
    page="matching",
    minutes=12,
    goals={
        "unsure": Goal(
            ("share", "right", "temperature", "shipped"),
            lambda facts: (
                facts["shipped"] > 0 and facts["right"] > 0 and facts["share"] < 0.5 and facts["temperature"] <= LOW
            ),
        ),
        "flip": Goal(("right", "temperature", "other"), lambda facts: not facts["right"] and facts["other"] > 0),
    },
    symbols=("who", "distance", "temperature", "way", "shots"),
    lights={
        r"\hat x": "query",
        "x_i": "support",
        "x_j": "support",
        "y_i": "label",
        "a": "attention",
        "f": "embedding",
        "c": "likeness",
        "T": "temperature",
        r"\hat y": "answer",
        r"\sum_{i}": "answer",
    },
    presets={
        "twenty": {"n": 20, "k": 1},
        "five": {"n": 20, "k": 5},
        "warm": {"t": 1.0},
    },
    labs=("matching-attention", "class-means"),
)
