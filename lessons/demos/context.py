"""Learning in context on sinusoids: the shipped networks that read points, what they are asked, what was measured."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.demos.questions import Fit, ReadPoints
from core.events import Fitted, PointsRead
from core.events.evaluations import BesideOneStep, LossByPoints
from core.methods.cnp.config import CnpConfig
from core.methods.in_context.config import InContextConfig
from core.methods.linear_attention.config import LinearAttentionConfig
from core.storage.checkpoints import Checkpoint, shipped
from lessons.demos import sinusoid
from lessons.demos.shipped import arrays, evaluation_of, measurements
from lessons.demos.sinusoid import Task

RECORDED = Path(__file__).parents[1] / "recorded" / "context.json"
FIRST_PAINT = RECORDED.with_suffix(".npz")
SHOTS, OPENS_WITH = 10, 20  # points by which networks are compared; that the page opens with
READERS = {"in-context": InContextConfig, "cnp": CnpConfig}
PARTS = ("grid", "curves", "spread", "attention")
STEPS = 10  # inner steps of MAML, beside which it is drawn


@dataclass(frozen=True)
class Read:
    """What a network that reads says of some points, and MAML's curves after 0, 1, ... steps on those read so far."""

    answer: PointsRead
    maml: Fitted


@cache
def network(name: str) -> Checkpoint[Any]:
    """Return the shipped network "in-context" or "cnp". Raises CheckpointError."""
    return shipped(f"{name}-sinusoid", READERS[name])


@cache
def layer() -> Checkpoint[LinearAttentionConfig]:
    """Return the shipped layer of linear attention. Raises CheckpointError."""
    return shipped("linear-attention-linear", LinearAttentionConfig)


def read_request(name: str, points: Sequence[tuple[float, float]], query: float) -> ReadPoints:
    """Return the question how the shipped network `name` reads `points`. Raises ConfigError."""
    run = network(name)
    return request(run.config, run.snapshot.theta, points, query)


def request(
    config: InContextConfig | CnpConfig, theta: np.ndarray, points: Sequence[tuple[float, float]], query: float
) -> ReadPoints:
    """Return the question how a network reads `points`. Raises ConfigError."""
    x, y = zip(*points, strict=True) if points else ((), ())
    return ReadPoints(config, theta, tuple(x), tuple(y), query)


def maml_request(task: Task, points: Sequence[tuple[float, float]]) -> Fit:
    """Return the question what MAML's steps make of `points`, of which there is one at least. Raises ConfigError."""
    thetas = {"maml": sinusoid.inits("maml")["maml"]}
    x, y = zip(*points, strict=True)
    return Fit(tuple(x), tuple(y), thetas, task.amplitude, task.phase, sinusoid.DEFAULT_RATE, STEPS)


@cache
def first_paint(name: str) -> PointsRead | None:
    """Return the recorded answer to what the page opens with; None if not recorded."""
    file = arrays(FIRST_PAINT)
    if f"{name}_grid" not in file:
        return None
    return PointsRead(*(file[f"{name}_{part}"] for part in PARTS))


def first_points() -> list[tuple[float, float]]:
    """Return the points that the page opens with."""
    return sinusoid.support_of(sinusoid.DEFAULT_TASK, sinusoid.task_of(sinusoid.DEFAULT_TASK), OPENS_WITH, 0.0)


def by_points() -> dict[str, list[float]]:
    """Return the error of each method after 0, 1, ... points of 1000 unseen sinusoids; empty if not recorded."""
    by_name: dict[str, list[float]] = measurements(RECORDED).get("by_points", {})
    return by_name


def tasks_needed() -> dict[str, Any]:
    """Return the errors of networks that were trained on 2, 4, ... sinusoids alone; empty if not recorded."""
    errors: dict[str, Any] = measurements(RECORDED).get("tasks", {})
    return errors


def outside(amplitude: float, phase: float) -> bool:
    """Return whether a sinusoid is unlike all of the training: a phase of nearly 2 pi is one of nearly 0."""
    before = math.remainder(phase, 2 * math.pi)
    return not 0.1 <= amplitude <= 5 or before < -0.2


def error_of(curve: np.ndarray, task: Task) -> float:
    """Return the mean squared error of a curve on the grid of the page."""
    return float(np.square(curve - task(sinusoid.GRID)).mean())


def scored(name: str) -> LossByPoints:
    """Return the evaluation of a shipped network. Raises CheckpointError."""
    return evaluation_of(network(name), LossByPoints)


def effect(theta: np.ndarray, config: LinearAttentionConfig) -> np.ndarray:
    """Return how much x_q counts in the answer for each y_j x_j, [inputs, inputs], as the layer's own module does."""
    token = config.linear.inputs + 1
    to_query, to_key = theta[: 2 * token**2].reshape(2, token, token)
    return (to_key.T @ to_query)[:-1, :-1] * theta[-1]


def beside_one_step() -> BesideOneStep:
    """Return the evaluation of the shipped layer. Raises CheckpointError."""
    return evaluation_of(layer(), BesideOneStep)
