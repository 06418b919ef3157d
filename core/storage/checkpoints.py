"""Checkpoints: one .npz of plain arrays and a JSON header. Nothing in them is ever executed.

A checkpoint holds a whole recorded run: its config, its curves, its score, theta, and the outer
optimizer's state, so that it can be drawn, continued and checked without torch.
"""

import contextlib
import io
import json
import os
import platform
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

import numpy as np

from core.events import Evaluation, Event, FewShotEvaluation, OuterStep, Snapshot
from core.memory_events import AnyEvaluation, BitErrors, ByInstance, ByPoint
from core.options import ConfigError
from core.registry import config_for, method_of, task_name
from core.training.config import TrainingConfig

FORMAT = 2
LARGEST = 64 * 2**20  # bytes, unpacked: far above any checkpoint of ours
PRETRAINED = Path(__file__).parents[1] / "pretrained"
LARGE = 200_000  # parameters of a network whose finished runs are stored as half floats
# evaluations by a field that no other kind has
KINDS: dict[str, type[AnyEvaluation]] = {
    "episodes": FewShotEvaluation,
    "lengths": BitErrors,
    "accuracy_by_instance": ByInstance,
    "mse_by_point": ByPoint,
    "loss_by_step": Evaluation,
}


class CheckpointError(ValueError):
    """The file is not a checkpoint that can be used; the text is a line of plain words."""


Config_co = TypeVar("Config_co", bound=TrainingConfig, covariant=True)


@dataclass(frozen=True, eq=False)
class Checkpoint(Generic[Config_co]):
    """A stored run; `start` is the theta [parameters] that it began with, `about` holds command, versions, machine."""

    config: Config_co
    steps: list[OuterStep]
    start: np.ndarray
    snapshot: Snapshot
    evaluation: AnyEvaluation | None  # None: saved on the way
    about: dict[str, Any]

    @property
    def method(self) -> str:
        """The registered name of the method."""
        return method_of(self.config).name


def from_events(config: TrainingConfig, events: Iterable[Event], command: str = "") -> Checkpoint:
    """Return the checkpoint of a run with these events so far."""
    events = list(events)
    snapshots = [event for event in events if isinstance(event, Snapshot)]
    evaluation = next((event for event in events if isinstance(event, AnyEvaluation)), None)
    steps = [event for event in events if isinstance(event, OuterStep)]
    about = {
        "command": command,
        "versions": {name: version(name) for name in ("torch", "numpy")},
        "machine": platform.machine(),
    }
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
        "about": run.about,
    }
    curve = [[step.before, step.after, step.accuracy_before, step.accuracy_after] for step in run.steps]
    arrays = {
        "header": np.array(json.dumps(header)),
        "start": _stored(run, run.start),
        "theta": _stored(run, run.snapshot.theta),
        "curve_iteration": np.array([step.iteration for step in run.steps]),
        "curve": np.array(curve, dtype=np.float32),  # an accuracy of None becomes NaN
    } | {f"optimizer_{name}": value for name, value in run.snapshot.optimizer.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


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
        raise CheckpointError(f"there is no checkpoint {path}") from None
    except OSError:
        raise CheckpointError(f"{path.name} cannot be read") from None


def from_bytes(data: bytes, name: str) -> Checkpoint:
    """Read the bytes of a checkpoint; error texts call it `name`. Raises CheckpointError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
                raise CheckpointError(f"{name} is too large to be a checkpoint")
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = dict(file)
        header = json.loads(str(arrays.pop("header")))
        return _from_parts(header, arrays)
    except ConfigError as error:
        raise CheckpointError(f"{name} holds a config that is not valid: {error}") from None
    except Exception as error:  # a damaged file makes the readers of zips, arrays and JSON raise nearly anything
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{name} is damaged or not a checkpoint") from None


def _from_parts(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> Checkpoint:
    if header["format"] != FORMAT:
        raise CheckpointError(f"the checkpoint has format {header['format']}, this program reads {FORMAT}")
    config = config_for(header["algorithm"], header["task"]).updated(**header["config"])
    for name in ("start", "theta"):
        if arrays[name].dtype == np.float16:
            arrays[name] = arrays[name].astype(np.float32)
    theta = arrays["theta"]
    fits = theta.ndim == 1 and arrays["start"].shape == theta.shape and theta.dtype == np.float32
    if not fits or not np.isfinite(theta).all():
        raise CheckpointError("the checkpoint's parameters are damaged")
    prefix = "optimizer_"
    optimizer = {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
    steps = [
        OuterStep(int(iteration), float(before), float(after), *(None if np.isnan(a) else float(a) for a in accuracies))
        for iteration, (before, after, *accuracies) in zip(arrays["curve_iteration"], arrays["curve"], strict=True)
    ]
    snapshot = Snapshot(header["iteration"], theta, optimizer)
    values = header["evaluation"]
    evaluation: AnyEvaluation | None = None
    if values is not None:
        plain = ("steps", "lengths")
        values = {k: np.array(v) if isinstance(v, list) and k not in plain else v for k, v in values.items()}
        kind = next((kind for name, kind in KINDS.items() if name in values), None)
        if kind is None:
            raise CheckpointError("the checkpoint's evaluation is damaged")
        evaluation = kind(**values)
    return Checkpoint(config, steps, arrays["start"], snapshot, evaluation, header["about"])


def _evaluation_values(evaluation: AnyEvaluation) -> dict[str, Any]:
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
        raise CheckpointError(f"{name}.npz holds a run of {checkpoint.method}")
    return checkpoint


@cache
def shipped_names() -> tuple[str, ...]:
    """Return the names of all checkpoints that come with the app."""
    return tuple(sorted(path.stem for path in PRETRAINED.glob("*.npz")))


def for_sequences(algorithm: str, task: str) -> Path:
    """Return the shipped checkpoint of `algorithm` for a task of sequences. Raises CheckpointError."""
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
        raise CheckpointError(f"no checkpoint of {algorithm} for {way} ways is shipped; there are: {have}")
    return min(fitting, key=lambda path: abs(fitting[path] - (shot or 1)))
