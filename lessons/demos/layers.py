"""What really adapts: the shipped runs of which layers are held, what they are asked, what was measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.demos.answers import LayersMoved, LayersScored
from core.demos.questions import MoveLayers
from core.storage.checkpoints import Checkpoint, shipped
from core.training.config import AdaptationConfig
from lessons.demos import sinusoid
from lessons.demos.shipped import arrays, measurements
from lessons.demos.sinusoid import Task

RECORDED = Path(__file__).parents[1] / "recorded" / "layers.json"
FIRST_PAINT = RECORDED.with_suffix(".npz")
NAMES = {"maml": "MAML", "reptile": "Reptile", "anil": "ANIL", "meta-sgd": "Meta-SGD", "imaml": "iMAML"}
NEW = ("anil", "meta-sgd", "imaml")  # of which this lesson is the only one
HEAD_ALONE = ("anil",)  # whose rule moves the last layer and nothing else
STEPS = {"maml": 10, "reptile": 10, "anil": 4, "meta-sgd": 1, "imaml": 24}  # of the measurements, as in the contest
MOST_STEPS = 24
WIDEST = {"maml": 0.06, "reptile": 0.06, "anil": 0.3, "meta-sgd": 0.6, "imaml": 0.06}  # share that bars have room for
MOST_SHOWN = 10.0  # of the same, where the steps run away
PICTURES = {  # the shipped runs on characters
    "maml": "maml-omniglot-5way1shot",
    "fomaml": "fomaml-omniglot-5way1shot",
    "reptile": "reptile-omniglot-5way1shot",
    "maml20": "maml-omniglot-20way1shot",
    "anil": "anil-omniglot-5way1shot",
}
PICTURE_NAMES = {
    "maml": "MAML",
    "fomaml": "first order",
    "reptile": "Reptile",
    "maml20": "MAML, 20 classes",
    "anil": "ANIL",
}
LAYERS = {
    3: ("first layer", "second layer", "last layer"),
    5: ("block 1", "block 2", "block 3", "block 4", "last layer"),
}
MOVES = {  # what the page lets move, of three layers
    "all": (True, True, True),
    "first": (True, False, False),
    "second": (False, True, False),
    "last": (False, False, True),
    "body": (True, True, False),
    "upper": (False, True, True),
}


@dataclass(frozen=True)
class Held:
    """What was measured of a run where only some layers move: which ones, and how good it is then."""

    moves: tuple[bool, ...]
    scored: LayersScored


@cache
def recorded(name: str) -> Checkpoint[AdaptationConfig]:
    """Return the shipped run of a method on sinusoids. Raises CheckpointError."""
    return shipped(f"{name}-sinusoid", AdaptationConfig)


def holds(count: int) -> list[tuple[bool, ...]]:
    """Return which of `count` layers move in each measurement: all, each alone, all but the last, and none."""
    alone = [tuple(i == j for i in range(count)) for j in range(count)]
    return [(True,) * count, *alone, (True,) * (count - 1) + (False,), (False,) * count]


def request(
    name: str, task: Task, points: Sequence[tuple[float, float]], moves: tuple[bool, ...], steps: int,
    changes: Mapping[str, float] | None = None,
) -> MoveLayers:  # fmt: skip
    """Return the question how far each layer of a shipped network goes on `points`. Raises ConfigError.

    changes: of the settings of its descent.
    """
    run = recorded(name)
    return of_run(run.config.updated(**(changes or {})), run.snapshot.theta, task, points, moves, steps)


def of_run(
    config: AdaptationConfig, theta: np.ndarray, task: Task, points: Sequence[tuple[float, float]],
    moves: tuple[bool, ...], steps: int,
) -> MoveLayers:  # fmt: skip
    """Return the question how far each layer of any network goes on `points`. Raises ConfigError."""
    x, y = zip(*points, strict=True) if points else ((), ())
    return MoveLayers(config, theta, tuple(x), tuple(y), moves, task.amplitude, task.phase, steps)


def first_request() -> MoveLayers:
    """Return the question that the page opens with."""
    task = sinusoid.task_of(sinusoid.DEFAULT_TASK)
    points = sinusoid.support_of(sinusoid.DEFAULT_TASK, task, sinusoid.DEFAULT_SHOTS, 0.0)
    return request("maml", task, points, MOVES["all"], MOST_STEPS)


@cache
def first_paint() -> LayersMoved | None:
    """Return the recorded answer to what the page opens with; None if not recorded."""
    file = arrays(FIRST_PAINT)
    names = LayersMoved.__dataclass_fields__
    return LayersMoved(**{name: file[name] for name in names}) if set(names) <= set(file) else None


@cache
def measured(kind: str) -> dict[str, list[Held]]:
    """Return what was measured on "sinusoid" or "omniglot", by method; empty if not recorded."""
    content: dict[str, Any] = measurements(RECORDED).get(kind, {})
    return {
        name: [
            Held(
                tuple(row["moves"]),
                LayersScored(
                    row["score"], row["ci95"], np.array(row["distances"]), np.array(row["lengths"]), row["tasks"]
                ),
            )
            for row in rows
        ]
        for name, rows in content.items()
    }


def rates() -> list[np.ndarray]:
    """Return the rates that the shipped run of Meta-SGD has learned, layer by layer."""
    run = recorded("meta-sgd")
    _, descent = run.config.parts(run.snapshot.theta)
    return np.split(np.asarray(descent.rate), np.cumsum(run.config.layers)[:-1])


def relative(moved: LayersMoved, step: int) -> np.ndarray:
    """Return how far each layer is from where it began, as a share of its length there, after `step` steps."""
    shares: np.ndarray = moved.distances[step] / moved.lengths
    return shares
