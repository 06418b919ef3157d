"""What the optimization pages say of fits, learning curves, rates and few steps, against their arrays."""

import math
from dataclasses import dataclass, field
from functools import cache, partial

import numpy as np
import pytest

from core.dispatch import answer
from core.events import Fitted
from lessons.demos import sinusoid
from lessons.figures.theme import INITS
from lessons.notices import optimization as notices
from tests.claims.registry import STATES, Claims

LABELS = [line.name for line in INITS.values()]
FIT = Claims()


@dataclass(frozen=True)
class FitState:
    """A task, its points, and what is on screen of them."""

    seed: int
    task: sinusoid.Task
    points: list = field(repr=False)
    rate: float
    step: int
    fits: list[Fitted] = field(repr=False)

    @property
    def learned(self) -> Fitted:
        return self.fits[-1]

    def fit(self, label: str) -> Fitted:
        return next(fit for fit in self.fits if INITS[fit.name].name == label)


@cache
def fit_states() -> list[FitState]:
    source, states = np.random.default_rng(7), []
    for number in range(2 * STATES):
        seed = int(source.integers(1, 10**6)) if number > 2 else sinusoid.HOME_TASKS[number]
        task = sinusoid.task_of(seed)
        if number % 7 == 3:  # also outside of what was trained on, also flat
            task = sinusoid.Task(round(source.uniform(0, 6), 1) * (number % 14 != 3), round(source.uniform(0, 6.28), 2))
        shots, noise = int(source.choice([1, 2, 3, 4, 10, 20])), float(source.choice([0, 0, 0, 0.5, 1]))
        points = sinusoid.support_of(seed, task, shots, noise)
        if number % 6 == 1:  # dragged by the learner
            points = [(x, round(float(source.uniform(-7, 7)), 2)) for x, _ in points]
        rate = float(source.choice([0.01, 0.01, 0.01, 0.0, 0.002, 0.03, 0.1]))
        thetas = dict(sinusoid.inits("maml" if number % 2 else "reptile"))
        if number % 5 == 0:
            thetas["own"] = thetas[("random", "joint")[number % 2]] * 1.1
        fits = list(answer(sinusoid.fit_request(task, points, thetas, rate)))
        step = int(source.integers(0, 21)) if number % 4 else int(source.integers(0, 2))
        states.append(FitState(seed, task, points, rate, step, fits))
    return states


@FIT.says("**Notice** With an inner rate of 0 no step moves anything. Next: set the inner rate to 0.01.")
def _(state, values):
    return all(np.abs(fit.curves - fit.curves[0]).max() == 0 for fit in state.fits)


def risen(losses: np.ndarray, times: int = 10) -> list[int]:
    """The steps at which an error is so many times as large as at step 0, or is no number any more."""
    return [step for step, loss in enumerate(losses) if not loss <= times * max(losses[0], 0.1)]


@FIT.says("**Notice** With an inner rate of {rate:g} the error of these starts grows more than tenfold: {names}. ")
def _(state, values):
    """All that do are named, also those whose error comes down again, and no other."""
    too_long = {INITS[f.name].name for f in state.fits if risen(f.query_loss) and risen(f.support_loss, 1)}
    return set(values["names"].split(", ")) == too_long and values["rate"] == state.rate


@FIT.says(
    "On the way, the error of each of them is more than ten times its error at step 0; that of the {last} is so after "
    "{steps}. A learned start belongs to the inner rate that it was learned with. Next: try a smaller rate."
)
def _(state, values):
    fit = state.fit(values["last"])
    return values["steps"].split()[0] == str(risen(fit.query_loss)[0])


@FIT.says("{label} {loss:.2f}")
def _(state, values):
    return values["loss"] == pytest.approx(float(state.fit(values["label"]).query_loss[0]))


@FIT.says(
    "**Notice** No start has seen a point of this task yet. Errors: {losses}. At step 0 each start draws the same "
    "curve for every task, so a low error here is luck. Next: move the slider to 1."
)
def _(state, values):
    other = fit_states()[(fit_states().index(state) + 10) % (2 * STATES)]  # of another task, and as many starts
    pairs = zip(other.fits, state.fits, strict=True)
    return state.step == 0 and all(np.allclose(a.curves[0], b.curves[0], atol=1e-4) for a, b in pairs)


@FIT.says(
    "**Notice** After {steps} the {label} has brought its error from {before:.2f} to {now:.2f}; {later}. ",
)
def _(state, values):
    losses = state.learned.query_loss
    return values["label"] == INITS[state.learned.name].name and losses[state.step] < losses[0]


@FIT.says("**Notice** After {steps} the error of the {label} has gone from {before:.2f} to {now:.2f}: no gain. ")
def _(state, values):
    losses = state.learned.query_loss
    return values["before"] <= values["now"] and math.isclose(values["now"], losses[state.step], rel_tol=1e-6)


