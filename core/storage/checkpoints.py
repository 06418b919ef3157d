"""Checkpoints: one .npz of plain arrays and a JSON header. Nothing in them is ever executed.

A checkpoint holds a whole recorded run: its config, its curves, its score, theta, and the outer
optimizer's state, so that it can be drawn, continued and checked without torch.
"""

import contextlib
import io
import json
import os
import platform
import re
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from math import isnan
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

import numpy as np

from core.events import Event, OuterStep, Snapshot
from core.events.evaluations import Scored
from core.options import ConfigError
from core.registry import method_of, stored_config, task_name
from core.storage.schema import MOST_UPDATES, About, Header, evaluation_of, parse
from core.training.config import TrainingConfig
from core.words import Words

FORMAT = 2
LARGEST = 64 * 2**20  # bytes, unpacked: far above any checkpoint of ours
MOST_ROWS = 10_000  # points of a stored curve; a longer one is stored at every second, third, ... of its points
MOST_ARRAYS = 8  # of an outer optimizer
OPTIMIZER = re.compile("optimizer_([a-z_]{1,40})")
PRETRAINED = Path(__file__).parents[1] / "pretrained"
LARGE = 200_000  # parameters of a network whose finished runs are stored as half floats


class CheckpointError(ValueError):
    """The file is not a checkpoint that can be used; the text is a line of plain words."""


Config_co = TypeVar("Config_co", bound=TrainingConfig, covariant=True)


@dataclass(frozen=True, eq=False)
class Checkpoint(Generic[Config_co]):
    """A stored run; `start` is the theta [parameters] that it began with."""

    config: Config_co
    steps: list[OuterStep]
    start: np.ndarray
    snapshot: Snapshot
    evaluation: Scored | None  # None: saved on the way
    about: About

    @property
    def method(self) -> str:
        """The registered name of the method."""
        return method_of(self.config).name


def from_events(config: TrainingConfig, events: Iterable[Event], command: str = "") -> Checkpoint:
    """Return the checkpoint of a run with these events so far."""
    events = list(events)
    snapshots = [event for event in events if isinstance(event, Snapshot)]
    evaluation = next((event for event in events if isinstance(event, Scored)), None)
    steps = [event for event in events if isinstance(event, OuterStep)]
    about = About(command[:4000], {name: version(name) for name in ("torch", "numpy")}, platform.machine())
    last = snapshots[-1]
    if config.anneal and last.iteration >= config.iterations:
        last = replace(last, optimizer={})  # its outer rate has reached zero: nothing goes on from it
    return Checkpoint(config, steps, snapshots[0].theta, last, evaluation, about)


