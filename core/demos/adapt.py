"""Fit the same few points of one task from several initializations, step by step."""

from collections.abc import Iterator

import torch

from core.demos.questions import Fit, FitEpisode, Score
from core.events import Fitted, FittedEpisode, arrays
from core.events.evaluations import FewShotEvaluation
from core.tasks import episodes
from core.training.adaptation import adapt
from core.training.config import Descent
from core.training.evaluation import evaluate_few_shot
from core.training.problem import accuracy, cross_entropy, episodes_problem, sinusoid_problem

GRID = torch.linspace(-5, 5, 121)  # where the fitted curves are drawn and scored


def run(config: Fit) -> Iterator[Fitted]:
    """Fit the support points by gradient descent from every init of `config`, all at once.

    Yields a `Fitted` for each init, in order.
    """
    problem = sinusoid_problem()
    names = list(config.inits)
    theta = torch.stack([torch.from_numpy(config.inits[name]) for name in names])
    x, y = (torch.tensor(v, dtype=torch.float32).expand(len(names), -1)[..., None] for v in (config.x, config.y))
    grid = GRID.expand(len(names), -1)[..., None]
    truth = config.amplitude * torch.sin(grid - config.phase)
    path = list(adapt(problem, theta, x, y, Descent(config.inner_rate), config.inner_steps))
    curves = torch.stack([problem.model(phi, grid)[..., 0] for phi in path])
    support = torch.stack([problem.loss(phi, x, y) for phi in path])
    query = torch.stack([problem.loss(phi, grid, truth) for phi in path])
    for i, name in enumerate(names):
        yield Fitted(name, GRID.numpy(), curves[:, i].numpy(), support[:, i].numpy(), query[:, i].numpy())


def score(config: Score) -> Iterator[FewShotEvaluation]:
    """Yield the `FewShotEvaluation` of `config.init`."""
    yield evaluate_few_shot(config.init, config.inner_steps, config.episodes)


def run_episode(config: FitEpisode) -> Iterator[FittedEpisode]:
    """Adapt to one episode from every init of `config`, each by its own descent.

    Yields a `FittedEpisode` for each init, in order. Raises ConfigError on characters that do not exist.
    """
    batch = episodes.by_numbers(config.data, config.characters, config.drawings, config.shots)
    for name, init in config.inits.items():
        problem = episodes_problem(init.network)
        phi = torch.from_numpy(init.theta)[None]
        path = list(adapt(problem, phi, batch.support_x, batch.support_y, init.descent, config.inner_steps))
        logits = torch.cat([problem.predict(phi, batch.query_x) for phi in path])
        y = batch.query_y.expand(len(path), -1)
        support = torch.cat([problem.loss(phi, batch.support_x, batch.support_y) for phi in path])
        yield FittedEpisode(name, *arrays(logits.softmax(-1), support, cross_entropy(logits, y), accuracy(logits, y)))
