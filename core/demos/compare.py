"""All trained methods side by side: on the same episodes, the same sinusoids, the same drawings.

A contender takes in the support of tasks and then answers queries, each by itself: no answer depends on another
query. The result separates the parameters that are fixed between tasks from the numbers that a contender
remembers of a task.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial

import torch
from torch import Tensor

from core.demos.questions import CompareMethods, JudgeDrawings
from core.events import MethodAnswer, MethodScore, arrays
from core.methods.method import Contender
from core.registry import METHODS, comparison_of, find, method_of
from core.storage.checkpoints import Checkpoint, shipped
from core.tasks import families
from core.tasks.batch import Batch
from core.tasks.changed import CHANGES
from core.tasks.config import Episodes, Sinusoid
from core.training.config import AdaptationConfig, MetricConfig
from core.training.problem import accuracy, mean_squared_error
from core.training.solver import Solution, Solver, adapting, comparing

TASKS_AT_ONCE = 20
PIXELS = 28 * 28
CONTENDERS_AT_ONCE = 2  # that answer a learner's drawing at the same time
NEAREST = "pixels"  # the contender without training: the nearest support picture, pixel by pixel


def contenders(classes: bool) -> dict[str, Contender]:
    """Return the contenders that classify characters, or else continue sinusoids, by name."""
    every = [contender for method in METHODS.values() for contender in method.contenders] + [Contender(NEAREST, "")]
    return {contender.name: contender for contender in every if contender.classes == classes}


@cache
def _shipped(name: str) -> Checkpoint:
    return shipped(name)


def run_of(contender: Contender, way: int) -> str:
    """Return which shipped run of a contender answers tasks of `way` classes."""
    wider = contender.wider and way > _shipped(contender.checkpoint).config.episodes.way
    return contender.wider if wider else contender.checkpoint


def solver_of(name: str, classes: bool, way: int = 2) -> Solver:
    """Return how the contender `name` solves tasks of `way` classes. Raises ConfigError, CheckpointError."""
    contender = find("contender", name, contenders(classes))
    if name == NEAREST:
        return Solver(nearest_in_pixels, lambda support, queries: 0, lambda way, shots: way * shots * PIXELS)
    return _solver(name, classes, run_of(contender, way))


@cache
def _solver(name: str, classes: bool, checkpoint: str) -> Solver:
    contender, run = contenders(classes)[name], _shipped(checkpoint)
    config, theta = run.config, torch.from_numpy(run.snapshot.theta)
    match config:
        case AdaptationConfig():
            return adapting(config, theta, contender.steps)
        case MetricConfig():
            return comparing(config, comparison_of(config), theta)
    solver: Solver = method_of(config).algorithm().solver(config, theta)  # type: ignore[attr-defined]
    return solver


def nearest_in_pixels(batch: Batch, way: int) -> Solution:
    """Answer with the class of the support picture that is nearest in pixels; the nearer, the surer."""
    distances = torch.cdist(batch.query_x.flatten(2), batch.support_x.flatten(2))
    return Solution((-distances.unflatten(2, (-1, way)).amin(2)).log_softmax(-1))


def able(name: str, way: int) -> bool:
    """Return whether a contender can tell `way` classes apart: some have only the outputs of their training."""
    checkpoint = contenders(True)[name].checkpoint
    if not checkpoint or not _shipped(checkpoint).config.bound_to_way:
        return True
    return way <= _shipped(run_of(contenders(True)[name], way)).config.episodes.way


def run(question: CompareMethods, only: Collection[str] = ()) -> Iterator[MethodScore]:
    """Yield a `MethodScore` for each contender after each few tasks: all answer the same tasks, in turns. only: the
    names of those that play; all, if there are none.
    """
    classes = question.kind == "pictures"
    able_to = [name for name in contenders(classes) if not classes or able(name, question.way)]
    names = [name for name in able_to if name in only or not only]
    # a solver is made when it is first asked: its run is read from a file
    return played(question, {name: partial(_known, name, classes, question.way) for name in names})


def _known(name: str, classes: bool, way: int) -> tuple[Solver, int]:
    """Return how a contender solves tasks of `way` classes, and how many parameters it has."""
    contender = contenders(classes)[name]
    if not contender.checkpoint:
        return solver_of(name, classes), 0
    checkpoint = run_of(contender, way)
    return _solver(name, classes, checkpoint), len(_shipped(checkpoint).snapshot.theta)


def played(question: CompareMethods, players: Mapping[str, Callable[[], tuple[Solver, int]]]) -> Iterator[MethodScore]:
    """Yield a `MethodScore` for each player after each few tasks. players: by name, what returns a solver and how many
    parameters it has.
    """
    task: Episodes | Sinusoid = Sinusoid(shots=question.shots)
    classes = question.kind == "pictures"
    if classes:
        task = Episodes(data=question.data, way=question.way, shots=question.shots, transductive=False)
    scores: dict[str, list[Tensor]] = {name: [] for name in players}
    spent, score = dict.fromkeys(players, 0.0), accuracy if classes else mean_squared_error
    for block in range(0, question.tasks, TASKS_AT_ONCE):
        amount = min(TASKS_AT_ONCE, question.tasks - block)
        batch = _tasks(task, question, amount, block)
        for name, player in players.items():
            (solver, parameters), begun = player(), time.perf_counter()
            solution = solver.solve(batch, question.way)
            spent[name] += time.perf_counter() - begun
            latest = score(solution.answers, batch.query_y)
            scores[name].append(latest)
            yield _score(name, solver, parameters, torch.cat(scores[name]), latest, spent[name], question)


def _tasks(task: Episodes | Sinusoid, question: CompareMethods, amount: int, block: int) -> Batch:
    batch = families.unseen(task, f"contest {question.number}", amount, question.queries, block)
    if question.kind == "curves" or question.change == "none":
        return batch
    change = CHANGES[question.change]
    return Batch(change(batch.support_x), batch.support_y, change(batch.query_x), batch.query_y)


def _score(
    name: str, solver: Solver, parameters: int, scores: Tensor, latest: Tensor, seconds: float, question: CompareMethods
) -> MethodScore:
    """Return a contender's score after its first tasks. scores [tasks], the last of which are `latest`."""
    classes = question.kind == "pictures"
    way, shots, queries = question.way if classes else 1, question.shots, question.queries
    half = 1.96 * scores.std().item() / len(scores) ** 0.5 if len(scores) > 1 else float("nan")
    return MethodScore(
        name, scores.mean().item(), half, len(scores), 1000 * seconds / len(scores),
        solver.passes(way * shots, way * queries),
        parameters, solver.memory(way, shots), *arrays(latest)
    )  # fmt: skip


