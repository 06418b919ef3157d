"""A meta-batch: the support and query sets of several tasks, whatever the tasks are."""

from dataclasses import dataclass, fields
from typing import Self

from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Tasks with their support and query points.

    Shapes: x [tasks, points, ...]; y [tasks, points, 1] for regression, [tasks, points] integers for classification.
    """

    support_x: Tensor
    support_y: Tensor
    query_x: Tensor
    query_y: Tensor

    @property
    def tasks(self) -> int:
        """How many tasks the batch holds."""
        return self.support_x.shape[0]

    @property
    def classes(self) -> bool:
        """Whether y are classes, not values."""
        return not self.query_y.is_floating_point()

    @property
    def way(self) -> int:
        """How many classes the support has."""
        return int(self.support_y.max()) + 1

    def part(self, tasks: slice) -> Self:
        """Return a batch of these tasks alone."""
        return type(self)(*(getattr(self, field.name)[tasks] for field in fields(self)))
