"""Train one layer of linear attention on linear functions, and compare it with one step of gradient descent.

von Oswald et al. 2023, "Transformers Learn In-Context by Gradient Descent", section 3: what training finds answers as
well as the step, and is that step.
Run it:  python -m core train linear-attention --task linear --seconds 10
"""

from collections.abc import Iterator, Sequence

from torch import Tensor

from core.events import Event, OuterStep, Snapshot
from core.events.evaluations import BesideOneStep
from core.methods.linear_attention.config import LinearAttentionConfig
from core.methods.linear_attention.model import LinearAttention, best_rate, gradient_step
from core.seeding import generator
from core.tasks import linear
from core.tasks.batch import Batch
from core.training import memory

WATCHED = 1000  # functions of a report
QUERIES = 25  # of a function in report and evaluation


def network(config: LinearAttentionConfig) -> LinearAttention:
    """Return the layer that `config` describes."""
    return LinearAttention(config.linear.inputs)


def train(config: LinearAttentionConfig, resume: Snapshot | None = None) -> Iterator[Event]:
    """Train on random functions; yields the events of core.events. Raises DivergedError."""
    layer = network(config)
    watched = linear.draw(config.linear, WATCHED, generator(0, "evaluation"), QUERIES)  # as `evaluate` draws them

    def report(theta: Tensor, iteration: int) -> Sequence[Event]:
        loss = errors(layer(theta, watched.support_x, watched.support_y, watched.query_x), watched).mean().item()
        return [OuterStep(iteration, loss, loss)]

    return memory.train(
        config,
        resume,
        layer.init,
        lambda start: linear.stream(config.linear, config.meta_batch, config.seed, start),
        lambda theta, batch: errors(layer(theta, batch.support_x, batch.support_y, batch.query_x), batch),
        report,
        lambda theta, iteration: evaluate(theta, config, iteration),
        config.warm_up,
    )


def errors(answers: Tensor, batch: Batch) -> Tensor:
    """Return the mean squared error of each function's queries, [b]. answers [b, q, 1]."""
    return (answers - batch.query_y).square().mean((1, 2))


def evaluate(theta: Tensor, config: LinearAttentionConfig, iteration: int = 0) -> BesideOneStep:
    """Return the query MSE on unseen functions, and that of the best step of gradient descent on the same."""
    task = config.linear
    rate = best_rate(task.inputs, task.shots)
    batch = linear.draw(task, config.test_tasks, generator(0, "evaluation"), QUERIES)
    points = batch.support_x, batch.support_y, batch.query_x
    both = [errors(network(config)(theta, *points), batch), errors(gradient_step(*points, rate), batch)]
    (loss, half), (step, step_half) = ((e.mean().item(), 1.96 * e.std().item() / len(e) ** 0.5) for e in both)
    return BesideOneStep(iteration, loss, half, step, step_half, rate, len(both[0]))
