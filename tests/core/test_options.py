"""Configs validate themselves and say what is allowed."""

import pytest

from core.demos.questions import Plane
from core.methods.maml.config import MamlConfig
from core.methods.reptile.config import ReptileConfig
from core.options import ConfigError, options
from core.registry import METHODS, TASKS, config_for
from core.tasks.config import Sinusoid


def test_text_assignments_reach_the_algorithm_and_its_task():
    config = config_for("maml", "sinusoid", ["inner_rate=0.05", "shots=5", "order=1", "trace=true"])
    assert (config.inner_rate, config.task.shots, config.order, config.trace) == (0.05, 5, 1, True)


@pytest.mark.parametrize(
    ("assignment", "says"),
    [
        ("inner_rate=11", "inner_rate=11 is out of range: allowed is 0 to 10"),
        ("inner_rate=nan", "finite"),
        ("inner_rate=fast", "expected 0 to 10"),
        ("inner_steps=1.5", "expected 0 to 20"),
        ("order=3", "one of 1, 2"),
        ("inner_rat=1", "allowed are .*inner_rate"),
        ("inner_rate", "expected field=value"),
        ("trace=maybe", "true, false"),
        ("amplitude_low=9", "above amplitude_high"),
    ],
)
def test_bad_values_are_refused_with_what_is_allowed(assignment, says):
    with pytest.raises(ConfigError, match=says):
        config_for("maml", "sinusoid", [assignment])


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="allowed are maml, reptile"):
        config_for("mamal", "sinusoid")
    with pytest.raises(ConfigError, match="allowed are sinusoid"):
        config_for("maml", "cosinus")


@pytest.mark.parametrize("algorithm", METHODS)
def test_field_names_are_unique_so_that_they_can_be_flat(algorithm):
    for task in TASKS:
        if type(TASKS[task][0]) not in METHODS[algorithm].tasks:
            continue
        names = [one.name for one in options(config_for(algorithm, task))]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("config", [MamlConfig(), ReptileConfig(), Sinusoid(), Plane()])
def test_every_field_has_words_and_a_default_within_its_range(config):
    for one in options(config):
        assert one.doc
        one.check(one.default)


def test_values_out_of_range_are_clamped_to_the_nearest():
    rate = next(one for one in options(MamlConfig()) if one.name == "inner_rate")
    assert (rate.clamp(99.0), rate.clamp(-1), rate.clamp(float("inf")), rate.clamp(float("nan"))) == (10, 0, 10, 0.01)
    steps = next(one for one in options(MamlConfig()) if one.name == "inner_steps")
    assert (steps.clamp(99), steps.clamp(3), steps.clamp(2.5)) == (20, 3, 2)


def test_configs_are_frozen_and_flat_round_trips():
    config = MamlConfig(task=Sinusoid(shots=3), inner_rate=0.5)
    with pytest.raises(AttributeError):
        config.inner_rate = 1.0
    assert MamlConfig().updated(**config.flat()) == config
