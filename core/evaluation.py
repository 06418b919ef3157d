"""How well an initialization adapts to tasks it has never seen."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from core.algorithms.inner import adapt
from core.configs import Adapting, Descent, Episodes, Task
from core.events import Evaluation, Event, FewShotEvaluation
from core.problems import Problem, accuracy, cross_entropy, episodes_problem, mean_squared_error, problem_of
from core.requests import Init, Score
from core.tasks.batch import Batch
from core.tasks.episodes import EpisodeBatch
from core.tasks.families import unseen

TASKS, QUERIES = 1000, 100  # sinusoids
TEST_QUERIES = 5  # of each class in an episode
TOGETHER = 40  # episodes evaluated at once: enough to be fast, few enough for the memory
EVERY = 5  # steps between two looks at the queries where there are many steps


def query_losses(problem: Problem, theta: Tensor, batch: Batch, descent: Descent, steps: int) -> Tensor:
    """Query loss after 0, 1, ..., `steps` inner steps on the support, [steps + 1, tasks]."""
    phi = theta.detach().expand(batch.tasks, -1)
    path = adapt(problem, phi, batch.support_x, batch.support_y, descent, steps)
    return torch.stack([problem.loss(at, batch.query_x, batch.query_y) for at in path])


def logits_of_queries(problem: Problem, phi: Tensor, batch: Batch, transductive: bool) -> Tensor:
    """Logits [tasks, queries, way]. Batch normalization sees the queries of a task together if
    `transductive`, else each of them with the support alone.
    """
    if transductive:
        return problem.predict(phi, batch.query_x)
    tasks, queries = batch.query_x.shape[:2]
    support = batch.support_x[:, None].expand(-1, queries, -1, -1, -1)
    each = torch.cat([support, batch.query_x[:, :, None]], 2).flatten(0, 1)
    logits = problem.predict(phi.repeat_interleave(queries, 0), each)
    return logits[:, -1].view(tasks, queries, -1)


def evaluate(
    problem: Problem, theta: Tensor, config: Adapting, iteration: int = 0, tasks: int = TASKS
) -> Evaluation | FewShotEvaluation:
    """The score of theta on `tasks` unseen tasks, with 95% intervals."""
    if isinstance(config.task, Episodes):
        init = Init(theta.numpy(), config.task, config.descent)
        return few_shot(init, config.test_steps, tasks, iteration)
    descent, steps = config.descent, config.test_steps

    def predictions(batch: Batch) -> list[Tensor]:
        phi = theta.detach().expand(batch.tasks, -1)
        path = adapt(problem, phi, batch.support_x, batch.support_y, descent, steps)
        return [problem.predict(at, batch.query_x) for at in path]

    return regression_score(predictions, config.task, tasks, iteration, config.inner_rate)


def regression_score(
    predictions: Callable[[Batch], list[Tensor]], task: Task, tasks: int, iteration: int = 0, inner_rate: float = 0.0
) -> Evaluation:
    """Query MSE on `tasks` unseen tasks; predictions: of a batch, after each number of steps."""
    batch = unseen(task, "evaluation", tasks, QUERIES)
    losses = torch.stack([mean_squared_error(one, batch.query_y) for one in predictions(batch)])
    ci95 = 1.96 * losses.std(1) / tasks**0.5
    return Evaluation(iteration, losses.mean(1).numpy(), ci95.numpy(), tasks, inner_rate)


def evaluate_run(theta: Tensor, config: Adapting, iteration: int = 0) -> Evaluation | FewShotEvaluation:
    """As `evaluate`, with the problem and the number of tasks that `config` asks for."""
    return evaluate(problem_of(config.task), theta, config, iteration, config.test_tasks)


def score(config: Score) -> Iterator[Event]:
    """Yield one `FewShotEvaluation` of `config.init`."""
    yield few_shot(config.init, config.inner_steps, config.episodes)


def few_shot(init: Init, inner_steps: int, episodes: int, iteration: int = 0) -> FewShotEvaluation:
    """Accuracy on `episodes` unseen episodes with 5 queries a class, after each number of steps."""
    task, theta, problem = init.network, torch.from_numpy(init.theta), episodes_problem(init.network)
    steps = looked_at(inner_steps)

    def logits(batch: EpisodeBatch) -> list[Tensor]:
        phi = theta.expand(batch.tasks, -1)
        path = adapt(problem, phi, batch.support_x, batch.support_y, init.descent, inner_steps)
        return [
            logits_of_queries(problem, at, batch, task.transductive) for step, at in enumerate(path) if step in steps
        ]

    return few_shot_score(logits, task, episodes, steps, init.descent.rate, iteration)


def few_shot_score(
    logits: Callable[[EpisodeBatch], list[Tensor]],
    task: Episodes,
    episodes: int,
    steps: list[int],
    inner_rate: float = 0.0,
    iteration: int = 0,
) -> FewShotEvaluation:
    """Accuracy on `episodes` unseen episodes with 5 queries a class.

    logits: those of the queries of a batch [tasks, queries, way], after each of `steps`.
    """
    right, losses = [], []
    for block in range(0, episodes, TOGETHER):
        batch = unseen(task, "evaluation", min(TOGETHER, episodes - block), TEST_QUERIES, block)
        assert isinstance(batch, EpisodeBatch)
        rows = logits(batch)
        right.append(torch.stack([accuracy(one, batch.query_y) for one in rows]))
        losses.append(torch.stack([cross_entropy(one, batch.query_y) for one in rows]))
    share, loss = torch.cat(right, 1), torch.cat(losses, 1).mean(1)
    ci95 = 1.96 * share.std(1) / episodes**0.5
    mean = share.mean(1)
    return FewShotEvaluation(
        iteration, mean[-1].item(), ci95[-1].item(), task.way, task.shots, episodes, task.transductive, task.data,
        task.split, inner_rate, steps, mean.numpy(), ci95.numpy(), loss.numpy(),
    )  # fmt: skip


def looked_at(steps: int) -> list[int]:
    """The numbers of inner steps after which queries are judged: all of them, or every fifth of many."""
    every = 1 if steps <= 2 * EVERY else EVERY
    return sorted({*range(0, steps + 1, every), steps})
