"""What a file from outside may hold: types and sizes, and nothing that runs."""

import ast
import io
import json
import os
import random

import numpy as np
import pytest

from core.methods.mann.algorithm import network
from core.methods.mann.config import MannConfig
from core.methods.meta_sgd.config import MetaSgdConfig
from core.methods.ntm.algorithm import machine
from core.methods.ntm.config import NtmConfig
from core.options import ConfigError, options
from core.registry import METHODS, TASKS, comparison_of, config_for, method_of
from core.storage import checkpoints
from core.storage.checkpoints import CheckpointError, from_bytes, shipped, to_bytes
from core.storage.program import script
from core.training.config import ContextConfig, MetricConfig, TrainingConfig
from core.training.problem import problem_of
from tests.core.test_fuzz import value

HOSTILE = [
    "__import__('os').system('id')",
    "0)\nimport os\nos.system('id')  #", '"""\nimport os\n"""', "\\", "{}", "{iteration}",
    "'; import os; '", "1 if True else 0", "\N{RIGHT-TO-LEFT OVERRIDE}", "\x00", "%s", "a\nb", "\ud800",
]  # fmt: skip


def parts(name: str) -> tuple[dict, dict]:
    """The header and the other arrays of a shipped checkpoint."""
    with np.load(io.BytesIO(to_bytes(shipped(name))), allow_pickle=False) as file:
        arrays = dict(file)
    return json.loads(str(arrays.pop("header"))), arrays


def packed(header: dict, arrays: dict) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, header=np.array(json.dumps(header)), **arrays)
    return buffer.getvalue()


def hostile(source: random.Random, header: dict) -> dict:
    """The header with some values that somebody would like to be run."""
    header = json.loads(json.dumps(header))
    for _ in range(source.randrange(1, 4)):
        where = source.choice([header, header["config"], header["config"], header["about"], header["evaluation"]])
        if not isinstance(where, dict):
            continue
        kind = source.random()
        key = source.choice([*where, "self", source.choice(HOSTILE)])
        old = where.get(key)
        if kind < 0.4:
            where[key] = source.choice(HOSTILE)
        elif kind < 0.7 and isinstance(old, int | float) and not isinstance(old, bool):
            where[key] = source.choice([old + 1, -old, old * 1.5, float(old), 10**30, float("inf"), 0, 1])
        elif kind < 0.8:
            where[str(key)] = source.choice([True, False, None, [], {}])
        else:
            where[str(key)] = value(source)
    return header


def shape_of(program: str) -> str:
    """The syntax of a program in which each literal is gone, and each setting, whatever its number and name."""
    tree = ast.parse(program)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "updated":
            assert not node.args and all(
                isinstance(ast.literal_eval(k.value), (int, float, str)) for k in node.keywords
            )
            node.keywords = []
        if isinstance(node, ast.Constant):
            node.value = 0
    return ast.dump(tree)


def test_a_program_of_any_checkpoint_that_loads_is_the_template_but_for_literals():
    tried, loaded, source = 0, 0, random.Random(1)
    bases = [parts(name) for name in ("maml-sinusoid", "reptile-sinusoid", "joint-sinusoid")]
    expected = {shape_of(script(shipped(name), "x.py")) for name in ("maml-sinusoid", "ntm-copy", "mann-omniglot")}
    assert len(expected) == 1
    while loaded < MOST_LOADED:
        header, arrays = source.choice(bases)
        tried += 1
        try:
            run = checkpoints._from_arrays(arrays | {"header": np.array(json.dumps(hostile(source, header)))})
        except Exception:  # which `from_bytes` turns into a CheckpointError, whatever it is
            continue
        loaded += 1
        assert {shape_of(script(run, "x.py"))} == expected
    assert tried > loaded


MOST_LOADED = int(os.environ.get("META_HOSTILE", "300"))


def test_a_text_in_place_of_the_iteration_is_refused():
    header, arrays = parts("maml-sinusoid")
    for iteration in ("1); import os  #", "4000", 1.5, None, True, -1, 10**12, [1], {}):
        with pytest.raises(CheckpointError):
            from_bytes(packed(header | {"iteration": iteration}, arrays), "the file")


@pytest.mark.parametrize("name", [path.stem for path in sorted(checkpoints.PRETRAINED.glob("*.npz"))])
def test_a_shipped_checkpoint_comes_back_as_it_was(name):
    run = shipped(name)
    again = from_bytes(to_bytes(run), "again")
    assert again.config == run.config and again.about == run.about and len(again.steps) == len(run.steps)
    assert (again.snapshot.theta == run.snapshot.theta).all()
    assert again.evaluation.to_json() == run.evaluation.to_json()


