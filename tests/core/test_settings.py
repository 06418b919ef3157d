"""The corners of what is allowed: a run with any settings ends in finite numbers, or says in words that it diverged.

More of them: SETTINGS=2000 .venv/bin/python -m pytest -m slow tests/core/test_settings.py
"""

import os
import random

import numpy as np
import pytest
import torch

from core.events import DivergedError, Event, OuterStep, Snapshot
from core.options import ConfigError, Option, options
from core.registry import METHODS, TASKS, config_for, train
from core.training.config import AdaptationConfig, TrainingConfig

# how large a size is tried, so that a run takes a moment: those that are only sizes of tensors, or counts
CAPS = {
    "meta_batch": 3, "iterations": 4, "test_tasks": 3, "hidden": 12, "rows": 12, "columns": 8, "width": 8, "way": 6,
    "instances": 6, "points": 8, "inner_steps": 3, "test_steps": 3, "context": 2, "longest": 6, "shortest": 6,
    "repeats": 3, "test_way": 6, "shots": 8, "queries": 8, "report_every": 2, "snapshot_every": 3, "heads": 4,
    "readers": 3, "writers": 3,
}  # fmt: skip
FIXED = {"data": "glyphs", "seconds": 0.0, "test_lengths": "2,9", "side": 14}
PAIRS = [(name, task) for name, method in METHODS.items() for task in TASKS
         if type(TASKS[task][0]) in method.tasks and task != "omniglot"]  # fmt: skip
MANY = int(os.environ.get("SETTINGS", "90"))


def corner(option: Option, source: random.Random) -> object:
    """A value that is allowed: most often the smallest or the largest, else the default or one between."""
    if option.name in FIXED:
        return FIXED[option.name]
    if option.choices is not None:
        return source.choice(option.choices)
    if option.kind is bool:
        return source.random() < 0.5
    if option.kind not in (int, float) or option.low is None or option.high is None:
        return option.default
    high = min(option.high, CAPS.get(option.name, option.high))
    between = source.uniform(option.low, high)
    value = source.choice([option.low, high, min(option.default, high), between])
    return option.kind(value)


def settings(number: int) -> tuple[str, str, TrainingConfig] | None:
    """Settings of the number; None where they contradict each other, which is said in words."""
    source = random.Random(number)
    name, task = PAIRS[number % len(PAIRS)]
    base = config_for(name, task)
    try:
        return (
            name,
            task,
            base.updated(**{one.name: corner(one, source) for one in options(base) if one.name != "kind"}),
        )
    except ConfigError as error:
        assert str(error) and "\n" not in str(error)
        return None


def finite(event: Event) -> bool:
    values = [np.asarray(value) for value in vars(event).values() if isinstance(value, np.ndarray | float)]
    return all(np.isfinite(value).all() for value in values)


def check(number: int) -> str:
    """Run the settings of a number and return how that ended. Raises AssertionError, and whatever the run raises."""
    chosen = settings(number)
    if chosen is None:
        return "refused"
    name, task, config = chosen
    events = []
    try:
        for event in train(config):
            events.append(event)
    except DivergedError as error:
        assert str(config.advice) in str(error)
        return "diverged"
    steps = [event for event in events if isinstance(event, OuterStep | Snapshot)]
    assert all(finite(event) for event in steps if event.iteration), (number, name, task, config)
    # how far gradient steps beyond those of training overshoot is a result: its table says "not finite any more"
    assert finite(events[-1]) or isinstance(config, AdaptationConfig), (number, name, task, config)
    return "done"


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("number", range(24))
def test_settings_at_the_corners_end_in_numbers_or_words(number):
    check(number)


@pytest.mark.slow
def test_many_settings_at_the_corners_end_in_numbers_or_words():
    ended = [check(number) for number in range(24, MANY)]
    assert ended.count("done") > len(ended) / 3