def to_bytes(run: Checkpoint) -> bytes:
    """Return `run` as the bytes of a checkpoint."""
    header = {
        "format": FORMAT,
        "algorithm": run.method,
        "task": task_name(run.config),
        "config": run.config.flat(),
        "iteration": run.snapshot.iteration,
        "evaluation": None if run.evaluation is None else _evaluation_values(run.evaluation),
        "about": {"command": run.about.command, "versions": run.about.versions, "machine": run.about.machine},
    }
    steps = _thinned(run.steps)
    curve = [[step.before, step.after, step.accuracy_before, step.accuracy_after] for step in steps]
    arrays = {
        "header": np.array(json.dumps(header)),
        "start": _stored(run, run.start),
        "theta": _stored(run, run.snapshot.theta),
        "curve_iteration": np.array([step.iteration for step in steps], dtype=np.int64),
        "curve": np.array(curve, dtype=np.float32).reshape(-1, 4),  # an accuracy of None becomes NaN
    } | {f"optimizer_{name}": value for name, value in run.snapshot.optimizer.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def _thinned(steps: list[OuterStep]) -> list[OuterStep]:
    """Return at most MOST_ROWS points of a curve, evenly chosen, the first and the last among them."""
    if len(steps) <= MOST_ROWS:
        return steps
    return [steps[i] for i in np.linspace(0, len(steps) - 1, MOST_ROWS).round().astype(int)]


def save(path: Path, run: Checkpoint) -> None:
    """Write `run` to `path` whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(to_bytes(run))
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _stored(run: Checkpoint, theta: np.ndarray) -> np.ndarray:
    """Return half floats for a large network whose training is over: its score is the same."""
    over = run.config.anneal and run.snapshot.iteration >= run.config.iterations
    return theta.astype(np.float16) if over and len(theta) > LARGE else theta


def load(path: Path) -> Checkpoint:
    """Read a checkpoint. Raises CheckpointError when it is missing, damaged or not ours."""
    try:
        return from_bytes(path.read_bytes(), path.name)
    except FileNotFoundError:
        raise CheckpointError(Words("there is no checkpoint {path}", path=path)) from None
    except OSError:
        raise CheckpointError(Words("{name} cannot be read", name=path.name)) from None


def from_bytes(data: bytes, name: str) -> Checkpoint:
    """Read the bytes of a checkpoint; error texts call it `name`. Raises CheckpointError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
                raise CheckpointError(Words("{name} is too large to be a checkpoint", name=name))
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return _from_arrays(file)
    except ConfigError as error:
        raise CheckpointError(
            Words("{name} holds a config that is not valid: {error}", name=name, error=str(error))
        ) from None
    except Exception as error:  # a damaged file makes the readers of zips, arrays and JSON raise nearly anything
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(Words("{name} is damaged or not a checkpoint", name=name)) from None


def _from_arrays(arrays: Mapping[str, np.ndarray]) -> Checkpoint:
    """Return the checkpoint in a file's arrays; those that it does not need are not even read."""
    header = parse(str(arrays["header"]), Header)
    if header.format != FORMAT:
        text = "the checkpoint has format {given}, this program reads {ours}"
        raise CheckpointError(Words(text, given=header.format, ours=FORMAT))
    config = stored_config(header.algorithm, header.task, header.config)
    start, theta = (_parameters(arrays[name], config) for name in ("start", "theta"))
    names = [match[1] for match in map(OPTIMIZER.fullmatch, arrays) if match]
    if len(names) > MOST_ARRAYS:
        raise CheckpointError(Words("the optimizer in the checkpoint is damaged"))
    optimizer = {
        name: _finite(arrays[f"optimizer_{name}"], Words("the optimizer in the checkpoint is damaged"))
        for name in names
    }
    evaluation = None if header.evaluation is None else evaluation_of(config, header.evaluation)
    steps = _curve(arrays["curve_iteration"], arrays["curve"])
    return Checkpoint(config, steps, start, Snapshot(header.iteration, theta, optimizer), evaluation, header.about)


def _finite(array: np.ndarray, damaged: Words) -> np.ndarray:
    """Return a vector or a number of finite floats in single precision. Raises CheckpointError."""
    if array.ndim > 1 or array.dtype not in (np.float32, np.float16) or not np.isfinite(array).all():
        raise CheckpointError(damaged)
    return array.astype(np.float32)


def _parameters(array: np.ndarray, config: TrainingConfig) -> np.ndarray:
    """Return theta or the start of a run, which fits the network of its config. Raises CheckpointError, ConfigError."""
    theta = _finite(array, Words("the parameters in the checkpoint are damaged"))
    config.check_fits(theta)
    return theta


def _curve(iterations: np.ndarray, values: np.ndarray) -> list[OuterStep]:
    """Return a learning curve from iterations [n] and values [n, 4]. Raises CheckpointError."""
    rows = len(iterations)
    fits = iterations.shape == (rows,) and (values.shape == (rows, 4) or (not rows and not values.size))
    if not fits or rows > MOST_ROWS or values.dtype != np.float32 or (rows and iterations.dtype.kind not in "iu"):
        raise CheckpointError(Words("the curve in the checkpoint is damaged"))
    in_order = (np.diff(iterations.astype(np.float64)) >= 0).all()
    if rows and not (in_order and iterations[0] >= 0 and iterations[-1] <= MOST_UPDATES):
        raise CheckpointError(Words("the curve in the checkpoint is damaged"))
    return [
        OuterStep(iteration, before, after, *(None if isnan(a) else a for a in accuracies))
        for iteration, (before, after, *accuracies) in zip(iterations.tolist(), values.tolist(), strict=True)
    ]


def _evaluation_values(evaluation: Scored) -> dict[str, Any]:
    return {name: v.tolist() if isinstance(v, np.ndarray) else v for name, v in vars(evaluation).items()}


@overload
def shipped(name: str) -> Checkpoint[TrainingConfig]: ...


@overload
def shipped(name: str, kind: type[Config_co]) -> Checkpoint[Config_co]: ...


def shipped(name: str, kind: type[TrainingConfig] = TrainingConfig) -> Checkpoint[TrainingConfig]:
    """Return a checkpoint that comes with the app, e.g. "maml-sinusoid", whose config is of the class `kind`.

    Raises CheckpointError where there is none, where it is damaged, or where it is of another kind.
    """
    checkpoint = load(PRETRAINED / f"{name}.npz")
    if not isinstance(checkpoint.config, kind):
        raise CheckpointError(Words("{name} holds a run of {method}", name=f"{name}.npz", method=checkpoint.method))
    return checkpoint


@cache
def shipped_names() -> tuple[str, ...]:
    """Return the names of all checkpoints that come with the app."""
    return tuple(sorted(path.stem for path in PRETRAINED.glob("*.npz")))


def for_task(algorithm: str, task: str) -> Path:
    """Return the shipped checkpoint of `algorithm` for a task without ways and shots. Raises CheckpointError."""
    return _existing(f"{algorithm}-{task}", f"for {task} is shipped: name one with --checkpoint", algorithm)


def _existing(name: str, problem: str, algorithm: str) -> Path:
    path = PRETRAINED / f"{name}.npz"
    if not path.exists():
        raise CheckpointError(f"no checkpoint of {algorithm} {problem}")
    return path


def control_of(path: Path) -> Path | None:
    """Return the shipped plain LSTM that is the control of a shipped memory-augmented network, if there is one."""
    control = path.with_name(f"{path.stem}-lstm.npz")
    return control if path.parent == PRETRAINED and control.exists() else None


def for_one_shot_runs(algorithm: str) -> Path:
    """Return the shipped checkpoint of `algorithm` that has not seen the alphabets of Lake's runs."""
    name, problem = f"{algorithm}-omniglot-alphabets", "is shipped that was trained on background alphabets alone"
    return _existing(name, problem, algorithm)


def for_episodes(algorithm: str, way: int | None, shot: int | None) -> Path:
    """Return the shipped few-shot checkpoint of `algorithm` that is nearest to `way` and `shot`.

    Raises CheckpointError where none has that way. Metric methods have one for any way and shot.
    """
    alone = PRETRAINED / f"{algorithm}-omniglot.npz"
    if alone.exists():
        return alone
    settings = {}
    for path in sorted(PRETRAINED.glob(f"{algorithm}-omniglot-*shot.npz")):
        ways, _, shots = path.stem.rsplit("-", 1)[1].removesuffix("shot").partition("way")
        settings[path] = (int(ways), int(shots))
    way = way or 5
    fitting = {path: shots for path, (ways, shots) in settings.items() if ways == way}
    if not fitting:
        have = ", ".join(path.name for path in settings) or "none"
        raise CheckpointError(
            Words("no checkpoint of {algorithm} for {way} ways is shipped; there are: {have}", algorithm=algorithm,
                  way=way, have=have)
        )  # fmt: skip
    return min(fitting, key=lambda path: abs(fitting[path] - (shot or 1)))
