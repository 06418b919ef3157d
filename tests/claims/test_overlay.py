"""What is said of two learning curves on one axis: they are measured alike, or it is said in what they differ."""

from functools import partial

import numpy as np

from core.registry import demo_for
from core.storage.checkpoints import shipped
from core.training.config import TrainingConfig
from lessons.demos import measuring
from lessons.figures import curves
from tests.claims.registry import STATES, Claims

CLAIMS = Claims()
PAGES = (
    ("maml", "sinusoid", "maml-sinusoid"),
    ("reptile", "sinusoid", "reptile-sinusoid"),
    ("maml", "omniglot", "maml-omniglot-5way1shot"),
    ("maml", "glyphs", "maml-omniglot-5way1shot"),
    ("reptile", "glyphs", "reptile-omniglot-5way1shot"),
    ("siamese", "omniglot", "siamese-omniglot"),
    ("matching", "glyphs", "matching-omniglot"),
    ("ntm", "copy", "ntm-copy"),
    ("mann", "omniglot", "mann-omniglot"),
)
# of a run's settings, those that say on which tasks its curve is measured; a metric method has its own for them
TESTED = ("data", "split", "way", "shots", "test_way", "test_shots", "longest", "kind", "instances", "noise")


def differing(state: tuple[TrainingConfig, TrainingConfig], names: tuple[str, ...]) -> set[str]:
    other, own = (config.flat() for config in state)
    names = tuple(name for name in names if "test_way" not in own or name not in ("way", "shots"))
    return {name for name in names if name in own and own[name] != other.get(name)}


@CLAIMS.says("{label} is not drawn: it is measured on other tasks ({differences}).")
def _(state, values):
    return bool(differing(state, TESTED)) and bool(measuring.unlike(*state))


@CLAIMS.says("{label} adapts in another way before it is measured ({differences}).")
def _(state, values):
    return not differing(state, TESTED) and bool(differing(state, ("inner_rate", "inner_steps", "inner_optimizer")))


@CLAIMS.says("Updates between two measurements: {label} {every}, yours {own}. Between dots, a line is a guess.")
def _(state, values):
    other, own = state
    return (other.report_every, own.report_every) == (values["every"], values["own"]) and values["every"] != values[
        "own"
    ]


@CLAIMS.says("{what}: {other}, yours {own}")
def _(state, values):
    other, own = (config.flat() for config in state)
    shown = [(measuring._plain(other[name]), measuring._plain(own[name])) for name in own if name in other]
    return (values["other"], values["own"]) in shown and values["other"] != values["own"]


LABELS = measuring.METRIC | measuring.OTHERS | measuring.ADAPTING
CLAIMS.names("; ", "omniglot", "glyphs", "True", "False", *(str(number) for number in range(200)))
CLAIMS.names(*sorted(set(LABELS.values())))


def test_curves_are_drawn_together_only_where_they_are_measured_alike():
    source = np.random.default_rng(1)
    for number in range(STATES):
        method, task, run = PAGES[number % len(PAGES)]
        own, other = demo_for(method, task), shipped(run).config
        flat = own.flat()
        changes = {"report_every": int(source.choice([10, 25, 250]))}
        if "inner_rate" in flat and source.random() < 0.4:
            changes |= {"inner_rate": float(source.choice([0.01, 0.05])), "inner_steps": int(source.integers(1, 6))}
        if "shots" in flat and source.random() < 0.3:
            changes["shots"] = int(source.integers(1, 6))
        state = (other, own.updated(**changes))
        text = CLAIMS.audit(
            partial(lambda pair: " ".join(measuring.about_overlay("the recorded run", *pair)), state), state
        )
        assert ("is not drawn" in text) == bool(differing(state, TESTED)) == bool(measuring.unlike(*state))
    assert {template for template in CLAIMS.checks if "{" in template} <= CLAIMS.heard


def test_measurements_that_are_few_are_marked():
    recorded = shipped("maml-sinusoid").steps
    few, many = (curves.learning([curves.Curve("a", recorded[:n])], 50_000).figure.data for n in (8, 200))
    assert {line.mode for line in few} == {"lines+markers"} and {line.mode for line in many} == {"lines"}
