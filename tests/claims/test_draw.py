"""What the page of one's own drawings gives as the reason of an answer."""

import numpy as np

from core.events import MethodAnswer
from lessons.demos import draw
from lessons.demos.fewshot import LETTERS
from tests.claims.registry import STATES, Claims

claims = Claims()


def by_class(state: MethodAnswer) -> list[float]:
    """What each class has of the first query's attention: all of its drawings together, or its most alike one."""
    way = state.probabilities.shape[1]
    drawings = [[float(a) for a in state.attention[0][k::way]] for k in range(way)]
    return [max(parts) if state.name == "siamese" else sum(parts) for parts in drawings]


def best(state: MethodAnswer) -> int:
    return int(state.probabilities[0].argmax())


@claims.says(
    "it takes a drawing of {letter} for the same character with {share:.0%}",
    "{share:.0%} of its read was written when a label {letter} came",
    "{share:.0%} of its attention is on {letter}",
)
def _(state, said):
    return said["letter"] == LETTERS[best(state)] and abs(said["share"] - by_class(state)[best(state)]) < 1e-6


@claims.says(", although {other} has {more:.0%}")
def _(state, said):
    other = by_class(state)[LETTERS.index(said["other"])]
    return abs(said["more"] - other) < 1e-6 and other > by_class(state)[best(state)]


@claims.says("before its steps {letter} had {before:.0%}, after them {after:.0%}")
def _(state, said):
    k = LETTERS.index(said["letter"])
    return (said["before"], said["after"]) == (state.before[0, k], state.probabilities[0].max())


claims.names("its mean is the nearest", "nearest pixel by pixel")


def test_the_reason_names_the_class_of_the_answer_and_whoever_has_more():
    random = np.random.default_rng(0)
    for i in range(3 * STATES):
        way, shots = int(random.integers(2, 6)), int(random.integers(1, 6))
        name = ("siamese", "mann", "matching", "maml", "prototypes")[i % 5]
        looks, adapts = name in ("siamese", "mann", "matching"), name == "maml"
        attention = random.dirichlet(np.full(way * shots, 0.3)) if name != "siamese" else random.random(way * shots)
        state = MethodAnswer(
            name, random.dirichlet(np.ones(way))[None], random.random((1, way if adapts else 0)),
            attention[None] if looks else np.zeros((1, 0)), 1.0,
        )  # fmt: skip
        claims.audit(lambda state=state: draw.reason(state, 0), state)
    assert claims.heard == claims.checks.keys() - {"nearest pixel by pixel"}
