"""What the lesson on learning in context says of what is read, on many sets of points, queries and functions."""

from dataclasses import dataclass, field
from functools import cache, partial

import numpy as np

from core.dispatch import answer
from core.events import Fitted, OuterStep, PointsRead
from lessons.demos import context, sinusoid
from lessons.notices import context as notices
from tests.claims.registry import STATES, Claims

READ, LOOK, CURVE, LAYER, FEW, POINTS = (Claims() for _ in range(6))
for claims in (READ,):
    claims.names("the transformer", "the neural process")


@dataclass(frozen=True)
class State:
    """Points, how many were read, where the network is asked, and what it and MAML draw."""

    task: sinusoid.Task
    points: list = field(repr=False)
    seen: int
    query: float
    read: PointsRead = field(repr=False)
    maml: Fitted = field(repr=False)

    def error(self, curve: np.ndarray) -> float:
        return float(np.square(curve - self.task(self.read.grid)).mean())

    @property
    def own(self) -> float:
        return self.error(self.read.curves[self.seen])

    def after(self, steps: int) -> float:
        return self.error(self.maml.curves[steps])


@cache
def states() -> list[State]:
    source, made = np.random.default_rng(3), []
    for number in range(STATES):
        amplitude = float(source.uniform(0.1, 6))
        phase = float(source.uniform(0, 6.28) if number % 2 else source.uniform(0, np.pi))
        task, shots = sinusoid.Task(amplitude, phase), int(source.choice([1, 2, 5, 10, 20, 30]))
        points = sinusoid.support_of(number, task, shots, float(source.choice([0, 0, 1])))
        seen, query = int(source.integers(0, shots + 1)), round(float(source.uniform(-5, 5)), 1)
        (read,) = answer(context.read_request("cnp" if number % 5 == 0 else "in-context", points, query))
        (maml,) = answer(context.maml_request(task, points[: max(seen, 1)]))
        made.append(State(task, points, seen, query, read, maml))
    return made


@READ.says(
    "**Notice** No point has been read: the answer of {name} is the same for every function, about the mean of its "
    "training."
)
def _(state, said):
    return not state.seen and np.abs(state.read.curves[0] + 1.623 * np.cos(state.read.grid)).mean() < 0.2


@READ.says(
    "Its band holds {share:.0%} of the true function.",
    "It is sure, and wrong: its band holds {share:.0%} of the true function.",
)
def _(state, said):
    curve, half = state.read.curves[state.seen], 2 * state.read.spread[state.seen]
    truth = state.task(state.read.grid)
    return np.isclose(said["share"], ((curve - half <= truth) & (truth <= curve + half)).mean(), atol=0.01)


@READ.says("Some points that were read do not lie on the true function, so the errors to it say little.")
def _(state, said):
    return max(abs(y - state.task(np.array(x))) for x, y in state.points[: state.seen]) > 0.05


READ.says("Its error to this one is {own:.3g}.")(lambda state, said: np.isclose(said["own"], state.own))
READ.says("Next: let it read a point.")(lambda state, said: not state.seen)


@READ.says(
    "**Notice** After {count} point the error of {name} is {own:.3g}; MAML's is {step:.3g} after one step on it, "
    "{ten:.3g} after ten.",
    "**Notice** After {count} points the error of {name} is {own:.3g}; MAML's is {step:.3g} after one step on them, "
    "{ten:.3g} after ten.",
)
def _(state, said):
    numbers = [said["own"], said["step"], said["ten"]]
    return said["count"] == state.seen and np.allclose(numbers, [state.own, state.after(1), state.after(10)])


@READ.says(
    "**Notice** After {count} point the error of {name} is {own:.3g}.",
    "**Notice** After {count} points the error of {name} is {own:.3g}.",
)
def _(state, said):
    return said["count"] == state.seen and np.isclose(said["own"], state.own)


READ.says("MAML's steps overshoot here: after ten of them its error is above 1000.")(
    lambda state, said: not state.after(10) < 1000
)
READ.says("Without a step {name} is nearer to the true function than MAML with ten.")(
    lambda state, said: state.own < state.after(10)
)
READ.says("Here MAML's ten steps come nearer to the true function.")(lambda state, said: state.after(10) < state.own)
READ.says("Both are about as near to the true function.")(lambda state, said: 0.8 < state.own / state.after(10) < 1.25)
READ.says("This sinusoid is outside of the training: nothing like it was seen there.")(
    lambda state, said: state.task.amplitude > 5 or np.pi < state.task.phase < 6.2 or state.task.amplitude < 0.1
)


@LOOK.says(
    "For its answer at x = {query:.1f} it looks most at point {best}, at x = {x:.1f}: {share:.0%} of its attention."
)
def _(state, said):
    shares = state.read.attention[state.seen].mean((0, 1))[1 : state.seen + 1]
    return np.isclose(shares.max(), said["share"]) and abs(state.points[said["best"] - 1][0] - said["x"]) < 0.051


@LOOK.says("That is not the nearest one: a sinusoid also tells of its height far away.")
def _(state, said):
    shares = state.read.attention[state.seen].mean((0, 1))[1 : state.seen + 1]
    places = np.array([x for x, _ in state.points[: state.seen]])
    return abs(places[shares.argmax()] - state.query) > abs(places - state.query).min()


LOOK.says("With no point read there is nothing to look at yet.")(lambda state, said: not state.seen)


