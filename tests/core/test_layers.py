"""Layers that are held: against a network written plainly, and against methods that hold them by their own rule."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.demos.questions import MoveLayers, ScoreLayers
from core.dispatch import answer
from core.options import ConfigError
from core.registry import METHODS, config_for
from core.storage.checkpoints import shipped
from core.training.config import AdaptationConfig

ALL = (True, True, True)
X, Y = (-3.0, -1.0, 0.5, 2.0), (0.3, -1.2, 0.8, 2.0)
SHIPPED = ("maml", "reptile", "anil", "meta-sgd", "imaml")


def run_of(name: str):
    return shipped(f"{name}-sinusoid", AdaptationConfig)


def question(name: str, moves=ALL, steps: int = 3, **changes) -> MoveLayers:
    run = run_of(name)
    return MoveLayers(run.config.updated(**changes), run.snapshot.theta, X, Y, moves, 2.0, 1.0, steps)


def plain(name: str, moves, steps: int) -> list[torch.Tensor]:
    """Weights and biases after some steps, by a network and steps that are written out."""
    run = run_of(name)
    init, descent = run.config.parts(run.snapshot.theta.astype(np.float64))
    rates = np.broadcast_to(np.asarray(descent.rate, float), init.shape)
    shapes = [(1, 40), (40,), (40, 40), (40,), (40, 1), (1,)]
    ends = np.cumsum([np.prod(shape) for shape in shapes])[:-1]

    def cut(vector: np.ndarray) -> list[torch.Tensor]:
        return [torch.tensor(v).reshape(s) for v, s in zip(np.split(vector, ends), shapes, strict=True)]

    parts, rate_parts = cut(init), cut(rates)
    start = [part.clone() for part in parts]
    x, y = torch.tensor(X, dtype=torch.float64)[:, None], torch.tensor(Y, dtype=torch.float64)[:, None]
    for _ in range(steps):
        parts = [part.requires_grad_() for part in parts]
        hidden = torch.relu(torch.relu(x @ parts[0] + parts[1]) @ parts[2] + parts[3])
        slopes = torch.autograd.grad((hidden @ parts[4] + parts[5] - y).square().mean(), parts)
        parts = [
            (part - rate * (slope + descent.pull * (part - origin)) if moves[i // 2] else part).detach()
            for i, (part, rate, slope, origin) in enumerate(zip(parts, rate_parts, slopes, start, strict=True))
        ]
    return [*parts, *start]


@pytest.mark.parametrize("name", ["maml", "anil", "meta-sgd", "imaml"])
@pytest.mark.parametrize("moves", [ALL, (True, False, False), (False, True, True), (False, False, True)])
def test_a_held_layer_stays_and_the_others_step_as_plain_code_says(name, moves):
    (moved,) = answer(question(name, moves))
    parts = plain(name, moves, 3)
    expected = [
        float(torch.cat([(parts[2 * i] - parts[6 + 2 * i]).flatten(), parts[2 * i + 1] - parts[7 + 2 * i]]).norm())
        for i in range(3)
    ]
    assert moved.distances[-1] == pytest.approx(expected, rel=2e-4, abs=1e-6)
    grid = torch.tensor(moved.grid, dtype=torch.float64)[:, None]
    hidden = torch.relu(torch.relu(grid @ parts[0] + parts[1]) @ parts[2] + parts[3])
    curve = (hidden @ parts[4] + parts[5])[:, 0].numpy()
    assert moved.curves[-1] == pytest.approx(curve, abs=2e-4)
    assert moved.query_loss[-1] == pytest.approx(np.square(curve - 2 * np.sin(moved.grid - 1)).mean(), rel=1e-3)


@pytest.mark.parametrize("name", SHIPPED)
def test_where_no_layer_moves_nothing_changes(name):
    (moved,) = answer(question(name, (False, False, False)))
    assert np.ptp(moved.query_loss) == 0 and not moved.distances.any()
    assert (moved.lengths > 0).all()


def test_anil_moves_its_head_alone():
    (free,), (held,) = answer(question("anil")), answer(question("anil", (False, False, True)))
    assert not free.distances[:, :2].any() and free.distances[-1, 2] > 0
    assert np.array_equal(free.curves, held.curves)


def test_a_stronger_pull_keeps_a_network_nearer_to_where_it_began():
    lengths = [float(next(answer(question("imaml", ALL, 24, pull=pull))).distances[-1].sum()) for pull in (0.1, 10, 90)]
    assert lengths[0] > lengths[1] > lengths[2]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_score_with_all_layers_is_that_of_the_evaluation(name):
    run = run_of(name)
    steps = min(run.config.test_steps, 4)
    (scored,) = answer(ScoreLayers(run.config, run.snapshot.theta, ALL, steps, 400))
    expected, half = run.evaluation.loss_by_step[steps], run.evaluation.ci95[steps]
    assert abs(scored.score - expected) < 3 * (scored.ci95 + half)  # other unseen tasks
    assert scored.tasks == 400 and scored.distances.shape == scored.lengths.shape == (3,)


@pytest.mark.parametrize("method", [name for name in METHODS if issubclass(METHODS[name].config, AdaptationConfig)])
@pytest.mark.parametrize("task", ["sinusoid", "glyphs"])
def test_the_layers_are_all_of_what_adapts(method, task):
    try:
        config = config_for(method, task)
    except ConfigError:
        pytest.skip("not a task of this method")
    init, _ = config.parts(np.zeros(config.parameters, dtype=np.float32))
    assert sum(config.layers) == len(init)


def test_wrong_questions_are_refused_in_words():
    good = question("maml")
    for changes, words in (
        ({"moves": (True, False)}, "3 layers"),
        ({"x": (), "y": ()}, "at least one support point"),
        ({"x": (1.0,)}, "an x and a y"),
        ({"y": (np.nan,) * 4}, "finite"),
    ):
        with pytest.raises(ConfigError, match=words):
            replace(good, **changes)
    pictures = config_for("maml", "glyphs")
    theta = np.zeros(pictures.parameters, dtype=np.float32)
    with pytest.raises(ConfigError, match="functions of one number"):
        replace(good, training=pictures, theta=theta, moves=(True,) * 5)


def test_pictures_are_scored_by_accuracy():
    config = config_for("maml", "glyphs", ["width=8", "inner_rate=0.4"])
    theta = METHODS["maml"].algorithm().train(config.updated(iterations=0, test_tasks=2))
    start = next(theta).theta
    (scored,) = answer(ScoreLayers(config, start, (False,) * 4 + (True,), 1, 40))
    assert 0 <= scored.score <= 1 and not scored.distances[:4].any() and scored.distances[4] > 0
