"""The stepper's events and the lines of source that they point to; the plane; fits and sweeps."""

from dataclasses import replace

import numpy as np
import pytest

from core.demos import source
from core.demos.questions import Fit, Plane, Sweep, Trace
from core.dispatch import run
from core.events import Arrows, InnerStep, OuterGradient, OuterMove, Snapshot, TasksDrawn
from core.methods.maml.config import MamlConfig
from core.methods.reptile.config import ReptileConfig
from core.storage.checkpoints import shipped

CONFIGS = {"maml": MamlConfig(meta_batch=3, inner_steps=2), "reptile": ReptileConfig(meta_batch=3, inner_steps=2)}


@pytest.mark.parametrize("name", CONFIGS)
def test_one_iteration_is_told_event_by_event(name):
    trace = list(run(Trace(CONFIGS[name])))
    kinds = [type(one.event) for one in trace]
    assert kinds == [TasksDrawn, InnerStep, InnerStep, OuterGradient, OuterMove]
    drawn, step = trace[0].event, trace[1].event
    assert trace[0].curves.shape == (1, len(trace[0].grid))
    assert trace[1].curves.shape == (3, len(trace[0].grid))
    assert step.phi.shape == (3, len(drawn.theta))


@pytest.mark.parametrize("name", CONFIGS)
def test_the_traced_move_is_that_of_the_plain_run(name):
    start = shipped(f"{name}-sinusoid").snapshot
    move = list(run(Trace(CONFIGS[name], start)))[-1].event
    plain = run(replace(CONFIGS[name], iterations=start.iteration + 1), start)
    after = [event for event in plain if isinstance(event, Snapshot)][-1].theta
    assert (move.before == start.theta).all()
    assert (move.after == after).all()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "maml",
            ["for batch, lr_scale in", "phi, losses, ", "phi, losses, ", "if config.order == 2:", "adam.step("],
        ),
        ("reptile", ["for batch, lr_scale in", "phi, losses, ", "phi, losses, ", "arrows = phi - theta", "theta += "]),
    ],
)
def test_each_event_points_to_the_line_that_made_it(name, expected):
    for one, beginning in zip(run(Trace(CONFIGS[name])), expected, strict=True):
        lines = source.text(one.file).splitlines()
        assert "yield" in lines[one.line - 1]
        first, last = source.cause_of(one.file, one.line)
        assert lines[first - 1].strip().startswith(beginning)
        assert first <= last < one.line


def test_source_knows_its_functions():
    first, last = source.function_lines("core/methods/maml/algorithm.py", "meta_gradient")
    lines = source.text("core/methods/maml/algorithm.py").splitlines()
    assert lines[first - 1].startswith("def meta_gradient(")
    assert "return" in lines[last - 1]
    with pytest.raises(LookupError):
        source.function_lines("core/methods/maml/algorithm.py", "nothing")


def test_source_finds_the_lines_that_are_explained():
    file, formula = "core/training/adaptation.py", "phi = phi - inner_rate * gradient"
    lines = source.text(file).splitlines()
    marked = source.lines_with(file, "inner_step", formula, "return")
    assert formula in {lines[number - 1].strip() for number in marked}  # the taught line is the formula
    assert len(marked) == 2
    with pytest.raises(LookupError, match="no line with 'theta = 0'"):
        source.lines_with(file, "inner_step", formula, "theta = 0")


def arrows_of(config: Plane) -> dict[str, Arrows]:
    (answer,) = run(config)
    return {arrows.name: arrows for arrows in answer.arrows}


def loss(theta, config: Plane) -> float:
    x = np.linspace(-5, 5, 101)
    errors = [
        ((theta[0] * np.sin(x - theta[1]) - a * np.sin(x - b)) ** 2).mean()
        for a, b in zip(config.amplitudes, config.phases, strict=True)
    ]
    return float(np.mean(errors))


def test_the_surface_is_the_exact_loss():
    config = Plane()
    (answer,) = run(config)
    surface = answer.surface
    for i, j in ((0, 0), (10, 30), (40, 5)):
        theta = (surface.amplitudes[i], surface.phases[j])
        assert surface.losses[:, i, j].mean() == pytest.approx(loss(theta, config), rel=1e-4)


def test_without_inner_steps_the_arrow_is_the_plain_gradient():
    config = Plane(inner_steps=0)
    found = arrows_of(config)
    theta, h = np.array([config.amplitude, config.phase]), 1e-5
    numeric = [(loss(theta + h * unit, config) - loss(theta - h * unit, config)) / (2 * h) for unit in np.eye(2)]
    assert np.allclose(-found["maml"].contributions.mean(0), numeric, rtol=1e-4)
    assert np.allclose(found["maml"].contributions, found["fomaml"].contributions)
    assert "reptile" not in found


def test_with_one_step_reptiles_arrow_is_the_gradient_at_theta():
    gradient = arrows_of(Plane(inner_steps=0))["maml"].contributions
    reptile = arrows_of(Plane(inner_steps=1, inner_rate=0.1))["reptile"].contributions
    assert np.allclose(reptile, 0.1 * gradient, rtol=1e-4)


def test_mamls_arrow_goes_down_the_loss_after_adapting():
    config = Plane(inner_steps=2, inner_rate=0.1)

    def adapted(theta) -> float:
        path = arrows_of(replace(config, amplitude=float(theta[0]), phase=float(theta[1])))["maml"].path[-1]
        x = np.linspace(-5, 5, 101)
        return float(np.mean([
            ((phi[0] * np.sin(x - phi[1]) - a * np.sin(x - b)) ** 2).mean()
            for phi, a, b in zip(path.astype(float), config.amplitudes, config.phases, strict=True)
        ]))  # fmt: skip

    theta = np.array([config.amplitude, config.phase])
    numeric = [(adapted(theta + 1e-2 * unit) - adapted(theta - 1e-2 * unit)) / 2e-2 for unit in np.eye(2)]
    assert np.allclose(-arrows_of(config)["maml"].contributions.mean(0), numeric, rtol=2e-2)


def test_a_fit_goes_down_its_support_loss_and_starts_at_the_init():
    theta = shipped("maml-sinusoid").snapshot.theta
    x = tuple(np.linspace(-4, 4, 9))
    y = tuple(2 * np.sin(np.array(x) - 1))
    fit = next(iter(run(Fit(x, y, {"maml": theta}, amplitude=2.0, phase=1.0, inner_steps=20))))
    assert fit.curves.shape == (21, 121)
    assert fit.support_loss[20] < 0.2 * fit.support_loss[0]
    assert fit.query_loss[20] < 0.2 * fit.query_loss[0]


def test_a_sweep_finds_the_rate_that_training_used_to_be_a_good_one():
    swept = next(iter(run(Sweep({"maml": shipped("maml-sinusoid").snapshot.theta}, 1))))
    before, after = swept.losses
    assert (before == before[0]).all(), "without a step the rate does not matter"
    assert 0.004 < swept.rates[after.argmin()] < 0.03
    assert after[-1] > 10 * after.min()
