"""Read the points of one function one after the other: the curve after each, and what a query looks at."""

from collections.abc import Iterator

import torch

from core.demos.adapt import GRID
from core.demos.questions import ReadPoints
from core.events import PointsRead, arrays
from core.methods.in_context.config import InContextConfig
from core.methods.in_context.model import Transformer
from core.registry import method_of
from core.tasks.batch import Batch
from core.training.context import answers_by_points


def run(question: ReadPoints) -> Iterator[PointsRead]:
    """Yield the `PointsRead` of a question."""
    theta, config = torch.from_numpy(question.theta), question.training
    x, y = (torch.tensor(values, dtype=torch.float32)[None, :, None] for values in (question.x, question.y))
    grid = GRID[None, :, None]
    network = method_of(config).algorithm().network(config)  # type: ignore[attr-defined]
    curves = answers_by_points(network, theta, Batch(x, y, grid, torch.zeros_like(grid)))[0]
    count = x.shape[1] + 1
    attention = torch.zeros(count, 0, 0, count)
    if isinstance(config, InContextConfig):
        attention = _attention(network, theta, x, y, question.query)
    spread = curves[..., 1] if curves.shape[-1] > 1 else curves[:0, :, 0]
    yield PointsRead(*arrays(GRID, curves[..., 0], spread, attention))


def _attention(
    network: Transformer, theta: torch.Tensor, x: torch.Tensor, y: torch.Tensor, query: float
) -> torch.Tensor:
    """Return what a query at `query` looks at after 0, 1, ... points, [points + 1, blocks, heads, points + 1]."""
    count = x.shape[1] + 1
    asked = torch.full((1, count, 1), query)
    with torch.no_grad():
        _, looks = network.answer(theta, x, y, asked, torch.arange(count))
    return torch.stack(looks)[:, 0].permute(2, 0, 1, 3)