def judge(question: JudgeDrawings) -> Iterator[MethodAnswer]:
    """Yield a `MethodAnswer` about drawings of a learner for each contender that can tell so many classes apart."""
    way, shots = question.support.shape[:2]
    support = torch.from_numpy(question.support).float().div(255).transpose(0, 1).reshape(1, way * shots, 28, 28)
    queries = torch.from_numpy(question.queries).float().div(255)[None]
    y = torch.arange(way).repeat(1, shots)
    batch = Batch(support, y, queries, torch.zeros(1, queries.shape[1], dtype=torch.long))
    names = [name for name in contenders(True) if able(name, way)]
    # a learner waits for all of them: the second core answers meanwhile
    with ThreadPoolExecutor(CONTENDERS_AT_ONCE, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        yield from pool.map(lambda name: _answer(name, batch, way), names)


def _answer(name: str, batch: Batch, way: int) -> MethodAnswer:
    solver, begun = solver_of(name, True, way), time.perf_counter()
    before = attention = torch.zeros(batch.query_x.shape[1], 0)
    solution = solver.solve(batch, way)
    if solution.attention:
        attention = solution.attention()[0]
    if solver.untouched:
        before = solver.untouched(batch, way).answers[0].exp()
    milliseconds = 1000 * (time.perf_counter() - begun)
    probabilities = solution.answers[0].exp()
    return MethodAnswer(name, probabilities.numpy(), before.numpy(), attention.numpy(), milliseconds)