@FIT.says(
    "Even on the points that it learns from, its error has not fallen ({before:.2f}, then {now:.2f}): the steps "
    "overshoot. Next: try a smaller inner rate."
)
def _(state, values):
    """A step down the gradient that does not lower the very loss it goes down is too long."""
    losses = state.learned.support_loss
    tiny = sinusoid.fit_request(state.task, state.points, {"own": _theta(state)}, 1e-4)
    (calm,) = answer(tiny)
    return not losses[state.step] < losses[0] and calm.support_loss[1] <= calm.support_loss[0]


def _theta(state: FitState) -> np.ndarray:
    name = state.learned.name
    if name != "own":
        return sinusoid.inits(name)[name]
    started = fit_states().index(state)
    return sinusoid.inits("maml")[("random", "joint")[started % 2]] * 1.1


@FIT.says(
    "On the points that it learns from, its error has fallen from {before:.2f} to {now:.2f}: what they teach does not "
    "hold for the rest of the curve. Next: add points, or put them back."
)
def _(state, values):
    fit = state.learned
    return fit.support_loss[state.step] < fit.support_loss[0] and fit.query_loss[state.step] >= fit.query_loss[0]


@FIT.says("the {known} does not get there in {steps} steps ({loss:.2f})")
def _(state, values):
    fit = state.fit(values["known"])
    return not (fit.query_loss <= state.learned.query_loss[state.step]).any() and values["steps"] == 20


@FIT.says("the {known} was that good before its first step")
def _(state, values):
    return state.fit(values["known"]).query_loss[0] <= state.learned.query_loss[state.step]


@FIT.says("the {known} needs {count} step for as much", "the {known} needs {count} steps for as much")
def _(state, values):
    losses, now = state.fit(values["known"]).query_loss, state.learned.query_loss[state.step]
    return losses[values["count"]] <= now < losses[: values["count"]].min()


@FIT.says("Next: drag a point, or leave only three, and see what the learned start still gets right.")
def _(state, values):
    return len(state.points) > 3


FIT.names(
    "Next: add points, one at a time, and see which of them helps most.", "{count} step", "{count} steps", *LABELS
)


def test_a_start_that_comes_back_has_overshot_too():
    """One point and ten times the inner rate: the random start's error rises a hundredfold, and then comes back."""
    task = sinusoid.task_of(1)
    points = sinusoid.support_of(1, task, 1, 0.0)
    fits = list(answer(sinusoid.fit_request(task, points, sinusoid.inits("reptile"), 0.1)))
    assert fits[0].query_loss.max() > 100 * fits[0].query_loss[0] > 10 * fits[0].query_loss[-1]
    text = FIT.audit(partial(notices.about_fit, fits, 1, 0.1, 1), FitState(1, task, points, 0.1, 1, fits))
    assert "random init" in text and "jointly pretrained init" in text


def test_the_notice_of_a_fit_is_true_in_every_state():
    for state in fit_states():
        FIT.audit(lambda state=state: notices.about_fit(state.fits, state.step, state.rate, len(state.points)), state)
    assert set(FIT.checks) - FIT.heard <= set(LABELS)


CURVE = Claims()


@CURVE.says(
    "**Notice** With zero inner steps the two curves are one: this is plain joint training. Its error went from "
    "{before:.2f} to {after:.2f}. The best single curve for all tasks has an error of about {floor:.1f}: without a "
    "step, no training gets much below that."
)
def _(state, values):
    steps, _, _ = state
    return abs(values["floor"] - best_single_error()) < 0.05 and all(s.before == s.after for s in steps)


@cache
def best_single_error() -> float:
    """The error of the average of all tasks over p(T), by summing over a grid of it."""
    x = np.linspace(-5, 5, 201)
    amplitudes, phases = (np.arange(300) + 0.5) / 300 * 4.9 + 0.1, (np.arange(300) + 0.5) / 300 * math.pi
    waves = np.sin(x - phases[:, None])  # amplitude and phase are independent
    mean_square = (amplitudes**2).mean() * (waves**2).mean(0)
    return float((mean_square - (amplitudes.mean() * waves.mean(0)) ** 2).mean())


@CURVE.says(
    "**Notice** The loss *before* adapting went from {b0:.2f} to {b1:.2f}, the loss *after* {steps} from {a0:.2f} to "
    "{a1:.2f}. "
)
def _(state, values):
    (first, *_, last), _, _ = state
    return (values["b0"], values["b1"], values["a0"], values["a1"]) == (
        first.before, last.before, first.after, last.after,
    )  # fmt: skip


@CURVE.says("Reptile computes neither of them in training: it only moves towards its trained copies.")
def _(state, values):
    return state[2] == "reptile"


@CURVE.says("MAML trains only the second; nothing in its training holds the first one down.")
def _(state, values):
    return state[2] == "maml" and state[1] > 0


CURVE.names("{count} inner step", "{count} inner steps")