def test_what_is_said_of_what_was_read_is_true():
    for state in states():
        who = "cnp" if len(state.read.spread) else "in-context"
        maml = {steps: state.maml.curves[steps] for steps in (1, 10)}
        READ.audit(partial(notices.about_read, state.read, maml, state.points[: state.seen], state.task, who), state)
        if who == "in-context":
            LOOK.audit(
                partial(notices.about_attention, state.read, state.query, state.points[: state.seen], state.task), state
            )
    seldom = {
        "Both are about as near to the true function.",
        "**Notice** After {count} point the error of {name} is {own:.3g}.",
    }
    assert READ.heard | seldom == set(READ.checks)
    assert LOOK.heard == set(LOOK.checks)


def test_the_links_of_the_picture_are_shares():
    for state in states():
        if state.read.attention.size:
            shares = notices.mean_shares(state.read, state.seen)
            assert shares.shape == (state.seen + 1,) and np.isclose(shares.sum(), 1, atol=1e-4)


@CURVE.says("**Notice** After {updates} the error after ten points is {now:.3g}; it began at {first:.3g}.")
def _(steps, said):
    return (said["now"], said["first"]) == (steps[-1].after, steps[0].after)


CURVE.says("That is below MAML's ten steps (0.111 on its own test).")(lambda steps, said: steps[-1].after < 0.111)
CURVE.says("MAML's ten steps reach 0.111 on its own test.")(lambda steps, said: steps[-1].after >= 0.111)
CURVE.names("{count} outer update", "{count} outer updates")


def test_what_is_said_of_a_run_is_true():
    source = np.random.default_rng(0)
    for _ in range(STATES):
        steps = [OuterStep(i, 3.0, float(source.uniform(0.01, 3) ** 3)) for i in range(int(source.integers(1, 20)))]
        CURVE.audit(partial(notices.about_curve, steps, 0), steps)
    assert CURVE.heard >= set(CURVE.checks) - {"{count} outer update", "{count} outer updates"}
    evaluation = sinusoid.recorded("maml").evaluation
    assert abs(float(evaluation.loss_by_step[10]) - 0.111) < 0.0005, "the sentence names this score"


@LAYER.says("**Notice** The layer's error is {loss:.3f}, that of one gradient step with the best rate {step:.3f}.")
def _(state, said):
    return (said["loss"], said["step"]) == state


LAYER.says("They differ by less than 2%: training has found the gradient step, or something as good.")(
    lambda state, said: abs(state[0] / state[1] - 1) < 0.0201
)
LAYER.says("The training is not there yet.")(lambda state, said: state[0] > 1.0199 * state[1])
LAYER.says("The layer is better by more than 2%.")(lambda state, said: state[0] < 0.9801 * state[1])


def test_what_is_said_of_the_layer_is_true():
    source = np.random.default_rng(1)
    for _ in range(STATES):
        state = (float(source.uniform(1.5, 1.9)), 1.631)
        LAYER.audit(partial(notices.about_layer, *state), state)
    assert LAYER.heard == set(LAYER.checks)


@FEW.says("**Notice** Trained on {few:.0f} functions, its error is {seen:.3g} on those and {new:.3g} on new ones.")
def _(errors, said):
    return (said["few"], said["seen"], said["new"]) == (errors["few"][0], errors["seen"][0], errors["new"][0])


@FEW.says("From {few:.0f} functions on, new ones are answered about as well as its own, with at most twice the error.")
def _(errors, said):
    start = errors["few"].index(said["few"])
    pairs = list(zip(errors["new"], errors["seen"], strict=True))
    return all(new <= 2 * seen for new, seen in pairs[start:]) and (
        not start or pairs[start - 1][0] > 2 * pairs[start - 1][1]
    )


@POINTS.says(
    "**Notice** After ten points the transformer's error is {own:.3f}, the neural process's {process:.3f}, and "
    "MAML's {step:.3f} after one step and {ten:.3f} after ten."
)
def _(errors, said):
    names = {"own": "in-context", "process": "cnp", "step": "maml 1", "ten": "maml 10"}
    return all(said[value] == errors[name][10] for value, name in names.items())


@POINTS.says(
    "With {count} point its ten steps run away on some sinusoids, so the mean says nothing.",
    "With up to {count} points its ten steps run away on some sinusoids, so the mean says nothing.",
)
def _(errors, said):
    away = ~(np.array(errors["maml 10"]) < 1000)
    return away[1 : said["count"] + 1].all() and not away[said["count"] + 1 :].any()


POINTS.says("With any number of points the transformer is better than MAML's ten steps.")(
    lambda errors, said: all(a < b for a, b in zip(errors["in-context"][1:], errors["maml 10"][1:], strict=True))
)


def test_what_is_said_of_the_measurements_is_true():
    source = np.random.default_rng(2)
    for number in range(STATES):
        seen = source.uniform(0.01, 0.1, 12)
        new = seen * source.uniform(0.9, 3, 12) if number % 2 else seen * np.linspace(9, 1, 12)
        errors = {"few": [float(2**n) for n in range(1, 13)], "seen": seen.tolist(), "new": new.tolist()}
        FEW.audit(partial(notices.about_few, errors), errors)
        curves = {name: source.uniform(0.01, 1 + number % 3, 21).tolist() for name in ("in-context", "cnp", "maml 1")}
        curves["maml 10"] = [value + 1 for value in curves["in-context"]] if number % 2 else curves["cnp"]
        POINTS.audit(partial(notices.about_by_points, curves), curves)
        away = curves | {
            "maml 10": [curves["maml 10"][0], *[np.nan] * (number % 4 + 1), *curves["maml 10"][number % 4 + 2 :]]
        }
        POINTS.audit(partial(notices.about_by_points, away), away)
    FEW.audit(partial(notices.about_few, context.tasks_needed()), context.tasks_needed())
    POINTS.audit(partial(notices.about_by_points, context.by_points()), context.by_points())
    assert FEW.heard == set(FEW.checks) and POINTS.heard == set(POINTS.checks)
