"""What the page on tasks says of the average of the drawn tasks and of its formula, against the tasks themselves."""

import math
from functools import partial

import numpy as np
import pytest

from lessons.figures.family import closed_form, family, mean_wave, sweep_of_tasks
from lessons.notices import optimization as notices
from tests.claims.registry import STATES, Claims

AVERAGE = Claims()


@AVERAGE.says("**Notice** A single task is its own average. Next: draw more tasks.")
def _(state, values):
    return len(state[0]) == 1


@AVERAGE.says(
    "**Notice** The average of these {tasks} tasks has a mean squared error of **{error:.3g}** on them; answering 0 "
    "everywhere has {zero:.3g}. A model that gives one answer to all of them keeps at least {share:.0%} of that error, "
    "however long it trains. "
)
def _(state, values):
    amplitude, phase = state
    waves = amplitude[:, None] * np.sin(np.linspace(-5, 5, 101) - phase[:, None])
    source = np.random.default_rng(0)
    any_other = waves.mean(0) + source.normal(0, 0.1, (20, 1, 101))  # none of them is better than the average
    error, zero = ((waves - waves.mean(0)) ** 2).mean(), (waves**2).mean()
    return (
        np.isclose(values["error"], error)
        and np.isclose(values["zero"], zero)
        and np.isclose(values["share"], error / zero)
        and (((waves - any_other) ** 2).mean((1, 2)) >= error).all()
        and values["tasks"] == len(amplitude)
        and f"{error:.3g} {zero:.3g}".count("e") == 0
    )


@AVERAGE.says(
    "**Notice** These {tasks} tasks are nearly one and the same: their average has less than 2% of the error of "
    "answering 0 everywhere. Tasks as alike as these need no meta-learning. Next: widen the phases or the amplitudes."
)
def _(state, values):
    waves = state[0][:, None] * np.sin(np.linspace(-5, 5, 101) - state[1][:, None])
    return waves.var(0).mean() < 0.02 * (waves**2).mean() and values["tasks"] == len(waves) > 1


@AVERAGE.says("Tasks as alike as these need no meta-learning: their average does well.")
def _(state, values):
    amplitude, phase = state
    waves = amplitude[:, None] * np.sin(np.linspace(-5, 5, 101) - phase[:, None])
    return ((waves - waves.mean(0)) ** 2).mean() < 0.2 * (waves**2).mean()


@AVERAGE.says("Next: narrow the phases, then the amplitudes. Which of the two brings the share down more?")
def _(state, values):
    return np.ptp(state[0]) > 0.05 or np.ptp(state[1]) > 0.05


def test_the_notice_of_the_average_is_true_in_every_state():
    source = np.random.default_rng(2)
    for number in range(2 * STATES):
        tasks = 1 + number if number < 4 else int(source.integers(1, 201))
        largest, spread = round(source.uniform(0.1, 5), 1), round(source.uniform(0, 3.15), 2) * (number % 9 > 0)
        if number % 6 == 0:  # narrow, as the goal asks for
            largest, spread = round(source.uniform(0.1, 0.4), 1), round(source.uniform(0, 0.5), 2) * (number % 4 > 0)
        amplitude, phase = sweep_of_tasks(int(source.integers(1e5)), tasks, [(0.1, largest), (0.0, spread)])
        _, error, zero = family(amplitude, phase, 0)
        AVERAGE.audit(partial(notices.about_average, tasks, error, zero), (amplitude, phase))
    assert AVERAGE.heard == set(AVERAGE.checks)


FORM = Claims()
FORM.names("an amplitude of {largest:g}", "a phase of 0")


@FORM.says("amplitudes from {least:g} to {largest:g}", "phases from 0 to {spread:.2f}")
def _(state, values):
    return values.get("largest", 1) > values.get("least", 0) and values.get("spread", 1) > 0


@FORM.says("This is for {amplitudes} and {phases}, as the sliders stand. ")
def _(state, values):
    _, largest, spread = state
    many = ("from" in values["amplitudes"], "from" in values["phases"])
    return many == (largest > 0.1, spread > 0)


@FORM.says("Then all tasks are the same sinusoid, and this is it.")
def _(state, values):
    _, largest, spread = state
    amplitude, phase = sweep_of_tasks(3, 20, [(0.1, largest), (0.0, spread)])
    return bool(np.ptp(amplitude) == np.ptp(phase) == 0) and mean_wave(0.1, largest, spread) == (amplitude[0], phase[0])


@FORM.says(
    "A single task, as in the figure, has an average of its own; that of many tasks comes near to this one.",
    "The average of the {count} tasks in the figure comes near to it when they are many.",
)
def _(state, values):
    tasks, largest, spread = state
    amplitude, phase = sweep_of_tasks(3, 200, [(0.1, largest), (0.0, spread)])
    a, b = mean_wave(0.1, largest, spread)
    x = np.linspace(-5, 5, 51)
    mean = (amplitude[:, None] * np.sin(x - phase[:, None])).mean(0)
    return values["count"] == tasks and np.abs(mean - a * np.sin(x - b)).max() < 0.15 * max(a, largest)


def test_the_caption_of_the_closed_form_is_true_in_every_state():
    source = np.random.default_rng(6)
    for number in range(STATES):
        largest, spread = (round(source.uniform(0.1, 5), 1), round(source.uniform(0, 3.15), 2))
        largest, spread = (0.1 if number % 4 == 1 else largest), (0.0 if number % 4 in (1, 2) else spread)
        state = (1 + number % 3 * 40, largest, spread)
        FORM.audit(partial(notices.about_closed_form, state[0], 0.1, largest, spread), state)
    assert FORM.heard == set(FORM.checks)


@pytest.mark.parametrize("number", range(20))
def test_the_closed_form_is_the_mean_of_many_tasks(number):
    source = np.random.default_rng(number)
    largest, spread = source.uniform(0.1, 5), source.uniform(0, 3.15) * (number > 0)
    x = np.linspace(-5, 5, 51)
    phases = (np.arange(4000) + 0.5) / 4000 * spread
    mean = (0.1 + largest) / 2 * np.sin(x - phases[:, None]).mean(0)
    amplitude, phase = mean_wave(0.1, largest, spread)
    assert np.allclose(amplitude * np.sin(x - phase), mean, atol=1e-5)
    assert f"{amplitude:.2f}" in closed_form(0.1, largest, spread)


def test_the_mean_of_all_tasks_is_the_wave_that_the_texts_name():
    x = np.linspace(-5, 5, 51)
    amplitude, phase = mean_wave(0.1, 5.0, math.pi)
    assert np.allclose(amplitude * np.sin(x - phase), -1.62 * np.cos(x), atol=0.005)
    assert 0.6 < (5 - 1.62) / 4.9 < 0.75  # the share of tasks that have a larger amplitude: about two in three
