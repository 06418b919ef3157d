"""Checkpoints: one .npz of plain arrays and a JSON header. Nothing in them is ever executed.

A checkpoint holds a whole recorded run: its config, its curves, its score, theta, and the outer
optimizer's state, so that it can be drawn, continued and checked without torch.
"""

import contextlib
import json
import os
import platform
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from core.configs import Training
from core.events import Evaluation, Event, OuterStep, Snapshot
from core.options import ConfigError
from core.runs import config_for, name_of

FORMAT = 1
LARGEST = 64 * 2**20  # bytes, unpacked: far above any checkpoint of ours
PRETRAINED = Path(__file__).parent / "pretrained"


class CheckpointError(ValueError):
    """The file is not a checkpoint that can be used, said in one line of plain words."""


@dataclass(frozen=True, eq=False)
class Recorded:
    """A run as a checkpoint keeps it; `start` is the theta [parameters] that it began with, `about`
    holds the command, versions and machine.
    """

    config: Training
    steps: list[OuterStep]
    start: np.ndarray
    snapshot: Snapshot
    evaluation: Evaluation
    about: dict[str, Any]

    @property
    def algorithm(self) -> str:
        """The registered name of the algorithm."""
        return name_of(self.config)


def recorded(config: Training, events: Iterable[Event], command: str = "") -> Recorded:
    """Gather a finished run's events into what a checkpoint holds."""
    events = list(events)
    first, *_, snapshot = [event for event in events if isinstance(event, Snapshot)]
    evaluation = next(event for event in events if isinstance(event, Evaluation))
    steps = [event for event in events if isinstance(event, OuterStep)]
    about = {
        "command": command,
        "versions": {name: version(name) for name in ("torch", "numpy")},
        "machine": platform.machine(),
    }
    return Recorded(config, steps, first.theta, snapshot, evaluation, about)


def save(path: Path, run: Recorded) -> None:
    """Write `run` to `path` whole or not at all. Raises OSError."""
    header = {
        "format": FORMAT,
        "algorithm": run.algorithm,
        "task": "sinusoid",
        "config": run.config.flat(),
        "iteration": run.snapshot.iteration,
        "evaluation": {"tasks": run.evaluation.tasks, "inner_rate": run.evaluation.inner_rate},
        "about": run.about,
    }
    arrays = {
        "header": np.array(json.dumps(header)),
        "start": run.start,
        "theta": run.snapshot.theta,
        "curve_iteration": np.array([step.iteration for step in run.steps]),
        "curve_loss": np.array([[step.before, step.after] for step in run.steps], dtype=np.float32),
        "loss_by_step": run.evaluation.loss_by_step,
        "ci95": run.evaluation.ci95,
    } | {f"optimizer_{name}": value for name, value in run.snapshot.optimizer.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def load(path: Path) -> Recorded:
    """Read a checkpoint. Raises CheckpointError when it is missing, damaged or not ours."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
                raise CheckpointError(f"{path.name} is too large to be a checkpoint")
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        header = json.loads(str(arrays.pop("header")))
        return _from_parts(header, arrays)
    except FileNotFoundError:
        raise CheckpointError(f"there is no checkpoint {path}") from None
    except ConfigError as error:
        raise CheckpointError(f"{path.name} holds a config that is not valid: {error}") from None
    except (OSError, zipfile.BadZipFile, ValueError, KeyError, TypeError, IndexError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{path.name} is damaged or not a checkpoint") from None


def _from_parts(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> Recorded:
    if header["format"] != FORMAT:
        raise CheckpointError(f"the checkpoint has format {header['format']}, this program reads {FORMAT}")
    config = config_for(header["algorithm"], header["task"]).updated(**header["config"])
    theta = arrays["theta"]
    if (
        theta.ndim != 1
        or arrays["start"].shape != theta.shape
        or theta.dtype != np.float32
        or not np.isfinite(theta).all()
    ):
        raise CheckpointError("the checkpoint's parameters are damaged")
    optimizer = {
        name.removeprefix("optimizer_"): value for name, value in arrays.items() if name.startswith("optimizer_")
    }
    steps = [
        OuterStep(int(iteration), float(before), float(after))
        for iteration, (before, after) in zip(arrays["curve_iteration"], arrays["curve_loss"], strict=True)
    ]
    snapshot = Snapshot(header["iteration"], theta, optimizer)
    evaluation = Evaluation(
        header["iteration"], arrays["loss_by_step"], arrays["ci95"],
        header["evaluation"]["tasks"], header["evaluation"]["inner_rate"],
    )  # fmt: skip
    return Recorded(config, steps, arrays["start"], snapshot, evaluation, header["about"])


def shipped(name: str) -> Recorded:
    """A checkpoint that comes with the app, e.g. "maml-sinusoid". Raises CheckpointError."""
    return load(PRETRAINED / f"{name}.npz")
