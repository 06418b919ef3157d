"""What the page on Neural Turing Machines says of learning curves and of long sequences is so."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from core.events import OuterStep
from lessons.demos import memory
from lessons.engine.language import table
from lessons.figures import memory as figures
from lessons.notices.ntm import about_bits, about_lengths
from tests.claims.registry import STATES, Claims

curves, lengths = Claims(), Claims()


def near(a: float, b: float) -> bool:
    return abs(float(a) - float(b)) < 1e-4


@curves.says(
    "**Notice** From {first:.0%} of the bits right to {last:.1%} after {iteration} updates; guessing gets a half."
)
def _(steps: Sequence[OuterStep], said: dict[str, Any]) -> bool:
    first, last = steps[0], steps[-1]
    return (first.accuracy_after, last.accuracy_after, last.iteration) == (
        said["first"],
        said["last"],
        said["iteration"],
    )


@curves.says("The steepest rise is between updates {start} and {end}: {rise:+.1%}.")
def _(steps: Sequence[OuterStep], said: dict[str, Any]) -> bool:
    at = {step.iteration: step.accuracy_after or 0.0 for step in steps}
    rises = [b - a for a, b in pairwise(at.values())]
    return (
        near(at[said["end"]] - at[said["start"]], said["rise"]) and near(max(rises), said["rise"]) and said["rise"] > 0
    )


@curves.says("Look at the tape below: do the heads move from row to row?")
def _(steps: Sequence[OuterStep], said: dict[str, Any]) -> bool:
    return (steps[-1].accuracy_after or 0) > 0.98


@curves.says("To go on, give it more updates or shorter sequences.")
def _(steps: Sequence[OuterStep], said: dict[str, Any]) -> bool:
    return (steps[-1].accuracy_after or 0) <= 0.98


def test_what_is_said_of_a_curve_is_so():
    generator = np.random.default_rng(3)
    assert about_bits([]) == ""
    for _ in range(STATES):
        count = int(generator.integers(2, 30))
        values = generator.choice([generator.uniform(0.45, 0.6, count), np.sort(generator.uniform(0.45, 1.0, count))])
        values[-1] = generator.choice([values[-1], 1.0])
        steps = [OuterStep(20 * i, 0.0, 0.0, value, value) for i, value in enumerate(values)]
        curves.audit(lambda steps=steps: about_bits(steps), steps)
    recorded = memory.machine("copy").steps
    curves.audit(lambda: about_bits(recorded), recorded)
    assert sorted(curves.checks.keys() - curves.heard) == []
    assert [template for template in curves.checks if template not in table("zh")] == []


lengths.names(
    "with content and shift", "with the shift alone", "with content alone", "{machine}: {errors:.1f}", "length",
    "content and shift", "shift alone", "content alone", "{v:.3f} wrong bits", "trained up to here",
)  # fmt: skip
BITS = 8
Errors = dict[str, dict[str, list[float]]]


def last_errors(results: Errors) -> dict[str, float]:
    words = {"both": "with content and shift", "shift": "with the shift alone", "content": "with content alone"}
    return {words[name]: dict(zip(*result.values(), strict=True))[120] for name, result in results.items()}


@lengths.says(
    "**Notice** Wrong bits at length {longest}, where the training went up to {trained}: {errors}. Guessing would get "
    "{guess:.0f} wrong."
)
def _(results: Errors, said: dict[str, Any]) -> bool:
    errors = "; ".join(f"{name}: {error:.1f}" for name, error in last_errors(results).items())
    return said == {"longest": 120, "trained": 20, "errors": errors, "guess": 120 * BITS / 2}


@lengths.says("Less than 1% of that: {machines}.")
def _(results: Errors, said: dict[str, Any]) -> bool:
    return said["machines"] == "; ".join(name for name, error in last_errors(results).items() if error < 4.8)


@lengths.says("More than half of that: {machines}.")
def _(results: Errors, said: dict[str, Any]) -> bool:
    return said["machines"] == "; ".join(name for name, error in last_errors(results).items() if error > 240)


@lengths.says("{a}, length {b}: {c:.2f} wrong bits")
def _(results: Errors, said: dict[str, Any]) -> bool:
    name = next(name for name, text in memory.PARTS.items() if text == said["a"])
    return dict(zip(*results[name].values(), strict=True))[said["b"]] == said["c"]


def test_what_is_said_of_longer_sequences_is_so_and_the_line_of_guessing_is_exact():
    generator = np.random.default_rng(4)
    recorded = memory.measured()["lengths"]
    drawn = [
        {
            name: {"lengths": result["lengths"], "errors": (generator.random(10) ** 4 * 500).round(2).tolist()}
            for name, result in recorded.items()
        }
        for _ in range(STATES)
    ]
    for results in [recorded, *drawn]:
        lengths.audit(lambda results=results: about_lengths(results, 20, BITS), results)
    lengths.audit(lambda: figures.lengths(recorded, 20, BITS).alt, recorded)
    assert sorted(lengths.checks.keys() - lengths.heard) == []
    assert [template for template in lengths.checks if template not in table("zh")] == []
    line = next(trace for trace in figures.lengths(recorded, 20, BITS).figure.data if trace.name == "guessing")
    at = dict(zip(line.x, line.y, strict=True))
    assert all(at[length] == BITS * length / 2 for length in range(1, 121)) and at[20] == 80


@pytest.mark.parametrize("way", [0, 1])
def test_a_machine_that_was_trained_without_a_part_is_not_followed_with_it(way: int):
    config = memory.machine("copy").config
    without = config.updated(content=False) if way else config.updated(shifts=False)
    question = memory.follow(without, memory.machine("copy").start, 3, 1, "both")
    assert (question.training.content, question.training.shifts) == (not way, bool(way))
    assert memory.parts_left(without, "both") == ("shift" if way else "content")
    assert memory.parts_left(without, "content" if way else "shift") == "none"