def damaged(name: str, **changes) -> bytes:
    header, arrays = parts("maml-sinusoid")
    return packed(header, arrays | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"curve_iteration": np.array([10**18] * 201)},
        {"curve_iteration": np.arange(201)[::-1]},
        {"curve_iteration": np.arange(201).astype("U5")},
        {"curve_iteration": np.zeros((201, 1), int)},
        {"curve": np.zeros((201, 3), np.float32)},
        {"curve": np.zeros((201, 4), "U5")},
        {"curve": np.zeros((20_000, 4), np.float32), "curve_iteration": np.arange(20_000)},
        {"theta": np.zeros(1756, np.float32), "start": np.zeros(1756, np.float32)},
        {"start": np.full(1761, np.inf, np.float32)},
        {"theta": np.zeros(1761, np.float64)},
        {"optimizer_step": np.array("x")},
        {"optimizer_exp_avg": np.full(1761, np.nan, np.float32)},
        {f"optimizer_{letter}": np.zeros(3, np.float32) for letter in "abcdefghij"},
    ],
    ids=str,
)
def test_arrays_of_the_wrong_kind_are_refused(changes):
    with pytest.raises(CheckpointError):
        from_bytes(damaged("maml-sinusoid", **changes), "the file")


def test_an_evaluation_must_be_of_the_run_s_kind_and_whole():
    header, arrays = parts("maml-sinusoid")
    good = header["evaluation"]
    for changes in (
        {"loss_by_step": []}, {"loss_by_step": 3.0}, {"loss_by_step": good["loss_by_step"][:3]}, {"tasks": "100"},
        {"inner_rate": None}, {"loss_by_step": ["1"] * 11}, {"loss_by_step": [1.0] * 5000, "ci95": [1.0] * 5000}
    ):  # fmt: skip
        with pytest.raises(CheckpointError):
            from_bytes(packed(header | {"evaluation": good | changes}, arrays), "the file")
    for evaluation in ({}, {"episodes": 1}, {"lengths": [1], "bit_errors_per_sequence": [0.0]}, [1], "x"):
        with pytest.raises(CheckpointError):
            from_bytes(packed(header | {"evaluation": evaluation}, arrays), "the file")
    diverged = good | {"loss_by_step": [float("inf"), *good["loss_by_step"][1:]]}
    assert from_bytes(packed(header | {"evaluation": diverged}, arrays), "the file").evaluation is not None


def test_a_long_curve_is_stored_thinned():
    run = shipped("maml-sinusoid")
    steps = [type(run.steps[0])(i, 1.0, 0.5) for i in range(50_000)]
    back = from_bytes(to_bytes(checkpoints.replace(run, steps=steps)), "x").steps
    assert len(back) == checkpoints.MOST_ROWS and (back[0].iteration, back[-1].iteration) == (0, 49_999)


def settings_of(method: str, task: str, source: random.Random) -> TrainingConfig:
    """Settings of a method at random, small enough to make the network."""
    config = config_for(method, task)
    while True:
        changes = {}
        for option in options(config):
            if option.choices:
                changes[option.name] = source.choice(option.choices)
            elif option.kind is bool:
                changes[option.name] = source.random() < 0.5
            elif option.kind is int and option.name not in ("seed", "iterations") and source.random() < 0.5:
                changes[option.name] = source.randint(option.low, min(option.high, option.low + 20))
        kept = {"data": "glyphs", "kind": config.flat().get("kind")}
        changes = {name: value for name, value in changes.items() if name not in kept}
        try:
            return config.updated(**changes)
        except ConfigError:
            continue


def true_length(config: TrainingConfig) -> int:
    """The length of theta that the network itself has."""
    if isinstance(config, MannConfig):
        return network(config).parameters
    if isinstance(config, NtmConfig):
        return machine(config).parameters
    if isinstance(config, MetricConfig):
        comparison = comparison_of(config)
        return comparison.parameters + comparison.encoder.statistics
    if isinstance(config, ContextConfig):
        return method_of(config).algorithm().network(config).parameters
    parts = 2 if isinstance(config, MetaSgdConfig) else 1  # an initialization, and a rate for each of its parameters
    return parts * problem_of(config.task).model.parameters


@pytest.mark.parametrize("method", list(METHODS))
def test_a_config_knows_how_long_theta_is(method):
    source = random.Random(method)
    for task, (kind, _) in TASKS.items():
        if type(kind) in METHODS[method].tasks:
            for _ in range(20):
                config = settings_of(method, task, source)
                assert config.parameters == true_length(config), config


def test_parameters_of_another_network_are_refused_in_words():
    theta = shipped("ntm-copy").snapshot.theta
    with pytest.raises(ConfigError, match=r"do not fit the network: there are 62260, and .* it has 6260"):
        shipped("ntm-copy", NtmConfig).config.updated(hidden=20).check_fits(theta)


def test_a_setting_named_self_and_a_long_one_are_refused():
    config = config_for("maml", "sinusoid")
    for changes in ({"self": 1}, {"changes": 1}, {"x" * 10**6: 1}, {"seed": "x" * 10**6}):
        with pytest.raises(ConfigError) as caught:
            config.updated(**changes)
        assert len(str(caught.value)) < 2000
    with pytest.raises(ConfigError, match="at most 200"):
        config_for("ntm", "copy").updated(test_lengths="1," * 200 + "1")
