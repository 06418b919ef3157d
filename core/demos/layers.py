"""What really adapts: how far each layer of a network goes from theta, and what is left where some may not move."""

from collections.abc import Iterator

import torch
from torch import Tensor

from core.demos.adapt import GRID
from core.demos.answers import LayersMoved, LayersScored
from core.demos.questions import MoveLayers, ScoreLayers
from core.events import arrays
from core.tasks.config import Episodes
from core.tasks.families import unseen
from core.training.adaptation import adapt
from core.training.config import TEST_QUERIES
from core.training.evaluation import QUERIES
from core.training.problem import problem_of, sinusoid_problem

AT_ONCE = 40  # tasks


def run(question: MoveLayers) -> Iterator[LayersMoved]:
    """Adapt to the points of one sinusoid, with some layers held."""
    config, problem = question.training, sinusoid_problem()
    init, descent = config.moving(question.theta, question.moves)
    theta = torch.from_numpy(init)[None]
    x, y = (torch.tensor(values, dtype=torch.float32)[None, :, None] for values in (question.x, question.y))
    grid = GRID[None, :, None]
    truth = question.amplitude * torch.sin(grid - question.phase)
    path = torch.cat(list(adapt(problem, theta, x, y, descent, question.inner_steps)))
    curves = problem.model(path, grid.expand(len(path), -1, -1))
    distances = _by_layer(path - theta, config.layers)
    lengths = _by_layer(theta, config.layers)[0]
    errors = (curves - truth).square().mean((1, 2))
    yield LayersMoved(*arrays(GRID, curves[..., 0], errors, distances, lengths))


def score(question: ScoreLayers) -> Iterator[LayersScored]:
    """Score a network on unseen tasks, with some layers held."""
    config, task = question.training, question.training.task
    init, descent = config.moving(question.theta, question.moves)
    problem, theta = problem_of(task), torch.from_numpy(init)
    scores, distances = [], []
    for block in range(question.tasks // AT_ONCE):
        queries = TEST_QUERIES if isinstance(task, Episodes) else QUERIES
        batch = unseen(task, "evaluation of layers", AT_ONCE, queries, block)
        start = theta.expand(batch.tasks, -1)
        *_, phi = adapt(problem, start, batch.support_x, batch.support_y, descent, question.inner_steps)
        predicted = problem.predict(phi, batch.query_x)
        scores.append((problem.score or problem.loss_of)(predicted, batch.query_y))
        distances.append(_by_layer(phi - theta, config.layers))
    all_scores, moved = torch.cat(scores), torch.cat(distances).mean(0)
    ci95 = 1.96 * all_scores.std() / len(all_scores) ** 0.5
    lengths = _by_layer(theta[None], config.layers)[0]
    distance, length = arrays(moved, lengths)
    yield LayersScored(all_scores.mean().item(), ci95.item(), distance, length, len(all_scores))


def _by_layer(vectors: Tensor, layers: list[int]) -> Tensor:
    """Return the length of each layer's part of vectors [n, parameters], [n, layers]."""
    return torch.stack([part.norm(dim=1) for part in vectors.split(layers, 1)], 1)
