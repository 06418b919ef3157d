"""A run scrubbed through training time: the question to ask of theta at a moment, and the figure of the answer.

Every run is asked about the same task at each moment, so that only theta changes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.demos.answers import LayersMoved
from core.demos.questions import Question
from core.events import Compared, Fitted, FittedEpisode, PointsRead
from core.events.memory import Recalled, TapeAnswer
from core.methods.cnp.config import CnpConfig
from core.methods.in_context.config import InContextConfig
from core.methods.mann.config import MannConfig
from core.methods.matching.config import MatchingConfig
from core.methods.ntm.config import NtmConfig
from core.methods.written import WrittenConfig
from core.registry import task_name
from core.training.config import AdaptationConfig, MetricConfig, TrainingConfig
from lessons.demos import context, fewshot, layers, memory, metric, sinusoid
from lessons.engine.language import t
from lessons.figures import context as context_figures
from lessons.figures import fewshot as fewshot_figures
from lessons.figures import mann as mann_figures
from lessons.figures import memory as memory_figures
from lessons.figures import metric as metric_figures
from lessons.figures import runs as figures
from lessons.figures.curves import updates_in_words
from lessons.figures.theme import INITS, Shown

TASK, SHOTS = 1, 10  # the sinusoid that a run is asked about
START = replace(INITS["own"], name="start at this moment")  # whose run it is stands above the picture
PICTURED_WAY, PICTURED_QUERIES, CHOSEN_STEP = 5, 5, 20


@dataclass(frozen=True)
class Moment:
    """A question about a theta, and a function that draws the answering events, given the outer updates so far."""

    question: Question[Any]
    draw: Callable[[Sequence[Any], int], Shown]


def moment(config: TrainingConfig, theta: np.ndarray) -> Moment | None:
    """Return the question for a run with `config`; None if this kind of run has none."""
    task = task_name(config)
    match config:
        case WrittenConfig():
            return None  # how its copies adapt is in a file
        case AdaptationConfig() if task == "sinusoid":
            return _fit(config, theta) if plain(config, theta) else _by_own_rule(config, theta)
        case AdaptationConfig():
            episode = fewshot.episode(task, fewshot.DEFAULT_EPISODE, 1)
            return Moment(fewshot.request(episode, {"own": fewshot.own_init(config, theta)}), _adapted)
        case MatchingConfig() if task == "sinusoid":
            return _attended(config, theta)
        case MetricConfig():
            return Moment(metric.request(pictured_episode(task), config, theta), _mapped)
    return _remembered(config, theta, task)


def _read(config: InContextConfig | CnpConfig, theta: np.ndarray) -> Moment:
    task, x, y = _points()
    points = list(zip(x.tolist(), y.tolist(), strict=True))

    def draw(answer: Sequence[PointsRead], iteration: int) -> Shown:
        return context_figures.read(answer[0], task, points, iteration)

    return Moment(context.request(config, theta, points, 0.0), draw)


def pictured_episode(data: str) -> fewshot.Episode:
    """Return the episode that the runs of the metric methods are asked about."""
    return fewshot.episode(data, 1, 1, PICTURED_WAY, PICTURED_QUERIES)


def _remembered(config: TrainingConfig, theta: np.ndarray, task: str) -> Moment | None:
    if isinstance(config, InContextConfig | CnpConfig):
        return _read(config, theta)
    if isinstance(config, NtmConfig):
        return Moment(memory.follow(config, theta, min(config.sequences.longest, 10), 1, "both"), _taped)
    if isinstance(config, MannConfig) and task != "sinusoid" and config.memory:
        return Moment(memory.watch(config, theta, task, 1, 0, config.shuffle), _used)
    return None


def _points() -> tuple[sinusoid.Task, np.ndarray, np.ndarray]:
    task = sinusoid.task_of(TASK)
    x, y = np.array(sinusoid.support_of(TASK, task, SHOTS, 0.0)).T
    return task, x, y


def _fit(config: AdaptationConfig, theta: np.ndarray) -> Moment:
    task, x, y = _points()

    def draw(answer: Sequence[Fitted], iteration: int) -> Shown:
        (fit,) = answer
        steps = min(max(config.inner_steps, 1), sinusoid.STEPS)
        return figures.fitted(fit, x, y, task(fit.grid), steps, iteration)

    rate = min(config.inner_rate, 10.0)
    return Moment(sinusoid.fit_request(task, list(zip(x, y, strict=True)), {"own": theta}, rate), draw)


def plain(config: AdaptationConfig, theta: np.ndarray) -> bool:
    """Return whether a network adapts by one rate for all of theta, and by nothing else."""
    _, descent = config.parts(theta)
    return isinstance(descent.rate, float) and not descent.pull


def _by_own_rule(config: AdaptationConfig, theta: np.ndarray) -> Moment:
    task, x, y = _points()
    steps = max(config.inner_steps, 1)
    points = list(zip(x.tolist(), y.tolist(), strict=True))

    def draw(answer: Sequence[LayersMoved], iteration: int) -> Shown:
        return figures.fitted(answer[0], x, y, task(answer[0].grid), steps, iteration)

    return Moment(layers.of_run(config, theta, task, points, layers.MOVES["all"], steps), draw)


def _attended(config: MatchingConfig, theta: np.ndarray) -> Moment:
    task, x, y = _points()

    def draw(answer: Sequence[Compared], iteration: int) -> Shown:
        (compared,) = answer
        grid = np.linspace(-5, 5, compared.answers.shape[1])
        shown = metric_figures.along(compared, grid, x, y, task(grid), len(grid) // 2)
        title = t("After {updates}: the same task, the same points", updates=updates_in_words(iteration))
        return _titled(shown, title)

    return Moment(metric.curve_request(x.tolist(), y.tolist(), config, theta), draw)


def _titled(shown: Shown, title: str) -> Shown:
    return Shown(shown.figure, title, shown.alt, shown.table)


def _adapted(answer: Sequence[FittedEpisode], iteration: int) -> Shown:
    (fit,) = answer
    shown = fewshot_figures.adaptation([fit], len(fit.accuracy) - 1, START)
    title = t("After {updates}: the same five characters, by inner step", updates=updates_in_words(iteration))
    return _titled(shown, title)


def _mapped(answer: Sequence[Compared], iteration: int) -> Shown:
    (compared,) = answer
    title = t("One unseen episode after {updates}", updates=updates_in_words(iteration))
    return metric_figures.embedding_map(metric.directions(compared), title)


def _taped(answer: Sequence[TapeAnswer], iteration: int) -> Shown:
    tape = replace(answer[0].tape, iteration=iteration)
    return memory_figures.tape(tape, None, memory_figures.progress_title(tape))


def _used(answer: Sequence[Recalled], iteration: int) -> Shown:
    (recalled,) = answer
    shown = mann_figures.usage(recalled, CHOSEN_STEP, 0)
    right = float((recalled.p.argmax(-1) == recalled.y)[recalled.instance > 0].mean())
    title = t("After {updates}: {right:.0%} right of the pictures seen before; use of the memory",
              updates=updates_in_words(iteration), right=right)  # fmt: skip
    return _titled(shown, title)
