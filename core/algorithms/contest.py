"""All trained methods at the same table: the same episodes, the same sinusoids, the same drawings.

A contender takes in the support of tasks and then answers queries, each by itself: no answer knows of another
query. How that is done differs, and it is told apart what is fixed between tasks (its parameters) and what a task
leaves behind (its memory of the task, in numbers).
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from core import checkpoint
from core.algorithms import mann
from core.algorithms.inner import adapt
from core.checkpoint import Recorded
from core.configs import Adapting, Episodes, Mann, Metric, Sinusoid
from core.evaluation import logits_of_queries
from core.events import Answered, Contended, Event
from core.models import mann as memory
from core.options import ConfigError
from core.problems import problem_of
from core.requests import Contest, Judge
from core.runs import method_of
from core.tasks import families, told
from core.tasks.batch import Batch

TOGETHER = 20  # tasks that are answered at once
SIZE = 28 * 28
AT_ONCE = 2  # contenders that answer a learner's drawing at the same time
# way: the classes of the support; returns log probabilities [tasks, queries, way], or values [tasks, queries, 1]
Answer = Callable[[Batch, int], Tensor]


@dataclass(frozen=True)
class Contender:
    """One way to answer. checkpoint: of core/pretrained, if it has learned anything; most_way: the classes that its
    last layer has, if it has one; steps: inner steps on the support; memory: how many numbers a task of `way` classes
    and `shots` drawings (or of `shots` points) leaves behind.
    """

    name: str
    checkpoint: str
    answer: Callable[[Recorded], Answer] | None
    memory: Callable[[Recorded, int, int], int]
    most_way: int | None = None
    steps: int = 0


def adapting(steps: int, classes: bool = True) -> Callable[[Recorded], Answer]:
    """Take `steps` gradient steps on the support, then answer."""

    def of(run: Recorded) -> Answer:
        config, theta = run.config, torch.from_numpy(run.snapshot.theta)
        assert isinstance(config, Adapting)
        problem = problem_of(config.task)

        def answer(batch: Batch, way: int) -> Tensor:
            start = theta.expand(batch.tasks, -1)
            *_, phi = adapt(problem, start, batch.support_x, batch.support_y, config.descent, steps)
            if not classes:
                return problem.predict(phi, batch.query_x)
            return logits_of_queries(problem, phi, batch, transductive=False)[..., :way].log_softmax(-1)

        return answer

    return of


def comparing(**changed: object) -> Callable[[Recorded], Answer]:
    """Compare each query with the support."""

    def of(run: Recorded) -> Answer:
        assert isinstance(run.config, Metric)
        method = method_of(run.config.updated(**changed))
        theta = torch.from_numpy(run.snapshot.theta)

        def answer(batch: Batch, way: int) -> Tensor:
            answers = torch.from_numpy(method.look(theta, batch).answers)
            return answers.clamp_min(1e-12).log() if batch.classes else answers

        return answer

    return of


def remembering(run: Recorded) -> Answer:
    """Read the support as a sequence, once, then each query as its next step."""
    config, theta = run.config, torch.from_numpy(run.snapshot.theta)
    assert isinstance(config, Mann)
    model = mann.network(config)

    def answer(batch: Batch, way: int) -> Tensor:
        with torch.no_grad():
            found = model(theta, _sequences(config, batch))[:, -1].view(batch.tasks, batch.query_x.shape[1], -1)
        return found[..., :way].log_softmax(-1) if batch.classes else found

    return answer


def _sequences(config: Mann, batch: Batch) -> Tensor:
    """The support, told one step late, and each query as the last step: [tasks * queries, s + 1, inputs]."""
    queries = batch.query_x.shape[1]
    support = batch.support_x[:, None].expand(-1, queries, *(-1,) * (batch.support_x.dim() - 1))
    x = torch.cat([support, batch.query_x[:, :, None]], 2).flatten(0, 1)
    y = batch.support_y.repeat_interleave(queries, 0)
    return told.pictures_told(x, y, config.side, config.episodes.way) if batch.classes else told.points_told(x, y)


def read_again(run: Recorded, batch: Batch) -> Tensor:
    """Of what is read at each query, the part that was written as the label of each drawing was told: [queries, s]."""
    config, theta = run.config, torch.from_numpy(run.snapshot.theta)
    assert isinstance(config, Mann)
    with torch.no_grad():
        _, _, accesses = mann.network(config).through(theta, _sequences(config, batch))
    ties = memory.sources([one for one in accesses if one is not None])[:, -1, 1:]
    return ties / ties.sum(1, keepdim=True).clamp_min(1e-9)


def pixels(batch: Batch, way: int) -> Tensor:
    """The class of the support picture that is nearest in pixels; how near says how sure."""
    with torch.no_grad():
        apart = torch.cdist(batch.query_x.flatten(2), batch.support_x.flatten(2))
    return (-apart.unflatten(2, (-1, way)).amin(2)).log_softmax(-1)


def _phi(run: Recorded, way: int, shots: int) -> int:
    return len(run.snapshot.theta)


def _embeddings(run: Recorded, way: int, shots: int) -> int:
    return way * shots * method_of(run.config).encoder.features


def _means(run: Recorded, way: int, shots: int) -> int:
    return _embeddings(run, way, 1)


def _rows(run: Recorded, way: int, shots: int) -> int:
    assert isinstance(run.config, Mann)
    return run.config.rows * (run.config.columns + 1) + 2 * run.config.hidden


def _nothing(run: Recorded, way: int, shots: int) -> int:
    return 0


PICTURES = {
    one.name: one
    for one in (
        Contender("maml", "maml-omniglot-5way1shot", adapting(1), _phi, 5, 1),
        Contender("fomaml", "fomaml-omniglot-5way1shot", adapting(20), _phi, 5, 20),
        Contender("reptile", "reptile-omniglot-5way1shot", adapting(20), _phi, 5, 20),
        Contender("siamese", "siamese-omniglot", comparing(), _embeddings),
        Contender("matching", "matching-omniglot", comparing(), _embeddings),
        Contender("prototypes", "matching-omniglot", comparing(prototypes=True), _means),
        Contender("mann", "mann-omniglot", remembering, _rows, 5),
        Contender("pretrain", "pretrain-omniglot", adapting(10), _phi, 5, 10),
        Contender("pixels", "", None, _nothing),
    )
}
CURVES = {
    one.name: one
    for one in (
        Contender("maml", "maml-sinusoid", adapting(10, False), _phi, steps=10),
        Contender("reptile", "reptile-sinusoid", adapting(10, False), _phi, steps=10),
        Contender("matching", "matching-sinusoid", comparing(), _embeddings),
        Contender("mann", "mann-sinusoid", remembering, _rows),
        Contender("joint", "joint-sinusoid", adapting(10, False), _phi, steps=10),
    )
}


@cache
def _run(name: str) -> Recorded:
    return checkpoint.shipped(name)


@cache
def answering(name: str, classes: bool) -> Answer:
    """How the contender `name` answers. Raises ConfigError, CheckpointError."""
    among = PICTURES if classes else CURVES
    if name not in among:
        raise ConfigError(f"unknown contender {name!r}: allowed are {', '.join(among)}")
    one = among[name]
    return one.answer(_run(one.checkpoint)) if one.answer else pixels


def able(name: str, way: int) -> bool:
    """Whether a contender can tell `way` classes apart: some have as many outputs as they were trained with."""
    return way <= (PICTURES[name].most_way or way)


def run(config: Contest) -> Iterator[Event]:
    """Yield a `Contended` for each contender after each few tasks: all answer the same ones, in turns."""
    task: Episodes | Sinusoid
    classes = config.kind == "pictures"
    if classes:
        task = Episodes(data=config.data, way=config.way, shots=config.shots, transductive=False)
        names = [name for name in PICTURES if able(name, config.way)]
    else:
        task, names = Sinusoid(shots=config.shots), list(CURVES)
    found: dict[str, list[Tensor]] = {name: [] for name in names}
    spent = dict.fromkeys(names, 0.0)
    for block in range(0, config.tasks, TOGETHER):
        amount = min(TOGETHER, config.tasks - block)
        batch = families.unseen(task, f"contest {config.number}", amount, config.queries, block)
        for name in names:
            begun = time.perf_counter()
            answer = answering(name, classes)(batch, config.way)
            spent[name] += time.perf_counter() - begun
            found[name].append(_judged(answer, batch))
            values = torch.cat(found[name])
            yield told_of(name, classes, values, spent[name], config.way, config.shots, config.queries)


def _judged(answer: Tensor, batch: Batch) -> Tensor:
    """The share of right answers of each task, or its mean squared error: [tasks]."""
    if batch.classes:
        return (answer.argmax(-1) == batch.query_y).float().mean(1)
    return (answer - batch.query_y).square().mean((1, 2))


def told_of(name: str, classes: bool, values: Tensor, seconds: float, way: int, shots: int, queries: int) -> Contended:
    """What is known of a contender after some tasks. values [tasks]."""
    one = (PICTURES if classes else CURVES)[name]
    run = _run(one.checkpoint) if one.checkpoint else None
    support, asked = (way * shots, way * queries) if classes else (shots, queries)
    # a step is a pass forward and one back; a network whose normalization looks at the support sees it with each query
    passes = 2 * one.steps * support + asked * (support + 1 if one.steps and classes else 1)
    if name in ("siamese", "matching", "prototypes"):
        passes = support + asked
    if name == "mann":
        passes = asked * (support + 1)
    half = 1.96 * values.std().item() / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return Contended(
        name, values.mean().item(), half, len(values), 1000 * seconds / len(values), passes if run else 0,
        len(run.snapshot.theta) if run else 0,
        one.memory(run, way, shots) if run else way * shots * SIZE,
    )  # fmt: skip


def judge(config: Judge) -> Iterator[Event]:
    """Yield an `Answered` for each contender that can tell so many classes apart, about drawings of a learner."""
    way, shots = config.support.shape[:2]
    support = torch.from_numpy(config.support).float().div(255).transpose(0, 1).reshape(1, way * shots, 28, 28)
    queries = torch.from_numpy(config.queries).float().div(255)[None]
    y = torch.arange(way).repeat(1, shots)
    batch = Batch(support, y, queries, torch.zeros(1, queries.shape[1], dtype=torch.long))
    names = [name for name in PICTURES if able(name, way)]
    # a learner waits for all of them: those on the second core answer meanwhile
    with ThreadPoolExecutor(AT_ONCE, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        yield from pool.map(lambda name: _answered(name, batch, way), names)


def _answered(name: str, batch: Batch, way: int) -> Answered:
    one = PICTURES[name]
    begun = time.perf_counter()
    before = ties = torch.zeros(batch.query_x.shape[1], 0)
    if name in ("siamese", "matching"):  # one look says both
        run = _run(one.checkpoint)
        seen = method_of(run.config).look(torch.from_numpy(run.snapshot.theta), batch)
        answer, ties = torch.from_numpy(seen.answers[0]), torch.from_numpy(seen.ties[0])
    else:
        answer = answering(name, True)(batch, way)[0].exp()
    if name == "mann":
        ties = read_again(_run(one.checkpoint), batch)
    if one.steps:
        before = adapting(0)(_run(one.checkpoint))(batch, way)[0].exp()
    return Answered(name, answer.numpy(), before.numpy(), ties.numpy(), 1000 * (time.perf_counter() - begun))
