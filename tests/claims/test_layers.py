"""What the lesson on what really adapts says of layers that move or are held, on many tasks, networks and steps."""

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from core.demos.answers import LayersMoved, LayersScored
from core.dispatch import answer
from core.events import OuterStep
from lessons.demos import layers, sinusoid
from lessons.notices import layers as notices
from tests.claims.registry import STATES, Claims

MOVED, HELD, RATES, STEPS, CURVE, CHARACTERS = (Claims() for _ in range(6))
NAMES = ("first layer", "second layer", "last layer")
BLOCKS = ("block 1", "block 2", "block 3", "block 4", "last layer")
STEPS_IN_WORDS = ("{count} inner step", "{count} inner steps", "1 inner step", "no inner step")
for claims in (MOVED, STEPS, CURVE):
    claims.names(*STEPS_IN_WORDS)
MOVED.names(*NAMES)
CURVE.names("{count} outer update", "{count} outer updates")
for claims in (HELD, CHARACTERS):
    claims.names(
        *NAMES, *BLOCKS[:4], "only {layer}", "only the {layer}", "{method} {last:.1%} (no layer held: {all:.1%})"
    )


@dataclass(frozen=True)
class State:
    """A network, what moves of it, its steps on some points, and what the same steps of all layers do."""

    name: str
    which: str
    step: int
    task: sinusoid.Task
    points: list = field(repr=False)
    now: LayersMoved = field(repr=False)
    free: LayersMoved = field(repr=False)

    @property
    def errors(self) -> tuple[float, float, float]:
        """Before the steps, after them, and after them with all layers, from the curves."""
        truth = self.task(self.now.grid)
        curves = self.now.curves[0], self.now.curves[self.step], self.free.curves[self.step]
        before, after, everything = (float(np.square(curve - truth).mean()) for curve in curves)
        return before, after, everything

    @property
    def gain(self) -> float:
        before, after, everything = self.errors
        return (before - after) / (before - everything)

    @property
    def shares(self) -> np.ndarray:
        return self.now.distances[self.step] / self.now.lengths


def states() -> list[State]:
    source, made = np.random.default_rng(5), []
    for number in range(3 * STATES):
        task = sinusoid.Task(round(float(source.uniform(0.1, 5)), 2), round(float(source.uniform(0, np.pi)), 2))
        points = sinusoid.support_of(number, task, int(source.choice([3, 10, 20])), float(number % 11 == 0))
        name, which = str(source.choice(list(layers.NAMES))), str(source.choice(list(layers.MOVES)))
        changes = {"pull": float(source.uniform(0.5, 100))} if name == "imaml" else {}
        step = int(source.choice([0, 1, 2, 5, 24]))
        (now,) = answer(layers.request(name, task, points, layers.MOVES[which], 24, changes))
        (free,) = answer(layers.request(name, task, points, layers.MOVES["all"], 24, changes))
        made.append(State(name, which, step, task, points, now, free))
    return made


MOVED.says(
    "**Notice** No step yet: no layer has moved, and the mean squared error to the true function is {before:.3g}."
)(lambda state, said: not state.now.distances[state.step].any() and np.isclose(said["before"], state.errors[0]))
MOVED.says("Next: take a step.")(lambda state, said: state.step == 0)
MOVED.says("**Notice** The steps overshoot here: after {steps} the error is above 1000.")(
    lambda state, said: not state.errors[1] < 1000
)
MOVED.says("With no layer held the steps overshoot: the error is above 1000.")(
    lambda state, said: not state.errors[2] < 1000 and state.which != "all"
)


@MOVED.says(
    "**Notice** After {steps} the mean squared error to the true function is {after:.3g}; before them it was "
    "{before:.3g}."
)
def _(state, said):
    return np.allclose([said["before"], said["after"]], state.errors[:2], rtol=1e-3)


@MOVED.says("Only the {layer} has moved, by {share:.2%} of its length: {method} moves nothing else.")
def _(state, said):
    return (state.shares > 0).sum() == 1 and np.isclose(said["share"], state.shares.max()) and state.name == "anil"


@MOVED.says("For its size the {layer} has moved furthest: by {share:.2%} of its length.")
def _(state, said):
    return said["layer"] == NAMES[state.shares.argmax()] and np.isclose(said["share"], state.shares.max())


@MOVED.says("Some points do not lie on the true function, so the error to it says little.")
def _(state, said):
    return max(abs(y - state.task(np.array(x))) for x, y in state.points) > 0.05


