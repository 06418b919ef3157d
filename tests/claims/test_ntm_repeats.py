"""What the page on the NTM says of repeat copy, on many sets of measurements."""

from functools import partial

import numpy as np

from core.events.evaluations import BitErrors
from lessons.demos import memory
from lessons.notices.ntm import about_repeats
from tests.claims.registry import STATES, Claims

REPEATS = Claims()


@REPEATS.says(
    "**Notice** At length {length}, the longest of its training, and {repeats} repeats, {wrong:.1f} ± {half:.1f} of "
    "{bits} bits are wrong."
)
def _(state, values):
    at = state.lengths.index(values["length"])
    drawn = state.by_repeats[at, -1], state.ci95_by_repeats[at, -1]
    return (values["wrong"], values["half"]) == drawn and values["wrong"] > 0 and values["bits"] == bits(values)


@REPEATS.says(
    "**Notice** At length {length}, the longest of its training, and {repeats} repeats, all {bits} bits were right in "
    "each of the {sequences} sequences."
)
def _(state, values):
    right = state.by_repeats[state.lengths.index(values["length"]), -1] == 0
    return right and values["bits"] == bits(values) and values["sequences"] * values["repeats"] == state.sequences


@REPEATS.says("At length {length}, which it has never seen, {wrong:.1f} ± {half:.1f} of {bits} bits are wrong.")
def _(state, values):
    return values["length"] == max(state.lengths) and values["wrong"] == state.by_repeats[-1, -1]


def bits(values) -> int:
    """Each vector of the answer has eight bits and the end marker's, and the marker has a vector of its own."""
    return (values["length"] * values["repeats"] + 1) * 9


def test_what_is_said_of_repeat_copy_is_true():
    source, shipped = np.random.default_rng(3), memory.machine("repeat").evaluation
    assert isinstance(shipped, BitErrors)
    states = [shipped]
    for _ in range(STATES):
        wrong = source.exponential(20, (4, 10)) * (source.random((4, 10)) < 0.5)
        half = wrong * source.random((4, 10))
        states.append(BitErrors(1, [5, 10, 15, 20], wrong.mean(1), 1000, half.mean(1), wrong, half))
    for state in states:
        REPEATS.audit(partial(about_repeats, state, 10, 9), state)
    assert REPEATS.heard == set(REPEATS.checks)


def test_ten_repeats_of_ten_are_right_as_the_readme_says():
    shipped = memory.machine("repeat").evaluation
    assert isinstance(shipped, BitErrors) and shipped.by_repeats is not None
    at = shipped.lengths.index(10)
    assert shipped.by_repeats[at, -1] == 0 and shipped.bit_errors_per_sequence[at] < 0.5
    assert np.flatnonzero(shipped.by_repeats[at]).tolist() == [6], "all errors are at seven repeats"
