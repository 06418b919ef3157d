"""iMAML: the outer gradient from where the inner loop ends, whatever way it took there.

Rajeswaran, Finn, Kakade, Levine 2019, "Meta-Learning with Implicit Gradients", algorithms 1 and 2. A task's loss is
drawn back to theta, so that its minimum phi depends on theta: phi = argmin L(phi) + lambda / 2 |phi - theta|^2.
Run it:  python -m core train imaml --task sinusoid --seconds 60
"""

from collections.abc import Callable, Iterator

from torch import Tensor

from core.events import Event, Snapshot
from core.methods.imaml.config import ImamlConfig
from core.tasks.batch import Batch
from core.training.adaptation import adapt
from core.training.evaluation import evaluate
from core.training.outer_descent import descend
from core.training.problem import Problem

__all__ = ["evaluate", "meta_gradient", "train"]  # its score is that of every method that adapts
TINY = 1e-20


def meta_gradient(problem: Problem, theta: Tensor, batch: Batch, config: ImamlConfig) -> tuple[Tensor, Tensor]:
    """Return the query losses [tasks] at the end of the inner loops, and the mean of the tasks' implicit gradients.

    theta and the gradient are [parameters].
    """
    # inner loop: nothing of it is remembered but where it ends
    start = theta.expand(batch.tasks, -1)
    *_, phi = adapt(problem, start, batch.support_x, batch.support_y, config.descent, config.inner_steps)
    losses, gradient, _ = problem.derivatives(phi, batch.query_x, batch.query_y)

    # at the minimum d phi / d theta = (I + H / lambda)^-1: solve for its product with the gradient (lemma 1). Before it
    # H may have eigenvalues below -lambda; damping, as in the authors' code, outweighs them
    def times(v: Tensor) -> Tensor:
        _, _, hessian_times = problem.derivatives(phi, batch.support_x, batch.support_y, curvature=True)
        return v + hessian_times(v) / (config.pull + config.damping)

    return losses, conjugate_gradients(times, gradient, config.solver_steps).mean(0)


def conjugate_gradients(times: Callable[[Tensor], Tensor], b: Tensor, steps: int) -> Tensor:
    """Return x with A x = b nearly, for each row of b [tasks, parameters] at once (Hestenes, Stiefel 1952).

    times: v -> A v, with a symmetric A for each row. It is exact after as many steps as A has different eigenvalues. A
    row whose A turns out to have a negative one keeps what it has by then (Steihaug 1983).
    """
    x, residual, direction = b * 0, b, b
    square = (residual * residual).sum(1, keepdim=True)
    goes = square > TINY
    for _ in range(steps):
        product = times(direction)
        curvature = (direction * product).sum(1, keepdim=True)
        goes = goes & (curvature > TINY) & (square > TINY)
        length = (square / curvature).where(goes, 0)
        x, residual = x + length * direction, residual - length * product
        before, square = square, (residual * residual).sum(1, keepdim=True)
        direction = residual + square / before.clamp_min(TINY) * direction
    return x


def train(config: ImamlConfig, resume: Snapshot | None = None) -> Iterator[Event]:
    """Meta-train theta; yields the events of core.events. Raises DivergedError."""
    return descend(config, resume, meta_gradient)
