"""How well an initialization adapts to tasks that it has never seen."""

from collections.abc import Callable

import torch
from torch import Tensor

from core.events.evaluations import Evaluation, FewShotEvaluation
from core.tasks.batch import Batch
from core.tasks.config import Episodes, Task
from core.tasks.episodes import EpisodeBatch
from core.tasks.families import unseen, unseen_episodes
from core.training.adaptation import AdaptTo, adapt
from core.training.config import TEST_QUERIES, AdaptationConfig, Descent, Init
from core.training.problem import Problem, accuracy, cross_entropy, episodes_problem, mean_squared_error, problem_of

AnyScore = Evaluation | FewShotEvaluation

QUERIES = 100  # of a sinusoid
EPISODES_AT_ONCE = 40  # evaluated together: enough to be fast, few enough for the memory
MEASURED_EVERY = 5  # steps between two looks at the queries where there are many steps


def query_losses(problem: Problem, theta: Tensor, batch: Batch, descent: Descent, steps: int) -> Tensor:
    """Return the query loss after 0, 1, ..., `steps` inner steps on the support, [steps + 1, tasks]."""
    phi = theta.detach().expand(batch.tasks, -1)
    path = adapt(problem, phi, batch.support_x, batch.support_y, descent, steps)
    return torch.stack([problem.loss(phi, batch.query_x, batch.query_y) for phi in path])


def query_logits(problem: Problem, phi: Tensor, batch: Batch, transductive: bool) -> Tensor:
    """Return the logits of the queries, [tasks, queries, way].

    Batch normalization sees the queries of a task together if `transductive`, else each query with the support alone.
    """
    if transductive:
        return problem.predict(phi, batch.query_x)
    tasks, queries = batch.query_x.shape[:2]
    support = batch.support_x[:, None].expand(-1, queries, -1, -1, -1)
    each = torch.cat([support, batch.query_x[:, :, None]], 2).flatten(0, 1)
    logits = problem.predict(phi.repeat_interleave(queries, 0), each)
    return logits[:, -1].view(tasks, queries, -1)


def evaluate(theta: Tensor, config: AdaptationConfig, iteration: int = 0) -> AnyScore:
    """Return the score of theta [parameters] on `config.test_tasks` unseen tasks, with 95% intervals."""
    (theta, descent), steps = config.parts(theta), config.test_steps
    if isinstance(config.task, Episodes):
        return evaluate_few_shot(Init(theta.numpy(), config.task, descent), steps, config.test_tasks, iteration)
    problem = problem_of(config.task)

    def predictions(batch: Batch) -> list[Tensor]:
        phi = theta.detach().expand(batch.tasks, -1)
        path = adapt(problem, phi, batch.support_x, batch.support_y, descent, steps)
        return [problem.predict(phi, batch.query_x) for phi in path]

    return regression_score(predictions, config.task, config.test_tasks, iteration, config.inner_rate)


def regression_score(
    predictions: Callable[[Batch], list[Tensor]], task: Task, tasks: int, iteration: int = 0, inner_rate: float = 0.0
) -> Evaluation:
    """Return the query MSE on `tasks` unseen tasks; predictions: of a batch, after each number of steps."""
    batch = unseen(task, "evaluation", tasks, QUERIES)
    losses = torch.stack([mean_squared_error(y, batch.query_y) for y in predictions(batch)])
    ci95 = 1.96 * losses.std(1) / tasks**0.5
    return Evaluation(iteration, losses.mean(1).numpy(), ci95.numpy(), tasks, inner_rate)


def score(adapt_to: AdaptTo, theta: Tensor, config: AdaptationConfig, iteration: int = 0) -> AnyScore:
    """Return the score of theta [parameters] on `config.test_tasks` unseen tasks, where copies of it adapt by a rule of
    their own: adapt_to(problem, phi, support_x, support_y, config, steps) returns phi [tasks, parameters].
    """
    task, problem = config.task, problem_of(config.task)
    steps = measured_steps(config.test_steps) if isinstance(task, Episodes) else [*range(config.test_steps + 1)]

    def ends(batch: Batch) -> list[Tensor]:
        copies = theta.detach().expand(batch.tasks, -1)
        return [adapt_to(problem, copies, batch.support_x, batch.support_y, config, number) for number in steps]

    if isinstance(task, Episodes):
        return few_shot_score(
            lambda batch: [query_logits(problem, phi, batch, task.transductive) for phi in ends(batch)],
            task, config.test_tasks, steps, config.inner_rate, iteration,
        )  # fmt: skip
    return regression_score(
        lambda batch: [problem.predict(phi, batch.query_x) for phi in ends(batch)],
        task, config.test_tasks, iteration, config.inner_rate,
    )  # fmt: skip


def evaluate_few_shot(init: Init, inner_steps: int, episodes: int, iteration: int = 0) -> FewShotEvaluation:
    """Return the accuracy on `episodes` unseen episodes with 5 queries a class, after each number of steps."""
    task, theta, problem = init.network, torch.from_numpy(init.theta), episodes_problem(init.network)
    steps = measured_steps(inner_steps)

    def logits(batch: EpisodeBatch) -> list[Tensor]:
        phi = theta.expand(batch.tasks, -1)
        path = adapt(problem, phi, batch.support_x, batch.support_y, init.descent, inner_steps)
        return [query_logits(problem, phi, batch, task.transductive) for step, phi in enumerate(path) if step in steps]

    return few_shot_score(logits, task, episodes, steps, mean_rate(init.descent), iteration)


def few_shot_score(
    logits: Callable[[EpisodeBatch], list[Tensor]],
    task: Episodes,
    episodes: int,
    steps: list[int],
    inner_rate: float = 0.0,
    iteration: int = 0,
) -> FewShotEvaluation:
    """Return the accuracy on `episodes` unseen episodes with 5 queries a class.

    logits: of the queries of a batch [tasks, queries, way], after each of `steps`.
    """
    accuracies, losses = [], []
    for block in range(0, episodes, EPISODES_AT_ONCE):
        batch = unseen_episodes(task, "evaluation", min(EPISODES_AT_ONCE, episodes - block), TEST_QUERIES, block)
        by_step = logits(batch)
        accuracies.append(torch.stack([accuracy(step_logits, batch.query_y) for step_logits in by_step]))
        losses.append(torch.stack([cross_entropy(step_logits, batch.query_y) for step_logits in by_step]))
    by_episode, loss = torch.cat(accuracies, 1), torch.cat(losses, 1).mean(1)
    mean, ci95 = by_episode.mean(1), 1.96 * by_episode.std(1) / episodes**0.5
    return FewShotEvaluation(
        iteration, mean[-1].item(), ci95[-1].item(), task.way, task.shots, episodes, task.transductive, task.data,
        task.split, inner_rate, steps, mean.numpy(), ci95.numpy(), loss.numpy()
    )  # fmt: skip


def mean_rate(descent: Descent) -> float:
    """Return the rate of a descent, or the mean of its parameters' rates."""
    return float(torch.as_tensor(descent.rate, dtype=torch.float64).mean())


def measured_steps(steps: int) -> list[int]:
    """Return the numbers of inner steps after which queries are scored: all of them, or every fifth of many."""
    every = 1 if steps <= 2 * MEASURED_EVERY else MEASURED_EVERY
    return sorted({*range(0, steps + 1, every), steps})