def test_the_notice_of_a_learning_curve_is_true_in_every_state():
    source = np.random.default_rng(3)
    for number in range(STATES):
        method = ("maml", "reptile")[number % 2]
        run = sinusoid.recorded(("maml", "reptile", "joint")[number % 3])
        steps, inner = run.steps, 0 if number % 3 == 2 else (1, 5)[number % 2]
        steps = steps[: int(source.integers(0, len(steps) + 1))]  # also a run that was cancelled at once
        speak = partial(notices.about_curve, steps, inner, method)
        CURVE.audit(speak, (steps, inner, "maml" if inner == 0 else method))
    assert CURVE.heard == set(CURVE.checks)


RATES = Claims()


@RATES.says(
    "**Notice** With {steps} MAML's start does best at an inner rate of {rate:.2g} (loss {loss:.2f}); it was trained "
    "with one step at {trained:g}. The jointly pretrained start does best at {other_rate:.2g} (loss {other:.2f})."
)
def _(state, values):
    swept, step = state
    trained = sinusoid.recorded("maml").config
    return (
        np.nanmin(swept[2].losses[step]) == pytest.approx(values["loss"])
        and np.nanmin(swept[1].losses[step]) == pytest.approx(values["other"])
        and values["rate"] in swept[2].rates[swept[2].losses[step] <= values["loss"] + 1e-6]
        and (trained.inner_steps, trained.inner_rate) == (1, values["trained"])
        and (swept[1].name, swept[2].name) == ("joint", "maml")
    )


RATES.names(
    "**Notice** Without a step the rate does not matter. Move the slider to 1.",
    "{count} inner step",
    "{count} inner steps",
)


def test_the_notice_of_the_rates_is_true_at_every_step():
    swept = sinusoid.sweep()
    assert np.allclose([np.ptp(one.losses[0]) for one in swept], 0)
    for step in range(sinusoid.SWEEP_STEPS + 1):
        RATES.audit(partial(notices.about_rates, swept, step, sinusoid.DEFAULT_RATE), (swept, step))


TRAVEL = Claims()


@TRAVEL.says(
    "**Notice** From the {label}, {steps} take the error on {tasks} unseen tasks from {before:.2f} to {after:.2f}. "
    "The weights move by {gone:.2f}, which is {share:.1%} of the length of θ ({length:.1f}). ",
    "**Notice** From the {label}, {steps} takes the error on {tasks} unseen tasks from {before:.2f} to {after:.2f}. "
    "It moves it by {gone:.2f}, which is {share:.1%} of the length of θ ({length:.1f}). ",
)
def _(state, values):
    travels, step, method = state
    theta = sinusoid.inits(method)[method]
    return (
        travels[-1].name == method
        and values["length"] == pytest.approx(np.linalg.norm(theta), rel=1e-3)
        and values["share"] == pytest.approx(travels[-1].distances[step] / np.linalg.norm(theta), rel=1e-3)
        and values["after"] == travels[-1].losses[step]
    )


@TRAVEL.says("From the {label}: {before:.2f} to {after:.2f}, moved by {gone:.2f}. ")
def _(state, values):
    travels, step, _ = state
    result = next(one for one in travels if INITS[one.name].name == values["label"])
    return (values["before"], values["after"]) == (result.losses[0], result.losses[step])


@TRAVEL.says(
    "The *first* step from the {label} makes {gain:.0%} of what all {steps} steps gain, and goes {part:.0%} as far. "
)
def _(state, values):
    gone, loss = state[0][-1].distances, state[0][-1].losses
    gain = 1 - (loss[1] - loss[10]) / (loss[0] - loss[10])
    return (values["part"], values["gain"], values["steps"]) == (
        pytest.approx(gone[1] / gone[10]),
        pytest.approx(gain),
        10,
    )


@TRAVEL.says("Averaged over the tasks, the first steps from the {label} keep {shared:.0%} of their length: {meaning}. ")
def _(state, values):
    """The mean of steps that point the same way is as long as they are; of steps that cancel, it is short."""
    result = next(one for one in state[0] if INITS[one.name].name == values["label"])
    same = result.shared > 0.8 and "same way" in values["meaning"]
    return values["shared"] == result.shared and (same or (result.shared < 0.15 and "different" in values["meaning"]))


TRAVEL.names(
    "they point nearly the same way", "they point in different directions, and nearly cancel",
    "{count} inner step", "{count} inner steps",
    "**Notice** Before the first step nothing has moved. Move the slider to 1.", *LABELS,
)  # fmt: skip


@pytest.mark.parametrize("method", ["maml", "reptile"])
def test_why_few_steps_are_enough_is_true_at_every_step(method):
    travels = sinusoid.travels(method)
    for step in range(11):
        TRAVEL.audit(partial(notices.about_travel, travels, step), (travels, step, method))
    *_, learned = travels
    assert learned.losses[0] - learned.losses[1] > 0.8 * (learned.losses[0] - learned.losses[10])  # "most of what"
    assert np.abs(learned.distances[1:] / learned.distances[10] - 1).max() < 0.15  # "about as far from θ"