MOVED.says("{method} does not move the layers that are held anyway.")(
    lambda state, said: np.array_equal(state.now.curves, state.free.curves) and state.which != "all"
)
MOVED.says("With no layer held it is {error:.3g}.")(
    lambda state, said: np.isclose(said["error"], state.errors[2], rtol=1e-3) and state.which != "all"
)
MOVED.says("So the layers that are held are not needed for these points.")(
    lambda state, said: state.errors[1] <= 1.051 * state.errors[2] < 1.051 * state.errors[0]
)
MOVED.says("The layers that may move gain nothing by themselves.")(lambda state, said: state.gain <= 1e-3)


@MOVED.says(
    "The layers that may move gain little of what all gain: {gain:.0%}.",
    "The layers that may move gain {gain:.0%} of what all gain.",
)
def _(state, said):
    return 0 < said["gain"] < 1 and np.isclose(said["gain"], min(state.gain, 0.99), atol=2e-3)


@MOVED.says(
    "That is more than after {steps}: more steps of {method} are not always better.",
    "With no layer held it is {error:.3g}, more than after {steps}: more steps of {method} are not always better.",
)
def _(state, said):
    truth = state.task(state.free.grid)
    errors = [np.square(curve - truth).mean() for curve in state.free.curves[: state.step + 1]]
    return errors[-1] > 1.4 * min(errors) and np.isclose(said.get("error", errors[-1]), errors[-1], rtol=2e-3)


MOVED.says("Nothing moves: {method} moves only its last layer.")(
    lambda state, said: not state.now.distances[state.step].any() and state.name == "anil"
)


def test_what_is_said_of_layers_that_moved_is_true():
    for state in states():
        moves = layers.MOVES[state.which]
        speak = partial(
            notices.about_moved, state.now, state.free, state.step, moves, state.name, state.task, state.points
        )
        MOVED.audit(speak, state)
    assert set(MOVED.checks) - MOVED.heard <= {*STEPS_IN_WORDS, "second layer"}


def rows_of(source: np.random.Generator, count: int, accuracy: bool) -> list[layers.Held]:
    """Scores of a network with `count` layers, in which some layer may be as good as all."""
    everything = float(source.uniform(0.5, 1) if accuracy else source.uniform(0.01, 1))
    rows = []
    for moves in layers.holds(count):
        worse = float(source.choice([0, 0.005, 0.1, 0.4]))
        score = everything if all(moves) else everything - worse if accuracy else everything * (1 + 10 * worse)
        rows.append(layers.Held(moves, LayersScored(score, 0.01, np.ones(count), np.ones(count), 100)))
    return rows


def of(rows: list[layers.Held], *moves: bool) -> float:
    return next(row.scored.score for row in rows if row.moves == moves)


def singles(rows: list[layers.Held]) -> list[float]:
    return [row.scored.score for row in rows if sum(row.moves) == 1]


@HELD.says("**Notice** {method}: {all} with no layer held; {best} with {layer} moving, the best of the single layers.")
def _(state, said):
    rows, accuracy = state
    count = len(rows[0].moves)
    best = (max if accuracy else min)(singles(rows))
    form = "{:.1%}" if accuracy else "{:.3g}"
    return (said["all"], said["best"]) == (form.format(of(rows, *(True,) * count)), form.format(best))


@HELD.says("The others need not move at all.")
def _(state, said):
    rows, accuracy = state
    everything = of(rows, *(True,) * len(rows[0].moves))
    return max(singles(rows)) >= everything - 0.0101 if accuracy else min(singles(rows)) <= 1.0501 * everything


@HELD.says("With the last layer held it is {body}.")
def _(state, said):
    rows, accuracy = state
    score = of(rows, *(True,) * (len(rows[0].moves) - 1), False)
    return said["body"] == ("{:.1%}" if accuracy else "{:.3g}").format(score)


@CHARACTERS.says("**Notice** With only the last layer moving: {parts}.")
def _(state, said):
    return all(f"{of(rows, *(False,) * 4, True):.1%}" in said["parts"] for rows in state.values())


def alone(state) -> list[str]:
    free = {name: rows for name, rows in state.items() if name != "anil"}
    return [n for n, rows in free.items() if of(rows, *(False,) * 4, True) >= of(rows, *(True,) * 5) - 0.01]


