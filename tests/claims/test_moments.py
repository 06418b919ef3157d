"""What is said of a moment of training: on recorded moments of every shipped run, and on drawn answers."""

from dataclasses import replace
from functools import partial

import numpy as np

from core.events.memory import TapeAnswer
from lessons.demos import moments, sinusoid
from lessons.figures import replay
from lessons.notices.moments import about_moment
from tests.claims.registry import STATES, Claims

MOMENTS = Claims()
FILES = sorted(path.stem for path in moments.FOLDER.glob("*.npz"))


def answers(state):
    """The answers of the chosen, the first and the last moment: one of them is what the sentence is about."""
    shown, chosen = state
    return [shown[i][1] for i in (chosen, 0, -1)]


@MOMENTS.says("**After {updates}** {said}.")
def _(state, values):
    shown, chosen = state
    return values["updates"].replace(",", "").split()[0] == str(shown[chosen][0])


@MOMENTS.says("{count} outer update", "{count} outer updates")
def _(state, values):
    return values["count"] == state[0][state[1]][0]


@MOMENTS.says("{count} inner step", "{count} inner steps")
def _(state, values):
    return values["count"] == len(state[0][0][1].query_loss) - 1


@MOMENTS.says("the mean squared error is {error:.3g} after ten points")
def _(state, values):
    task = sinusoid.task_of(replay.TASK)
    errors = [float(np.square(read.curves[replay.SHOTS] - task(read.grid)).mean()) for read in answers(state)]
    return any(np.isclose(values["error"], error, rtol=1e-3) for error in errors)


@MOMENTS.says("{when}: {said}.")
def _(state, values):
    shown, chosen = state
    return chosen != (0 if values["when"] == "Before training" else len(shown) - 1)


@MOMENTS.says("Before training")
def _(state, values):
    return state[1] != 0


@MOMENTS.says("At the end of the run")
def _(state, values):
    return state[1] != len(state[0]) - 1


@MOMENTS.says("the mean squared error is {before:.2f} at θ, {one:.2f} after one inner step and {all:.2f} after {steps}")
def _(state, values):
    return any(
        (values["before"], values["one"], values["all"]) == tuple(fit.query_loss[[0, 1, -1]]) for fit in answers(state)
    )


@MOMENTS.says("the mean squared error is {before:.2f} at θ and {after:.2f} after {steps}")
def _(state, values):
    truth = sinusoid.task_of(replay.TASK)(answers(state)[0].grid)
    for moved in answers(state):  # curves are stored as half floats
        before, after = (np.square(moved.curves[i] - truth).mean() for i in (0, -1))
        if np.allclose([values["before"], values["after"]], [before, after], atol=0.02):
            return True
    return False


@MOMENTS.says(
    "queries right: {before} of {queries} before any step, {one} after one inner step, {all} after {steps}",
)
def _(state, values):
    def right(fit):
        hits = fit.probabilities.argmax(-1) == np.arange(fit.probabilities.shape[1]) % 5
        return tuple(hits.sum(-1)[[0, 1, -1]])

    return any((values["before"], values["one"], values["all"]) == right(fit) for fit in answers(state))


@MOMENTS.says("{right} of {count} query is right", "{right} of {count} queries are right")
def _(state, values):
    def right(compared):
        shown = compared.answers[0]
        return sum(row.argmax() == i % len(row) for i, row in enumerate(shown))

    return any(values["right"] == right(compared) for compared in answers(state))


@MOMENTS.says("{count} of the {bits} bits of the answer is wrong", "{count} of the {bits} bits of the answer are wrong")
def _(state, values):
    def wrong(answer):
        tape = answer.tape
        return int(((tape.p > 0.5) != (tape.y > 0.5))[tape.answer_mask].sum())

    return any(values["count"] == wrong(answer) for answer in answers(state))


@MOMENTS.says("of characters that had come before, {right} of {all} are named right; of new ones, {guessed} of {new}")
def _(state, values):
    def counts(recalled):
        hits, before = recalled.p.argmax(-1) == recalled.y, recalled.instance > 0
        return (hits[before].sum(), before.sum(), hits[~before].sum(), (~before).sum())

    return any(
        tuple(values[name] for name in ("right", "all", "guessed", "new")) == counts(recalled)
        for recalled in answers(state)
    )


def test_what_is_said_of_every_recorded_moment_is_true():
    states = 0
    for name in FILES:
        shown = moments.recorded(name)
        for chosen in range(len(shown)):
            MOMENTS.audit(partial(about_moment, shown, chosen), (shown, chosen))
            states += 1
    assert states >= STATES


def test_a_single_update_step_query_and_wrong_bit_read_well():
    shown = [(1, _short(moments.recorded("maml")[-1][1]))]
    MOMENTS.audit(partial(about_moment, shown, 0), (shown, 0))
    _, compared = moments.recorded("siamese-glyphs")[0]
    shown = [(1, replace(compared, answers=compared.answers[:, :1]))]
    MOMENTS.audit(partial(about_moment, shown, 0), (shown, 0))
    one_wrong_bit()
    assert MOMENTS.heard == set(MOMENTS.checks)


def _short(fit):
    return replace(fit, query_loss=fit.query_loss[:2])


def one_wrong_bit():
    _, tape = moments.recorded("ntm")[-1]
    assert isinstance(tape, TapeAnswer) and tape.tape.wrong == 0
    p = tape.tape.p.copy()
    row = int(np.argmax(tape.tape.answer_mask))
    p[row, 0] = 1 - p[row, 0]
    one = replace(tape, tape=replace(tape.tape, p=p, wrong=1))
    MOMENTS.audit(partial(about_moment, [(10, one)], 0), ([(10, one)], 0))