HELD.says("That is its rule: it moves nothing but the last layer.")(
    # with the last layer alone it is as with all, and without it as with none
    lambda state, said: (
        of(state[0], *(False,) * (len(state[0][0].moves) - 1), True) == of(state[0], *(True,) * len(state[0][0].moves))
    )
)
CHARACTERS.says("ANIL moves nothing else, by its rule.")(lambda state, said: "anil" in state)
CHARACTERS.says("In each of the others the last layer does it alone, too.")(
    lambda state, said: len(alone(state)) == len(state) - 1
)
CHARACTERS.says("In none of the others does the last layer do it alone.")(lambda state, said: not alone(state))
CHARACTERS.says("Of the others, the last layer does it alone in: {names}.")(
    lambda state, said: said["names"] == ", ".join(layers.PICTURE_NAMES[name] for name in alone(state))
)


def test_what_is_said_of_held_layers_is_true():
    source = np.random.default_rng(6)
    kinds = {"sinusoid": layers.NAMES, "omniglot": layers.PICTURE_NAMES}
    for kind, names in kinds.items():
        for name, rows in layers.measured(kind).items():
            accuracy = kind == "omniglot"
            by_rule = name in layers.HEAD_ALONE
            HELD.audit(partial(notices.about_held, rows, accuracy, names[name], by_rule), (rows, accuracy))
    for number in range(STATES):
        accuracy = bool(number % 2)
        rows = rows_of(source, 5 if accuracy else 3, accuracy)
        HELD.audit(partial(notices.about_held, rows, accuracy, "MAML"), (rows, accuracy))
        state = {name: rows_of(source, 5, True) for name in layers.PICTURE_NAMES}
        CHARACTERS.audit(partial(notices.about_characters, state, layers.PICTURE_NAMES), state)
    measured = layers.measured("omniglot")
    CHARACTERS.audit(partial(notices.about_characters, measured, layers.PICTURE_NAMES), measured)
    assert {"The others need not move at all.", "With the last layer held it is {body}."} <= HELD.heard
    assert set(CHARACTERS.checks) - CHARACTERS.heard <= {*NAMES, *BLOCKS, "only {layer}", "only the {layer}"}


@RATES.says("**Notice** {share:.0%} of all rates are below zero: there the step goes *up* the gradient.")
def _(by_layer, said):
    return np.isclose(said["share"], np.mean(np.concatenate(by_layer) < 0))


@RATES.says("Without their signs, the rates are largest in the {layer}: half of them are above {size:.3f}.")
def _(by_layer, said):
    middle = [sorted(abs(values))[len(values) // 2] for values in by_layer]
    return np.isclose(said["size"], max(middle), rtol=0.1) and said["layer"] == NAMES[int(np.argmax(middle))]


def test_what_is_said_of_the_rates_is_true():
    RATES.names(*NAMES)
    source = np.random.default_rng(7)
    for _ in range(STATES):
        by_layer = [source.normal(0.1, source.uniform(0.05, 1), size=n) for n in (81, 1641, 41)]
        RATES.audit(partial(notices.about_rates, by_layer), by_layer)
    RATES.audit(partial(notices.about_rates, layers.rates()), layers.rates())


STEPS.names("**Notice** {parts}")


@STEPS.says("{method} has {error:.3f} after {steps}.")
def _(runs, said):
    losses = by_name(runs)[said["method"]]
    return np.isclose(said["error"], losses.min()) and losses[-1] <= 1.0501 * losses.min()


@STEPS.says("{method} is best after {steps}, with {error:.3f}, and gets worse with more.")
def _(runs, said):
    losses = by_name(runs)[said["method"]]
    return np.isclose(said["error"], losses.min()) and losses[-1] > losses.min() and losses.argmin() < len(losses) - 1


def by_name(runs) -> dict[str, np.ndarray]:
    return {layers.NAMES[name]: run.evaluation.loss_by_step for name, run in runs.items()}


def test_what_is_said_of_steps_is_true():
    runs = {name: layers.recorded(name) for name in layers.NAMES}
    STEPS.audit(partial(notices.about_by_step, runs), runs)
    assert set(STEPS.checks) - STEPS.heard <= set(STEPS_IN_WORDS)


@CURVE.says(
    "**Notice** After {updates} the error on unseen sinusoids is {now:.3g} after {inner}; before the training it was "
    "{first:.3g}."
)
def _(steps, said):
    return (said["now"], said["first"]) == (steps[-1].after, steps[0].after)


def test_what_is_said_of_a_run_is_true():
    source = np.random.default_rng(8)
    for number in range(STATES):
        steps = [OuterStep(i, 3.0, float(source.uniform(0.01, 3))) for i in range(int(source.integers(1, 20)))]
        CURVE.audit(partial(notices.about_curve, steps, 1 + number % 5), steps)
